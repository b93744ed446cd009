// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"
#include "targets.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/make.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/reword.hpp>
#include <ductile/policies/timeout.hpp>

#include <string>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::fails;
using support::said;

namespace {

constexpr CallOptions with_wordings(std::uint8_t others) {
  CallOptions options;
  options.revisions = others;
  return options;
}

// Refuses all wordings before `passes`, and writes down which it was asked for: "0 1 2".
struct Filter {
  unsigned passes = 99;
  Verdict refusal = said(Kind::safety_prompt);
  std::string asked{};

  Result<int> operator()(const Attempt& attempt) {
    asked += (asked.empty() ? "" : " ") + std::to_string(attempt.revision);
    return attempt.revision < passes ? fails(refusal) : Result<int>{7};
  }
};

}  // namespace

EVERY_DRIVER("Refused words are changed until a wording passes, or there is no other", "[policies]") {
  struct Case {
    const char* what;
    RewordOptions options;
    std::uint8_t has;  // how many other wordings the operation has
    unsigned passes;
    std::string asked;
    bool succeeds;
  };
  const std::vector<Case> cases{
      {"the first words pass", {}, 3, 0, "0", true},
      {"the second wording passes", {}, 3, 2, "0 1 2", true},
      {"none passes", {}, 3, 99, "0 1 2 3", false},
      {"the operation has fewer", {}, 1, 99, "0 1", false},
      {"it has none", {}, 0, 1, "0", false},
      {"it has more than are tried", {.most = 2}, 200, 99, "0 1 2", false},
      {"none is wanted", {.most = 0}, 3, 1, "0", false},
      {"each is asked twice", {.most = 1, .rerolls = 1}, 3, 99, "0 0 1 1", false},
      {"the same words may pass the second time", {.most = 0, .rerolls = 2}, 0, 99, "0 0 0", false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const auto anew = driver.another();
    Pipeline pipeline{Deadline{1h}, Reword{one.options}};
    Filter filter{.passes = one.passes};
    const auto result = anew->run(pipeline, [&](const Attempt& attempt) { return filter(attempt); }, with_wordings(one.has));
    CHECK(filter.asked == one.asked);
    CHECK(result.has_value() == one.succeeds);
    CHECK(anew->now()() == Time{});  // at once
    if (!result) {
      CHECK(result.error().kind() == Kind::safety_prompt);
      CHECK(result.error().trail()[result.error().trail().kept() - 1].revision == filter.asked.back() - '0');
    }
  }
}

EVERY_DRIVER("Only what was refused for its words is asked in others", "[policies]") {
  struct Case {
    const char* what;
    Verdict refusal;
    bool rewords;
  };
  Verdict by_policy = support::refused_inside(Kind::safety_prompt);
  by_policy.remedy = Remedy::after_prompt_change;
  const std::vector<Case> cases{
      {"a filter of prompts", said(Kind::safety_prompt), true},
      {"a filter of images", said(Kind::safety_output), true},
      {"a recitation that another wording cures", said(Kind::recitation, Remedy::after_prompt_change), true},
      {"a recitation that is cured otherwise", said(Kind::recitation, Remedy::immediately), false},
      {"what is forbidden", said(Kind::prohibited, Remedy::after_prompt_change), false},
      {"overload", said(Kind::overload), false},
      {"a bad request", said(Kind::bad_request), false},
      {"the named row", said(Kind::no_image, Remedy::after_prompt_change, "no-image-text"), true},
      {"another row of its kind", said(Kind::no_image, Remedy::after_prompt_change, "no-image-other"), false},
      {"no row", said(Kind::no_image, Remedy::after_prompt_change), false},
      {"a policy further in, which has sent nothing", by_policy, false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const auto anew = driver.another();
    Pipeline pipeline{Reword{RewordOptions{.rows = {"no-image-text"}}}};
    Filter filter{.passes = 1, .refusal = one.refusal};
    const auto result = anew->run(pipeline, [&](const Attempt& attempt) { return filter(attempt); }, with_wordings(2));
    CHECK(result.has_value() == one.rewords);
    CHECK(filter.asked == (one.rewords ? "0 1" : "0"));
  }
}

EVERY_DRIVER("Each wording has the whole chain, and the attempts, of those inside", "[policies]") {
  Pipeline pipeline{Deadline{1h}, Reword{}, FallbackChain{support::targets(2)},
                    Retry{RetryOptions{.attempts = 2, .backoff = Constant{.wait = 1s, .jitter = Jitter::none}}}};
  std::string asked;
  const auto result = driver.run(
      pipeline,
      [&](const Attempt& attempt) -> Result<int> {
        asked += (asked.empty() ? "" : " ") + std::to_string(attempt.revision) + "ab"[attempt.target];
        if (attempt.revision == 0) return fails(said(Kind::safety_prompt));
        return attempt.target == 0 ? fails(said(Kind::not_found)) : Result<int>{7};
      },
      with_wordings(1));
  REQUIRE(result);
  CHECK(asked == "0a 1a 1b");  // no other target is asked with the words that were refused
  CHECK(served_by(result) == 1);
  CHECK(why_not_first(result) == Kind::not_found);
}

EVERY_DRIVER("All wordings together have the time of one call", "[policies]") {
  Pipeline pipeline{Deadline{10s}, Reword{}};
  std::string asked;
  const auto result = driver.run(
      pipeline,
      [&](const Attempt& attempt) {
        asked += std::to_string(attempt.revision);
        return Simulated<Result<int>>{6s, fails(said(Kind::safety_prompt))};
      },
      with_wordings(3));
  CHECK_FALSE(result);
  CHECK(asked == "01");
  CHECK(driver.now()() == Time{10s});
}

TEST_CASE("Reword options out of range are refused by name, range and value", "[policies]") {
  const auto refusal = [](const RewordOptions& options) -> std::string {
    const auto made = make<Reword>(options);
    return made ? "accepted" : made.error().message();
  };
  CHECK(refusal({.most = 9}) == "Reword: most must be from 0 to 8; it is 9");
  CHECK(refusal({.rerolls = 3}) == "Reword: rerolls must be from 0 to 2; it is 3");
  CHECK(refusal({.most = 8, .rerolls = 2}) == "accepted");
  CHECK_THROWS_AS(Reword{RewordOptions{.most = 9}}, ConfigError);
  constexpr Reword constant{{.most = 1}};
  STATIC_REQUIRE(constant.options().most == 1);
}
