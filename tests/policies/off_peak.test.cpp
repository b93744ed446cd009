// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/make.hpp>
#include <ductile/policies/off_peak.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::at;
using support::said;

namespace {

// Well only in the hours that are named.
OffPeakOptions well_at(std::initializer_list<std::size_t> hours) {
  OffPeakOptions options;
  options.overload.fill(0.5);
  for (const std::size_t hour : hours) options.overload.at(hour) = 0.05;
  options.spread = {};
  return options;
}

// A policy, its state and a clock that shows the time since a midnight.
struct OffPeakScene {
  OffPeak policy;
  OffPeak::State state{};
  support::HandClock clock{};

  Admission comes(Duration time_of_day, Duration has) {
    clock.set(time_of_day);
    Attempt attempt;
    attempt.deadline = has == Duration::max() ? end_of_time : at(time_of_day + has);
    NoCall call;
    return policy.admit(state, call, clock.now(), attempt);
  }
  void ends(Duration time_of_day, const Verdict& verdict) {
    clock.set(time_of_day);
    NoCall call;
    CHECK(policy.settle(state, call, clock.now(), Attempt{}, verdict) == Reaction::pass());
  }
  void is_tried_again(Duration time_of_day, const Verdict& verdict) {
    clock.set(time_of_day);
    NoCall call;
    CHECK(policy.extra(state, call, clock.now(), Attempt{}, verdict));
  }
  [[nodiscard]] double share(std::size_t hour) const { return policy.share(state, hour); }
};

Admission until(Duration time_of_day) { return Admission::ask_at(at(time_of_day), Kind::deadline, WaitSource::off_peak); }

Verdict overload_by(Says says) {
  Verdict verdict = said(Kind::overload);
  verdict.says = says;
  return verdict;
}

}  // namespace

TEST_CASE("A call that has the time waits for the next hour that is well, and leaves its reserve", "[policies]") {
  struct Case {
    const char* what;
    Duration comes;
    Duration has;
    Admission answer;
  };
  const std::vector<Case> cases{
      {"in an hour that is well", 3h, 24h, Admission::go()},
      {"in the last moment of one", 4h - 1ns, 24h, Admission::go()},
      {"in a bad hour", 10h + 20min, 24h, until(20h)},
      {"at the begin of a bad hour", 4h, 24h, until(20h)},
      {"after the last good hour of the day", 21h + 1min, 24h, until(27h)},
      {"with just enough time", 10h, 12h + 1ns, until(20h)},
      {"with just not enough", 10h, 12h - 1ns, Admission::go()},
      {"with no more than the reserve", 19h + 59min, 2h, Admission::go()},
      {"without a deadline", 10h, Duration::max(), Admission::go()},
  };
  OffPeakScene scene{OffPeak{well_at({3, 20})}};
  for (const Case& one : cases) {
    CAPTURE(one.what);
    CHECK(scene.comes(one.comes, one.has) == one.answer);
  }
  OffPeakScene never{OffPeak{well_at({})}};
  CHECK(never.comes(10h, 700h) == Admission::go());  // no hour is better
  OffPeakScene at_its_own{OffPeak{well_at({10})}};
  CHECK(at_its_own.comes(11h, 700h) == until(34h));  // the farthest
  CHECK(at_its_own.comes(9h + 59min, 700h) == until(10h));
}

TEST_CASE("The hours before 1970 have their numbers too", "[policies]") {
  OffPeakScene scene{OffPeak{well_at({3})}};
  scene.clock.set(-21h);  // 3 o'clock
  Attempt attempt;
  attempt.deadline = at(24h);
  NoCall call;
  CHECK(scene.policy.admit(scene.state, call, scene.clock.now(), attempt) == Admission::go());
  scene.clock.set(-22h);
  CHECK(scene.policy.admit(scene.state, call, scene.clock.now(), attempt) == until(-21h));
}

