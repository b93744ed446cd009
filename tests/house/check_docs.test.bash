# SPDX-License-Identifier: BSL-1.0
source "$(dirname "${BASH_SOURCE[0]}")/planted.bash"

plant examples/one.cpp '// SPDX-License-Identifier: BSL-1.0' 'int f() {' '  // [usage]' '  int a = 1;' '' '    int b = 2;' '  // [/usage]' '}'
plant docs/page.md 'Text.' '<!-- example: examples/one.cpp#usage -->' '```cpp' 'int a = 1;' '' '  int b = 2;' '```' 'See [`one`](../examples/one.cpp), not `[a](b.md)`.'
plant README.md '<!-- example: examples/one.cpp -->' '```cpp' 'int f() {' '  int a = 1;' '' '    int b = 2;' '}' '```' '```sh' 'echo [a](b.md)' '```' 'Text.'
plant docs/rules/E0001.md '```cpp' 'wrong;' '```'
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
plant docs/page.md 'See [two](two.md).'
refuses check_docs "$tree" 'the link to two.md leads nowhere'

plant docs/page.md 'Text.'
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
