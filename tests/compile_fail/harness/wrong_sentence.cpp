// SPDX-License-Identifier: BSL-1.0
// expect: E0000: another sentence
#ifdef MISUSE
static_assert(false, "ductile E0000: this sentence");
#endif
int main() {}