TEST_CASE("Those who wait for one hour are spread over its begin, and none loses its reserve by it", "[policies]") {
  OffPeakOptions options = well_at({20});
  options.spread = 10min;
  OffPeakScene scene{OffPeak{options}};
  scene.clock.roll(0.5);
  CHECK(scene.comes(10h, 24h) == until(20h + 5min));
  CHECK(scene.comes(10h, 12h + 4min) == until(20h + 2min));
  CHECK(scene.comes(10h, 12h) == until(20h));
  scene.clock.roll(0.0);
  CHECK(scene.comes(10h, 24h) == until(20h));
}

TEST_CASE("Shares follow what calls meet, and what is old fades", "[policies]") {
  OffPeakOptions options = well_at({20});
  options.learns_from = 10;
  OffPeakScene scene{OffPeak{options}};
  SECTION("an hour that turns out well") {
    CHECK(scene.share(10) == 0.5);
    for (int i = 0; i < 10; ++i) scene.ends(10h, support::success());
    CHECK(scene.share(10) == 0.25);  // as much as the table's word
    CHECK(scene.share(11) == 0.5);
    CHECK(scene.share(34) == scene.share(10));
    for (int i = 0; i < 1000; ++i) scene.ends(10h, support::success());
    CHECK(scene.share(10) < 0.5 * 10 / 30 + 0.001);
    CHECK(scene.comes(9h, 24h) == until(20h));  // not yet well enough
  }
  SECTION("an hour that turns out bad is no longer waited for, nor gone in") {
    CHECK(scene.comes(10h, 24h) == until(20h));
    for (int i = 0; i < 10; ++i) scene.is_tried_again(20h, said(Kind::overload));
    CHECK(scene.comes(10h, 24h) == Admission::go());
    CHECK(scene.comes(20h, 24h) == Admission::go());
  }
  SECTION("what is met now counts more than what was met once") {
    for (int i = 0; i < 40; ++i) scene.ends(20h, said(Kind::overload));
    const double bad = scene.share(20);
    CHECK(bad > 0.6);
    for (int i = 0; i < 200; ++i) scene.ends(20h, support::success());
    CHECK(scene.share(20) < 0.05);
  }
}

TEST_CASE("An overload counts whoever met it, once, and what a policy says of it does not", "[policies]") {
  struct Case {
    const char* what;
    Verdict verdict;
    bool settles;  // counts at the end of the call
    bool again;    // counts where another attempt follows
  };
  const std::vector<Case> cases{
      {"the service's word", overload_by(Says::service), true, true},
      {"a proxy's, by the transport", overload_by(Says::transport), true, true},
      {"the operation's", overload_by(Says::operation), true, true},
      {"a policy's", overload_by(Says::policy), false, false},
      {"an open circuit", support::refused_inside(Kind::circuit_open), false, false},
      {"a success", support::success(), true, false},  // `extra` with it: a hedge begins, and nothing has ended
      {"another failure", said(Kind::internal), false, false},
      {"an abandoned call", support::abandoned(Sent::unknown), false, false},
  };
  OffPeakOptions options = well_at({20});
  options.learns_from = 10;
  for (const Case& one : cases) {
    CAPTURE(one.what);
    OffPeakScene scene{OffPeak{options}};
    scene.ends(10h, one.verdict);
    CHECK((scene.share(10) != 0.5) == one.settles);
    OffPeakScene other{OffPeak{options}};
    other.is_tried_again(10h, one.verdict);
    CHECK((other.share(10) != 0.5) == one.again);
  }
  OffPeakScene fixed{OffPeak{well_at({20})}};
  fixed.ends(10h, said(Kind::overload));
  CHECK(fixed.share(10) == 0.5);
}

