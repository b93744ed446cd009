# SPDX-License-Identifier: BSL-1.0
source "$(dirname "${BASH_SOURCE[0]}")/planted.bash"

fresh() {
  rm -rf "${tree:?}"/*
  plant include/ductile/core/order.hpp '  static_assert(false, "ductile E0101: wrong order; turn it (docs/rules/E0101.md)");'
  plant docs/rules/E0101.md '# E0101'
  plant tests/compile_fail/order.cpp '// expect: ductile E0101: wrong order'
  plant tests/compile_fail/harness/sound.cpp '// expect: ductile E0000: a test of the harness'
}

fresh
holds check_errors "$tree"

fresh
rm "$tree/docs/rules/E0101.md"
refuses check_errors "$tree" 'E0101: a header says it, and there is no docs/rules page'

fresh
rm "$tree/tests/compile_fail/order.cpp"
refuses check_errors "$tree" 'E0101: a header says it, and no test in tests/compile_fail expects it'

fresh
plant docs/rules/E0102.md '# E0102'
refuses check_errors "$tree" 'E0102: there is a page docs/rules, and no header says it'

fresh
plant tests/compile_fail/other.cpp '// expect: ductile E0103: not said'
refuses check_errors "$tree" 'E0103: a test in tests/compile_fail expects it, and no header says it'

fresh
plant include/ductile/core/order.hpp '  static_assert(false, "ductile E0101: wrong order; turn it (see the docs)");'
refuses check_errors "$tree" 'E0101: its sentence does not name docs/rules/E0101.md'
