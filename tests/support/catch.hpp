// SPDX-License-Identifier: BSL-1.0
#pragma once

// Catch2 version 3, or the version 2 that Debian 12 has, under the names of version 3. A list of TEMPLATE_LIST_TEST_CASE must be a named
// alias, and BENCHMARK does not link, in version 2.

#if __has_include(<catch2/catch_test_macros.hpp>)

#include <catch2/catch_approx.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>

#else

#include <catch2/catch.hpp>

namespace Catch {

using Detail::Approx;

namespace Matchers {
template <class Text>
auto ContainsSubstring(const Text& text, CaseSensitive::Choice choice = CaseSensitive::Yes) {
  return Contains(std::string{text}, choice);
}
}  // namespace Matchers

}  // namespace Catch

#endif
