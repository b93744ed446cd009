// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/backoff_by_kind.hpp>
#include <ductile/backoff/constant.hpp>
#include <ductile/backoff/exponential.hpp>
#include <ductile/backoff/linear.hpp>
#include <ductile/policies/retry.hpp>

#include <string>

using namespace ductile;
using namespace std::chrono_literals;

TEST_CASE("Each kind has its own backoff, and the rest the first one", "[backoff]") {
  const BackoffByKind backoff{Constant{1s}, ForKind{Kind::rate_limit, Constant{20s}},
                              ForKind{Kind::overload, Linear{.base = 2s, .step = 3s, .jitter = Jitter::none}},
                              ForKind{Kind::network, [](unsigned failures) { return failures * 10ms; }}};
  support::HandClock clock;
  struct Row {
    Kind kind;
    Duration first;
    Duration third;
  };
  for (const Row& row : {Row{Kind::rate_limit, 20s, 20s}, Row{Kind::overload, 2s, 8s}, Row{Kind::network, 10ms, 30ms},
                         Row{Kind::internal, 1s, 1s}, Row{Kind::other, 1s, 1s}}) {
    CAPTURE(name(row.kind));
    CHECK(backoff_wait(backoff, 1, clock.now(), 0s, row.kind) == row.first);
    CHECK(backoff_wait(backoff, 3, clock.now(), 0s, row.kind) == row.third);
  }
}

TEST_CASE("A backoff within a backoff by kind gets all that it takes", "[backoff]") {
  const auto thrice = [](unsigned, Now, Duration before) { return before * 3; };
  const auto by_name = [](unsigned failures, Now, Duration, Kind kind) {
    return kind == Kind::internal ? Duration{failures * 1s} : Duration{1h};
  };
  const BackoffByKind backoff{by_name, ForKind{Kind::overload, thrice}};
  support::HandClock clock;
  CHECK(backoff_wait(backoff, 2, clock.now(), 7s, Kind::overload) == 21s);
  CHECK(backoff_wait(backoff, 2, clock.now(), 7s, Kind::internal) == 2s);
  CHECK(backoff_wait(backoff, 2, clock.now(), 7s, Kind::timeout) == 1h);
}

TEST_CASE("Of two backoffs for one kind the first counts, and one backoff alone is for all", "[backoff]") {
  support::HandClock clock;
  const BackoffByKind twice{Constant{1s}, ForKind{Kind::overload, Constant{2s}}, ForKind{Kind::overload, Constant{3s}}};
  CHECK(twice(1, clock.now(), 0s, Kind::overload) == 2s);
  const BackoffByKind alone{Constant{1s}};
  CHECK(alone(1, clock.now(), 0s, Kind::overload) == 1s);
}

TEST_CASE("Retry asks the backoff of the failure's kind", "[backoff]") {
  const Retry retry{RetryOptions{.backoff = BackoffByKind{Constant{1s}, ForKind{Kind::rate_limit, Constant{20s}}}}};
  decltype(retry)::Call call;
  RetryState state;
  support::HandClock clock;
  const auto after = [&](Kind kind) { return retry.settle(state, call, clock.now(), Attempt{}, support::said(kind)); };
  CHECK(after(Kind::overload) == Reaction::again_at(support::at(1s), WaitSource::backoff));
  CHECK(after(Kind::rate_limit) == Reaction::again_at(support::at(20s), WaitSource::backoff));
}

TEST_CASE("A backoff by kind checks the options of each of its parts", "[backoff]") {
  const auto refusal = [](auto backoff) -> std::string {
    try {
      static_cast<void>(Retry{RetryOptions{.backoff = backoff}});
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(refusal(BackoffByKind{Constant{1s}, ForKind{Kind::overload, [](unsigned) { return 1s; }}}) == "accepted");
  CHECK(refusal(BackoffByKind{Constant{-1s}, ForKind{Kind::overload, Linear{}}}) == "Constant: wait must be from 0 to 86400 s; it is -1");
  CHECK(refusal(BackoffByKind{Constant{1s}, ForKind{Kind::overload, Linear{.step = -1s}}}) ==
        "Linear: step must be from 0 to 86400 s; it is -1");
}
