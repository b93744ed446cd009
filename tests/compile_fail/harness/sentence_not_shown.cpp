// SPDX-License-Identifier: BSL-1.0
// expect: the sentence
// shown: the other sentence

#ifdef MISUSE
static_assert(false, "the sentence");
#endif
int main() {}
