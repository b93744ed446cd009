// SPDX-License-Identifier: BSL-1.0
// expect: E0000: one
#ifdef MISUSE
static_assert(false, "ductile E0000: one");
static_assert(false, "ductile E0000: another");
#endif
int main() {}
