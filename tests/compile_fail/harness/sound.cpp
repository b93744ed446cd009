// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0000: a sentence; with [brackets], a semicolon and "quotation marks"
#ifdef MISUSE
static_assert(false, R"(ductile E0000: a sentence; with [brackets], a semicolon and "quotation marks")");
#endif
int main() {}
