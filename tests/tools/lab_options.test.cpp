// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/lab/ductile_strategies.hpp>
#include <ductile/tools/lab/options_text.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <optional>
#include <string>

using namespace ductile;
namespace lab = ductile::tools::lab;

TEST_CASE("The goals' table is of the options that are agreed on in tests/data/lab/options.txt", "[lab]") {
  // Printed by `ductile lab options`. With a change here comes a row in docs/gemini/tuning.md, and a new table of goals.
  CHECK(lab::first_difference(lab::ductile_options(), lab_for_test::text_of("options.txt")) == std::nullopt);
}

TEST_CASE("Each changed option is a difference that names it", "[lab]") {
  const gemini::ResilientOptions defaults;
  const std::string text = lab::options_text(defaults);
  const auto difference = [&text](const auto& change) {
    gemini::ResilientOptions changed;
    change(changed);
    return lab::first_difference(lab::options_text(changed), text).value_or("none");
  };
  CHECK(difference([](gemini::ResilientOptions&) {}) == "none");
  CHECK(difference([](auto& options) { options.retry.attempts = 6; }) == "'retry.attempts 6' is not 'retry.attempts 5'");
  CHECK(difference([](auto& options) { options.fallback.rest.set(Kind::overload, std::chrono::minutes{2}); }) ==
        "'fallback.rest.overload 120 s' is not 'fallback.rest.permission 600 s'");
  CHECK(difference([](auto& options) { options.fallback.table.set(Kind::overload, {Next::stop}); }).find("fallback.table.here-2") !=
        std::string::npos);
  CHECK(difference([](auto& options) { options.off_peak.emplace(); }) == "'off_peak.overload[0] 0.06' is not 'off_peak none'");
  CHECK(difference([](auto& options) { options.slow_start.step = 1.5; }) == "'slow_start.step 1.5' is not 'slow_start.step 1.25'");
  CHECK(difference([](auto& options) { options.reword.rows[0] = "image-third-party"; }) ==
        "'reword.rows image-third-party' is not 'reword.rows none'");
}

TEST_CASE("A text that is cut off differs from the whole one", "[lab]") {
  CHECK(lab::first_difference("a 1\nb 2\n", "a 1\n") == "'b 2' is not ''");
  CHECK(lab::first_difference("a 1\n", "a 1\nb 2\n") == "'' is not 'b 2'");
  CHECK(lab::first_difference("a 1\n", "a 1\n") == std::nullopt);
}
