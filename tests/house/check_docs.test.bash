# SPDX-License-Identifier: BSL-1.0
source "$(dirname "${BASH_SOURCE[0]}")/planted.bash"

plant examples/one.cpp '// SPDX-License-Identifier: BSL-1.0' 'int f() {' '  // [usage]' '  int a = 1;' '' '    int b = 2;' '  // [/usage]' '}'
plant docs/page.md 'Text.' '<!-- example: examples/one.cpp#usage -->' '```cpp' 'int a = 1;' '' '  int b = 2;' '```' 'See [`one`](../examples/one.cpp), not `[a](b.md)`.'
plant README.md '<!-- example: examples/one.cpp -->' '```cpp' 'int f() {' '  int a = 1;' '' '    int b = 2;' '}' '```' '```sh' 'echo "[a](b.md)"' '```' 'Text.'
plant tests/compile_fail/one.cpp 'int main() {' '#ifdef MISUSE' '  wrong;' '#else' '  right;' '#endif' '}'
plant tests/compile_fail/two.cpp '// [shown]' 'struct Two {' '#ifndef MISUSE' '  int right;' '#endif' '};' '// [/shown]' 'int main() {}'
plant docs/rules/E0001.md '<!-- example: tests/compile_fail/one.cpp#cause -->' '```cpp' 'wrong;' '```' '<!-- example: tests/compile_fail/one.cpp#cure -->' '```cpp' 'right;' '```'
plant docs/rules/E0002.md '<!-- example: tests/compile_fail/two.cpp#cause -->' '```cpp' 'struct Two {' '};' '```' '<!-- example: tests/compile_fail/two.cpp#cure -->' '```cpp' 'struct Two {' '  int right;' '};' '```'
holds check_docs "$tree"

plant docs/page.md '<!-- example: examples/one.cpp#usage -->' '```cpp' 'int a = 2;' '```'
refuses check_docs "$tree" '+int a = 1;'
"$guards/check_docs" --fix "$tree"
holds check_docs "$tree"

plant docs/page.md '<!-- example: examples/one.cpp#use -->' '```cpp' 'int a = 1;' '```'
refuses check_docs "$tree" 'examples/one.cpp has no region [use]'
plant docs/page.md '<!-- example: examples/two.cpp -->' '```cpp' 'int a = 1;' '```'
refuses check_docs "$tree" 'examples/two.cpp cannot be read'
plant docs/page.md '```sh' 'ls' '```' '```cpp' 'int a = 1;' '```'
refuses check_docs "$tree" 'docs/page.md:4: this block is compiled nowhere'
plant docs/page.md '<!-- example: examples/one.cpp#usage -->' '' '```cpp' 'int a = 1;' '```'
refuses check_docs "$tree" 'after <!-- example --> comes the block'
plant docs/rules/E0001.md '<!-- example: tests/compile_fail/one.cpp#cause -->' '```cpp' 'right;' '```'
refuses check_docs "$tree" '+wrong;'
plant docs/rules/E0001.md '```cpp' 'wrong;' '```'
refuses check_docs "$tree" 'docs/rules/E0001.md:1: this block is compiled nowhere'
plant docs/rules/E0001.md 'Text.'

plant docs/page.md 'Text.'
plant scripts/run 'true'
plant CMakePresets.json '{ "name": "dev" }'
plant CMakeLists.txt 'option(DUCTILE_BUILD_TESTS "" ON)'
plant tools/main.cpp 'command.add_option("--out,-o", out);'
plant docs/typed.md '```sh' 'scripts/run && cmake --preset dev -DDUCTILE_BUILD_TESTS=OFF' 'cmake --build build --target example_one' '```' 'Or `ductile draw a.txt --out b --help`.'
holds check_docs "$tree"
plant docs/typed.md '```sh' 'if true; do' '```'
refuses check_docs "$tree" 'syntax error'
plant docs/typed.md '```sh' 'scripts/walk' '```'
refuses check_docs "$tree" 'scripts/walk is not there'
plant docs/typed.md '```sh' 'cmake --preset deb' '```'
refuses check_docs "$tree" 'there is no preset deb'
plant docs/typed.md '```sh' 'cmake -DDUCTILE_BUILD_TEST=OFF' '```'
refuses check_docs "$tree" 'CMake has no option DUCTILE_BUILD_TEST'
plant docs/typed.md '```sh' 'cmake --build build --target example_two' '```'
refuses check_docs "$tree" 'there is no target example_two'
plant docs/typed.md '`ductile draw --ou b`'
refuses check_docs "$tree" 'ductile has no flag --ou'
rm "$tree/docs/typed.md"

plant docs/page.md 'See [two](two.md).'
refuses check_docs "$tree" 'the link to two.md leads nowhere'

plant docs/page.md 'Text.'
plant docs/failures/one.md 'Written by a program, and tested there: [two](two.md).'
holds check_docs "$tree"
plant docs/failures/README.md 'See [two](two.md).'
refuses check_docs "$tree" 'docs/failures/README.md: the link to two.md leads nowhere'
rm -r "$tree/docs/failures"

headings=('## What happens' '## Order' '## Errors' '## Events' '## Cost' '## Mistakes' '## Source')
plant include/ductile/policies/two_words.hpp 'struct TwoWordsOptions {' '  int plain = 1;  ///< Not `this`.' '  By<int> folded{0,' '                 {}};  ///< Text;' '  int sized[3];' '};' 'struct Other {' '  int other = 1;' '};'
plant docs/policies/two-words.md '| `plain` | 1 |' '| `folded`, `sized` | 1 |' "${headings[@]}"
holds check_docs "$tree"
plant docs/policies/two-words.md '| `plain` | 1 |' '| `sized` | `folded` |' "${headings[@]}"
refuses check_docs "$tree" 'the option folded of include/ductile/policies/two_words.hpp stands in no table'
plant docs/policies/two-words.md '| `plain` | 1 |' '| `folded`, `sized` | 1 |' '## Events' "${headings[@]}"
refuses check_docs "$tree" 'its headings must be What happens, Order'
rm "$tree/docs/policies/two-words.md"
refuses check_docs "$tree" 'its page docs/policies/two-words.md is missing'
