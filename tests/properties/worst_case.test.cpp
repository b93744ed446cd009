// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/ductile.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Random pipelines whose calls go as badly as random failures, times and hints make them: none costs more than its pipeline says.

using namespace ductile;
using namespace std::chrono_literals;
using support::said;

namespace {

class BadLuck {
 public:
  explicit BadLuck(std::uint64_t seed) : draws_(seed) {}

  [[nodiscard]] unsigned below(unsigned bound) { return static_cast<unsigned>(draws_() % bound); }
  [[nodiscard]] bool one_in(unsigned some) { return below(some) == 0; }
  // Few values, so that moments often meet.
  [[nodiscard]] Duration up_to(unsigned seconds) { return std::chrono::seconds{below(seconds + 1)}; }

  [[nodiscard]] Jitter jitter() { return std::array{Jitter::none, Jitter::full, Jitter::equal}[below(3)]; }
  [[nodiscard]] Exponential exponential() {
    const Duration base = up_to(5);
    return {.base = base, .cap = base + up_to(20), .factor = 1.0 + below(3), .jitter = jitter(), .floor = one_in(2) ? base / 2 : 0s};
  }
  template <class Backoff>
  [[nodiscard]] RetryOptions<Backoff> retry(Backoff backoff) {
    RetryOptions<Backoff> options{.attempts = 1 + below(5), .backoff = backoff};
    if (one_in(2)) options.attempts_by_kind.set(Kind::rate_limit, static_cast<std::uint16_t>(below(9)));
    if (one_in(4)) options.attempts_by_kind.set(Kind::overload, static_cast<std::uint16_t>(below(9)));
    if (one_in(4)) options.longest_by_kind.set(Kind::overload, 1s + up_to(60));
    options.longest_hint = up_to(15);
    options.outwait_rejections = one_in(4);
    options.probe_at_hint = one_in(2);
    if (one_in(2)) options.squeeze_to = up_to(3);
    return options;
  }
  [[nodiscard]] FallbackOptions chain() {
    FallbackOptions options;
    for (unsigned i = 0; i <= below(3); ++i) options.targets.push_back({.name = std::string(1, static_cast<char>('a' + i))});
    options.on_all_open = std::array{OnAllOpen::wait, OnAllOpen::fail, OnAllOpen::least_bad}[below(3)];
    options.between_rounds = {.base = 3s, .cap = 3s};
    for (const Kind kind : {Kind::overload, Kind::internal, Kind::timeout})
      if (one_in(2)) options.table.set(kind, {Next::here, static_cast<std::uint8_t>(1 + below(9))});
    if (one_in(2)) options.rest.set(Kind::overload, up_to(20));
    return options;
  }

  [[nodiscard]] RewordOptions reword() {
    RewordOptions options{.most = below(4), .rerolls = below(3)};
    options.kinds.set(Kind::safety_prompt, one_in(2));
    return options;
  }
  // Its share of overload for each hour, by which every second is bad.
  [[nodiscard]] OffPeakOptions off_peak() {
    OffPeakOptions options{.reserve = std::chrono::minutes{30 + below(60)}, .spread = std::chrono::minutes{below(60)}};
    for (double& share : options.overload) share = one_in(2) ? 0.4 : 0.0;
    if (one_in(2)) options.learns_from = 1 + below(3);
    return options;
  }
  [[nodiscard]] SlowStartOptions slow_start() { return {.begin = 1.0 + below(2), .calm = 1s + up_to(60), .longest_wait = 1s + up_to(20)}; }

  // A failure that is mostly tried again, after a hint that is mostly as long as it may be.
  [[nodiscard]] Verdict verdict(Duration longest_hint) {
    const Duration hint = std::array{longest_hint, longest_hint, longest_hint + 1s, Duration{}, longest_hint / 2, Duration{1}}[below(6)];
    Verdict failed = said(std::array{Kind::overload, Kind::rate_limit, Kind::rate_limit, Kind::internal, Kind::timeout, Kind::no_image,
                                     Kind::quota, Kind::not_found, Kind::safety_prompt, Kind::recitation}[below(one_in(3) ? 10 : 4)],
                          hint);
    if (failed.kind == Kind::quota) failed.remedy = one_in(2) ? Remedy::next_day : Remedy::after_delay;
    return failed;
  }

