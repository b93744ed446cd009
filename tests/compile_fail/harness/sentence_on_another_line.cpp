// SPDX-License-Identifier: BSL-1.0
// expect: E0000: said by a warning
#ifdef MISUSE
#warning E0000: said by a warning
static_assert(false, "ductile E0000: said by the error");
#endif
int main() {}
