// SPDX-License-Identifier: BSL-1.0
#ifdef MISUSE
static_assert(false, "ductile E0000: not expected");
#endif
int main() {}