 private:
  SplitMix64 draws_;
};

struct Spent {
  std::uint32_t attempts = 0;
  Duration took{};
};

// Some calls that begin at random moments; an attempt mostly takes all the time that it has.
template <class P>
std::vector<Spent> play(P& pipeline, std::uint64_t seed, Duration longest_hint) {
  BadLuck luck{seed};
  Simulation simulation{WallTime{}, seed};
  std::vector<Spent> spent(1 + luck.below(5));
  for (Spent& mine : spent) {
    const Time begins{luck.up_to(30)};
    simulation.call(
        pipeline, repeatable([&](const Attempt& attempt) {
          ++mine.attempts;
          const Duration left = std::min<Duration>(attempt.remaining(simulation.now()()), 1h);
          const Duration takes = std::array{left, left, left + 1s, Duration{}, left / 2}[luck.below(5)];
          return Simulated{takes, luck.one_in(40) ? Result<int>{1} : Result<int>{Failure{luck.verdict(longest_hint)}}};
        }),
        [&, begins](const Result<int>&) { mine.took = simulation.now()() - begins; }, begins,
        CallOptions{.revisions = static_cast<std::uint8_t>(luck.below(4))});
  }
  simulation.run();
  return spent;
}

// How often the figures were reached, of a kind of pipeline.
struct Reached {
  int attempts = 0;
  int latency = 0;
};

template <class P>
void check_bounds(P& pipeline, std::uint64_t seed, Duration longest_hint, Reached& reached) {
  const std::optional<std::uint64_t> attempts = max_attempts(pipeline);
  const std::optional<Duration> latency = worst_case_latency(pipeline);
  for (const Spent& spent : play(pipeline, seed, longest_hint)) {
    CAPTURE(seed, attempts, latency.value_or(-1ns).count(), spent.attempts, spent.took.count());
    if (attempts) REQUIRE(spent.attempts <= *attempts);
    if (latency) REQUIRE(spent.took <= *latency);
    if (attempts && spent.attempts == *attempts) ++reached.attempts;
    if (latency && spent.took == *latency) ++reached.latency;
  }
}

}  // namespace

TEST_CASE("No call costs more than its pipeline says: retry under a deadline", "[properties]") {
  Reached reached;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    BadLuck luck{seed * 7919};
    const auto options = luck.retry(luck.exponential());
    Pipeline pipeline{Deadline{1s + luck.up_to(90)}, Retry{options}, AttemptTimeout{1s + luck.up_to(9)}};
    check_bounds(pipeline, seed, options.longest_hint, reached);
  }
  CHECK(reached.attempts > 500);
  CHECK(reached.latency > 500);
}

TEST_CASE("No call costs more than its pipeline says: every backoff, and a line, without a deadline", "[properties]") {
  Reached reached;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    BadLuck luck{seed * 7919};
    const Linear linear{.base = luck.up_to(3), .step = luck.up_to(3), .cap = 10s, .jitter = luck.jitter()};
    const DecorrelatedJitter decorrelated{.base = luck.up_to(3), .cap = 12s};
    const Constant constant{.wait = luck.up_to(9), .jitter = luck.jitter()};
    const auto options = luck.retry(BackoffByKind{linear, ForKind{Kind::overload, decorrelated}, ForKind{Kind::rate_limit, constant},
                                                  ForKind{Kind::internal, luck.exponential()}});
    Pipeline pipeline{Retry{options}, Bulkhead{{.in_flight = 1 + luck.below(2), .longest_wait = 1s + luck.up_to(9)}},
                      AttemptTimeout{1s + luck.up_to(9)}};
    check_bounds(pipeline, seed, options.longest_hint, reached);
  }
  CHECK(reached.attempts > 500);
  CHECK(reached.latency > 5);
}