EVERY_DRIVER("A call waits for its hour and goes then, and its failures teach the hour in which they were met", "[policies]") {
  OffPeakOptions options = well_at({14});
  options.learns_from = 1000;
  const OffPeak policy{options};
  OffPeak::State state;
  Pipeline pipeline{Deadline{10h}, with_state(policy, state),
                    Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 1s, .jitter = Jitter::none}}}};
  REQUIRE(driver.now().wall().time_since_epoch() % 24h == 12h);
  std::vector<Time> asked;
  const auto result = driver.run(pipeline, [&]() -> Result<int> {
    asked.push_back(driver.now()());
    return asked.size() < 3 ? Result<int>{Failure{Kind::overload}} : Result<int>{7};
  });
  REQUIRE(result);
  CHECK(asked == std::vector{at(2h), at(2h + 1s), at(2h + 2s)});
  CHECK(policy.share(state, 14) == (0.05 * 1000 + 2) / (1000 + 3));
  CHECK(policy.share(state, 12) == 0.5);

  SECTION("a call that is stopped while it waits teaches nothing") {
    driver.advance(2h);
    driver.at(at(5h), [&] { driver.stop(); });
    const auto stopped = driver.run(pipeline, [] { return 1; }, CallOptions{.deadline = 48h});
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind() == Kind::cancelled);
    CHECK(driver.now()() == at(5h));
    CHECK(policy.share(state, 16) == 0.5);
    CHECK(policy.share(state, 17) == 0.5);
  }
}

TEST_CASE("Threads that learn of one hour at once lose nothing, and fade what is old together", "[policies]") {
  constexpr int each = 20'000;
  OffPeakOptions options = well_at({20});
  const auto share_after_both = [&options](std::uint32_t learns_from) {
    options.learns_from = learns_from;
    const OffPeak policy{options};
    OffPeak::State state;
    {
      std::vector<std::jthread> threads;
      for (const Verdict& verdict : {support::success(), said(Kind::overload)})
        threads.emplace_back([&policy, &state, verdict] {
          support::HandClock clock;
          clock.set(10h);
          NoCall call;
          for (int i = 0; i < each; ++i) static_cast<void>(policy.settle(state, call, clock.now(), Attempt{}, verdict));
        });
    }
    return policy.share(state, 10);
  };
  CHECK(share_after_both(1'000'000) == (0.5 * 1'000'000 + each) / (1'000'000 + 2.0 * each));
  const double faded = share_after_both(7);  // who came last is not known, but it is a share
  CHECK(faded >= 0.0);
  CHECK(faded <= 1.0);
}

TEST_CASE("OffPeak options out of range are refused by name, range and value", "[policies]") {
  const auto refusal = [](const OffPeakOptions& options) -> std::string {
    const auto made = make<OffPeak>(options);
    return made ? "accepted" : made.error().message();
  };
  OffPeakOptions bad_hour;
  bad_hour.overload[23] = 1.5;
  CHECK(refusal(bad_hour) == "OffPeak: overload must be from 0 to 1 in each hour; it is 1.5");
  CHECK(refusal({.well = -0.1}) == "OffPeak: well must be from 0 to 1; it is -0.1");
  CHECK(refusal({.reserve = 999ms}) == "OffPeak: reserve must be from 1 to 2592000 s; it is 0.999");
  CHECK(refusal({.reserve = 24h * 31}) == "OffPeak: reserve must be from 1 to 2592000 s; it is 2678400");
  CHECK(refusal({.spread = -1s}) == "OffPeak: spread must be from 0 to 3600 s; it is -1");
  CHECK(refusal({.spread = 2h}) == "OffPeak: spread must be from 0 to 3600 s; it is 7200");
  CHECK(refusal({.learns_from = 1'000'001}) == "OffPeak: learns_from must be from 0 to 1000000; it is 1000001");
  CHECK(refusal({.well = 1.0, .reserve = 1s, .spread = 1h, .learns_from = 1'000'000}) == "accepted");
  CHECK_THROWS_AS(OffPeak{OffPeakOptions{.well = 2.0}}, ConfigError);
  constexpr OffPeak constant{{.well = 0.2}};
  STATIC_REQUIRE(constant.options().well == 0.2);
}
