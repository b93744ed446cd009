// SPDX-License-Identifier: BSL-1.0
#include "what_follows.hpp"

#include <ductile/drivers/simulate.hpp>
#include <ductile/gemini/resilient.hpp>  // ResilientOptions, and the policies

#include <array>
#include <chrono>
#include <string>

namespace ductile::failure_pages {

namespace {

constexpr TargetSet first = 0b001;
constexpr TargetSet all = 0b111;

// The targets that were tried, as letters; whether a breaker opened.
struct Seen {
  std::string went_to;
  bool opened = false;

  void on(const AttemptBegan& event) { went_to.push_back(static_cast<char>('a' + event.attempt.target)); }
  void on(const CircuitChanged& event) { opened = opened || event.what == Signal::circuit_opened; }

  [[nodiscard]] std::size_t tries_on_first() const { return std::min(went_to.find_first_not_of('a'), went_to.size()); }
};

struct Setting {
  TargetSet failing = all;
  CallOptions call{};
  OnAllOpen on_all_open = OnAllOpen::wait;
  bool opens_at_once = false;  // the breaker at its first failure; else never
};

struct Story {
  Seen seen;
  std::array<QuotaUsage, 6> used{};  // of the first target
  std::optional<Duration> closed_for{};
};

// One call whose targets fail in one way, and at its end another one, whose target would answer.
Story play(const Verdict& verdict, const Setting& setting) {
  gemini::ResilientOptions options;
  options.fallback.on_all_open = setting.on_all_open;
  const QuotaTracker quota{options.quota};
  Story story;
  Pipeline pipeline{
      Observe{story.seen},
      Deadline{options.deadline},
      FallbackChain{options.fallback},
      Retry{options.retry},
      CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(setting.opens_at_once ? 1 : 1'000'000), .counts = options.breaker.counts}},
      quota};
  Simulation simulation;
  const auto fails = [&](const Attempt& attempt) -> Simulated<Result<int>> {
    using std::chrono_literals::operator""s;
    if ((setting.failing & (1U << attempt.target)) != 0) return {20s, Failure{verdict}};
    return {20s, 1};
  };
  simulation.call(pipeline, fails, [](const Result<int>&) {}, {}, setting.call);
  simulation.run();
  story.used = quota.usage(pipeline.state<4>(), simulation.now());

  const std::string told = story.seen.went_to;
  const auto succeeds = [](const Attempt&) -> Simulated<Result<int>> { return {Duration::zero(), 1}; };
  const auto look = [&](const Result<int>& result) {
    if (!result) story.closed_for = result.error().retry_after().value_or(Duration::zero());
  };
  simulation.call(pipeline, succeeds, look, {}, {.attempts = 1, .targets = first});
  simulation.run();
  story.seen.went_to = told;
  return story;
}

}  // namespace

WhatFollows what_follows(const Verdict& verdict) {
  const Story another_left = play(verdict, {.failing = first});
  const Story only = play(verdict, {.call = {.targets = first}, .on_all_open = OnAllOpen::fail});
  const Story all_failed = play(verdict, {});
  const Setting once{.call = {.attempts = 1, .targets = first}, .on_all_open = OnAllOpen::fail};
  const Story one = play(verdict, once);
  Setting once_and_open = once;
  once_and_open.opens_at_once = true;

  WhatFollows follows;
  follows.tries_with_another_left = another_left.seen.tries_on_first();
  follows.tries_on_the_last = only.seen.tries_on_first();
  follows.asks_the_next = another_left.seen.went_to.find('b') != std::string::npos;
  follows.begins_anew = all_failed.seen.went_to.find("ca") != std::string::npos;
  follows.breaker_counts = play(verdict, once_and_open).seen.opened;
  follows.counts_request = one.used[0].used > 0;
  follows.counts_tokens = one.used[1].used > 0;
  follows.counts_image = one.used[2].used > 0;
  follows.closed_for = one.closed_for;
  return follows;
}

}  // namespace ductile::failure_pages