TEST_CASE("No call costs more than its pipeline says: targets under a deadline", "[properties]") {
  Reached reached;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    BadLuck luck{seed * 7919};
    const auto options = luck.retry(luck.exponential());
    Pipeline pipeline{Deadline{1s + luck.up_to(200)},
                      FallbackChain{luck.chain()},
                      Retry{options},
                      CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1 + luck.below(4)), .open_for = 1s + luck.up_to(20)}},
                      Bulkhead{{.in_flight = 1 + luck.below(2), .longest_wait = 1s + luck.up_to(9)}},
                      AttemptTimeout{1s + luck.up_to(9)}};
    check_bounds(pipeline, seed, options.longest_hint, reached);
  }
  CHECK(reached.attempts > 50);
  CHECK(reached.latency > 50);
}

TEST_CASE("No call costs more than its pipeline says: targets without a deadline", "[properties]") {
  Reached reached;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    BadLuck luck{seed * 7919};
    const auto options = luck.retry(luck.exponential());
    Pipeline pipeline{FallbackChain{luck.chain()}, Retry{options},
                      CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1 + luck.below(4)), .open_for = 1s + luck.up_to(20)}},
                      AttemptTimeout{1s + luck.up_to(9)}};
    check_bounds(pipeline, seed, options.longest_hint, reached);
  }
  CHECK(reached.attempts > 50);
  CHECK(reached.latency > 5);
}

TEST_CASE("No call costs more than its pipeline says: other words, a slow start, better hours", "[properties]") {
  Reached words;
  Reached starts;
  Reached hours;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    BadLuck luck{seed * 7919};
    const auto options = luck.retry(luck.exponential());
    const CircuitBreaker breaker{CircuitBreakerOptions{.trip = consecutive(1 + luck.below(3)), .open_for = 1s + luck.up_to(20)}};
    Pipeline with_words{Reword{luck.reword()}, Retry{options}, AttemptTimeout{1s + luck.up_to(9)}};
    check_bounds(with_words, seed, options.longest_hint, words);
    Pipeline slowly{Retry{options}, SlowStart{luck.slow_start()}, breaker, AttemptTimeout{1s + luck.up_to(9)}};
    check_bounds(slowly, seed, options.longest_hint, starts);
    Pipeline at_better_hours{Deadline{std::chrono::minutes{60 + luck.below(6000)}},
                             OffPeak{luck.off_peak()},
                             Reword{luck.reword()},
                             FallbackChain{luck.chain()},
                             Retry{options},
                             SlowStart{luck.slow_start()},
                             breaker,
                             AttemptTimeout{1s + luck.up_to(9)}};
    check_bounds(at_better_hours, seed, options.longest_hint, hours);
  }
  CHECK(words.attempts > 50);
  CHECK(starts.attempts > 50);
}

TEST_CASE("No call costs more than its pipeline says: hedges", "[properties]") {
  Reached reached;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    BadLuck luck{seed * 7919};
    const auto options = luck.retry(luck.exponential());
    HedgeOptions hedge{.after = 1s + luck.up_to(6), .hedges = static_cast<std::uint8_t>(1 + luck.below(3)), .next_target = luck.one_in(2)};
    if (luck.one_in(3)) hedge.quantile = 0.5;
    if (luck.one_in(2)) {
      Pipeline pipeline{Retry{options}, Hedge{hedge}, Bulkhead{{.in_flight = 1 + luck.below(9), .longest_wait = 1s + luck.up_to(9)}},
                        AttemptTimeout{1s + luck.up_to(9)}};
      check_bounds(pipeline, seed, options.longest_hint, reached);
    } else {
      Pipeline pipeline{Deadline{1s + luck.up_to(200)}, FallbackChain{luck.chain()}, Retry{options}, Hedge{hedge},
                        AttemptTimeout{1s + luck.up_to(9)}};
      check_bounds(pipeline, seed, options.longest_hint, reached);
    }
  }
  CHECK(reached.attempts > 50);
  CHECK(reached.latency > 5);
}

TEST_CASE("No call costs more than its pipeline says: a full window", "[properties]") {
  Reached reached;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    BadLuck luck{seed * 7919};
    const auto options = luck.retry(luck.exponential());
    Pipeline pipeline{Deadline{1s + luck.up_to(200)}, Retry{options}, QuotaTracker{QuotaOptions{.limits = {per_minute(1 + luck.below(5))}}},
                      AttemptTimeout{1s + luck.up_to(9)}};
    check_bounds(pipeline, seed, options.longest_hint, reached);
  }
  CHECK(reached.attempts > 100);
}

