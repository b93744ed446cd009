// SPDX-License-Identifier: BSL-1.0
// expect: E0000: refused
static_assert(false, "ductile E0000: refused, misused or not");
int main() {}