TEST_CASE("A service that fails gets no more trips than the amplification says", "[properties]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    BadLuck luck{seed * 7919};
    const RetryBudgetOptions budget{.per_call = 0.1 * luck.below(11), .capacity = static_cast<std::int32_t>(1 + luck.below(10))};
    Pipeline pipeline{Deadline{2min}, RetryBudget{budget}, FallbackChain{luck.chain()}, Retry{luck.retry(luck.exponential())},
                      AttemptTimeout{1s + luck.up_to(9)}};
    Simulation simulation{WallTime{}, seed};
    constexpr int calls = 300;
    std::uint64_t trips = 0;
    for (int i = 0; i < calls; ++i)
      simulation.call(
          pipeline,
          [&](const Attempt&) {
            ++trips;
            return Simulated{luck.up_to(2), Result<int>{Failure{Kind::overload}}};
          },
          [](const Result<int>&) {}, Time{std::chrono::seconds{i}});
    simulation.run();
    const double reserve = 1.0 + static_cast<double>(simulation.now()().time_since_epoch() / budget.reserve_every);
    CAPTURE(seed, trips);
    REQUIRE(static_cast<double>(trips) <= calls * amplification(pipeline).value() + budget.capacity + reserve);
  }
}

TEST_CASE("Of slow attempts as many begin as the misfit says, and all where there is none", "[properties]") {
  int named = 0;
  int fitting = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    BadLuck luck{seed};
    Exponential backoff = luck.exponential();
    backoff.jitter = Jitter::none;
    RetryOptions<> options{.attempts = 1 + luck.below(6), .backoff = backoff, .longest_hint = 0s};
    if (luck.one_in(2)) options.squeeze_to = luck.up_to(3);
    Pipeline pipeline{Deadline{1s + luck.up_to(90)}, Retry{options}, AttemptTimeout{1s + luck.up_to(30)}};
    std::uint32_t begun = 0;
    Simulation simulation;
    simulation.call(
        pipeline,
        [&](const Attempt& attempt) {
          ++begun;
          return Simulated{attempt.remaining(simulation.now()()), Result<int>{Failure{Kind::overload}}};
        },
        [](const Result<int>&) {});
    simulation.run();
    std::uint32_t expected = options.attempts;
    static_cast<void>(detail::foresee([&](const Fit& fit) { expected = fit.begun; }, forever, pipeline));
    CAPTURE(seed);
    REQUIRE(begun == expected);
    REQUIRE(attempts_fit(pipeline) == (begun == options.attempts));
    ++(attempts_fit(pipeline) ? fitting : named);
  }
  CHECK(named > 500);
  CHECK(fitting > 500);
}

TEST_CASE("Of wordings that are refused late as many are sent as the misfit says, and all where there is none", "[properties]") {
  int named = 0;
  int fitting = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    BadLuck luck{seed};
    const RewordOptions options{.most = luck.below(5), .rerolls = luck.below(3)};
    Pipeline pipeline{Deadline{1s + luck.up_to(90)}, Reword{options}, Retry{}, AttemptTimeout{1s + luck.up_to(30)}};
    std::uint32_t begun = 0;
    Simulation simulation;
    simulation.call(
        pipeline,
        [&](const Attempt& attempt) {
          ++begun;
          return Simulated{attempt.remaining(simulation.now()()), Result<int>{Failure{said(Kind::safety_prompt)}}};
        },
        [](const Result<int>&) {}, {}, CallOptions{.revisions = 8});
    simulation.run();
    const std::uint32_t wanted = (1 + options.most) * (1 + options.rerolls);
    std::uint32_t expected = wanted;
    const auto note = [&](const Fit& fit) {
      if (fit.policy == "Reword") expected = fit.begun;
    };
    static_cast<void>(detail::foresee(note, forever, pipeline));
    CAPTURE(seed);
    REQUIRE(begun == expected);
    ++(begun == wanted ? fitting : named);
  }
  CHECK(named > 100);
  CHECK(fitting > 100);
}
