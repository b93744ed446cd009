// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/policies/retry.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

// Random failures of random calls against the simplest thing that can be right: a Retry that keeps every failure and reads its options
// anew each time.

using namespace ductile;
using namespace std::chrono_literals;
using support::said;

namespace {

// Depends on all that a backoff is told.
struct Telltale {
  Duration operator()(unsigned failures, Now, Duration before, Kind kind) const noexcept {
    return (failures % 7) * 1s + before / 2 + std::chrono::milliseconds{static_cast<int>(kind)} - 1s;
  }
};

using Options = RetryOptions<Telltale>;

class RetryModel {
 public:
  struct Call {
    std::vector<Kind> failures;
    std::optional<Time> first;
    Duration before{};
    bool tried_hint = false;
  };

  explicit RetryModel(Options options) : options_(std::move(options)) {}

  Reaction settle(Call& call, Time at, double dice, const Attempt& attempt, const Verdict& verdict) {
    if (verdict.ok() || verdict.kind == Kind::abandoned || verdict.says == Says::caller) return Reaction::pass();
    if (verdict.says == Says::policy) {
      if (!options_.outwait_rejections || verdict.hint <= 0s) return Reaction::pass();
      return Reaction::again_at(at + verdict.hint, verdict.kind == Kind::circuit_open ? WaitSource::circuit : WaitSource::quota);
    }
    const Duration widest =
        std::min({Duration{static_cast<Duration::rep>(options_.hint_jitter * static_cast<double>(verdict.hint.count()))},
                  options_.longest_hint - verdict.hint, (attempt.deadline - at - verdict.hint) / 2});
    const Duration spread = widest > 0s ? Duration{static_cast<Duration::rep>(dice * static_cast<double>(widest.count()))} : Duration{};
    if (verdict.remedy == Remedy::next_day) {
      if (!options_.probe_at_hint) return Reaction::pass();
      if (call.tried_hint) {
        misled_until_ = std::max(misled_until_, at + 24h);
        return Reaction::pass();
      }
      if (verdict.hint <= 0s || verdict.hint > options_.longest_hint || attempts_left(call, at, attempt, verdict.kind) == 0)
        return Reaction::pass();
      const Time when = at + verdict.hint + spread;
      if (when >= attempt.deadline || at < misled_until_) return Reaction::pass();
      misled_until_ = when;
      call.tried_hint = true;
      return Reaction::again_at(when, WaitSource::hint);
    }
    if (verdict.remedy != Remedy::immediately && verdict.remedy != Remedy::after_delay) return Reaction::pass();
    const std::size_t left = attempts_left(call, at, attempt, verdict.kind);
    if (left == 0) return Reaction::pass().because(Note::attempts_spent);
    const Duration longest = options_.longest_by_kind[verdict.kind];
    if (longest > 0s && at - *call.first > longest) return Reaction::pass().because(Note::time_spent);
    if (verdict.hint > options_.longest_hint) return Reaction::pass().earliest(at + verdict.hint).because(Note::hint_too_long);
    call.before = std::max<Duration>(0s, Telltale{}(static_cast<unsigned>(call.failures.size()), Now{}, call.before, verdict.kind));
    Duration wait = call.before;
    if (options_.squeeze_to > 0s && attempt.deadline != end_of_time && wait > options_.squeeze_to) {
      const Duration even_part = std::max<Duration>(attempt.deadline - at, 0s) / static_cast<Duration::rep>(left + 1);
      wait = std::clamp(even_part, options_.squeeze_to, wait);
      if (wait < call.before) ++squeezed_;
    }
    if (verdict.hint > wait) return Reaction::again_at(at + verdict.hint + spread, WaitSource::hint);
    return wait == 0s ? Reaction::again_now() : Reaction::again_at(at + wait, WaitSource::backoff);
  }

  Time no_probe_before() const { return misled_until_; }
  int squeezed() const { return squeezed_; }

 private:
  std::size_t most(Kind kind, const Attempt& attempt) const {
    const std::size_t general = attempt.attempts > 0 ? attempt.attempts : options_.attempts;
    if (options_.attempts_by_kind[kind] > 0) return options_.attempts_by_kind[kind];
    return kind == Kind::no_image || kind == Kind::recitation || kind == Kind::auth ? std::min<std::size_t>(general, 2) : general;
  }

  std::size_t attempts_left(Call& call, Time at, const Attempt& attempt, Kind kind) const {
    call.failures.push_back(kind);
    if (!call.first) call.first = at;
    const std::size_t general = attempt.attempts > 0 ? attempt.attempts : options_.attempts;
    std::size_t made = call.failures.size();
    const std::size_t left_to_caller =
        attempt.attempts > 0 ? attempt.attempts - std::min<std::size_t>(made, attempt.attempts) : made + most(kind, attempt);
    if (most(kind, attempt) <= general)
      made = static_cast<std::size_t>(std::ranges::count_if(call.failures, [&](Kind seen) { return most(seen, attempt) <= general; }));
    return std::min(left_to_caller, most(kind, attempt) - std::min(made, most(kind, attempt)));
  }

  Options options_;
  Time misled_until_{};
  int squeezed_ = 0;
};

constexpr Kind kinds_that_fail[]{Kind::rate_limit, Kind::quota, Kind::overload,    Kind::internal,
                                 Kind::network,    Kind::other, Kind::circuit_open};

Verdict random_verdict(SplitMix64& dice) {
  const auto pick = [&](unsigned below) { return static_cast<unsigned>(dice() % below); };
  if (pick(20) == 0) return pick(2) == 0 ? support::success() : support::abandoned(Sent::unknown);
  constexpr Remedy remedies_that_count[]{Remedy::immediately, Remedy::after_delay, Remedy::after_delay, Remedy::after_delay,
                                         Remedy::next_day,    Remedy::next_day,    Remedy::never,       Remedy::other_model};
  Verdict verdict = said(kinds_that_fail[pick(std::size(kinds_that_fail))], remedies_that_count[pick(std::size(remedies_that_count))]);
  if (pick(2) == 0) verdict.hint = std::chrono::milliseconds{pick(120'000)};
  if (pick(6) == 0) verdict.says = Says::policy;
  if (pick(30) == 0) verdict.says = Says::caller;
  return verdict;
}

}  // namespace

TEST_CASE("Retry answers like its model to any sequence of failures of calls that share its state", "[properties]") {
  int again = 0;
  int probes = 0;
  int misled = 0;
  int squeezed = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SplitMix64 dice{seed};
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(dice() % below); };
    Options options{.attempts = 1 + pick(8)};
    options.longest_hint = std::chrono::seconds{pick(100)};
    options.hint_jitter = pick(11) / 10.0;
    options.outwait_rejections = pick(2) == 0;
    options.probe_at_hint = pick(4) > 0;
    if (pick(2) == 0) options.squeeze_to = std::chrono::milliseconds{pick(4000)};
    for (const Kind kind : kinds_that_fail) {
      if (pick(2) == 0) options.attempts_by_kind.set(kind, static_cast<std::uint16_t>(pick(40)));
      if (pick(3) == 0) options.longest_by_kind.set(kind, std::chrono::seconds{pick(300)});
    }
    const Retry retry{options};
    RetryState state;
    RetryModel model{options};
    support::HandClock clock;
    clock.set(std::chrono::hours{pick(24 * 100)});  // milliseconds of 32 bits begin anew within these hundred days

    struct Both {
      Retry<Telltale>::Call call{};
      RetryModel::Call expected{};
      Attempt attempt{};
      bool runs = false;
    };
    std::vector<Both> calls(4);
    for (int step = 0; step < 300; ++step) {
      clock.pass(std::chrono::milliseconds{pick(30) == 0 ? pick(100'000'000) : pick(20'000)});

      clock.roll(pick(1000) / 1000.0);
      Both& both = calls[pick(static_cast<unsigned>(calls.size()))];
      if (!both.runs) {  // another call
        both = {.runs = true};
        if (pick(3) == 0) both.attempt.attempts = static_cast<std::uint16_t>(1 + pick(12));
        if (pick(3) == 0) both.attempt.deadline = clock.now()() + std::chrono::seconds{pick(200)};
      }
      const Verdict verdict = random_verdict(dice);
      const Time at = clock.now()();
      const Reaction answer = retry.settle(state, both.call, clock.now(), both.attempt, verdict);
      const Reaction expected = model.settle(both.expected, at, clock.now().uniform(), both.attempt, verdict);
      CAPTURE(seed, step, name(verdict.kind), name(verdict.remedy), verdict.hint.count());
      REQUIRE(answer == expected);
      REQUIRE(state.no_probe_before() == model.no_probe_before());
      again += answer.again() ? 1 : 0;
      probes += answer.again() && verdict.remedy == Remedy::next_day && verdict.says == Says::service ? 1 : 0;
      misled += state.no_probe_before() >= at + 24h ? 1 : 0;
      both.runs = answer.again();
    }
    squeezed += model.squeezed();
  }
  CHECK(again > 1000);  // the sequences go where they should
  CHECK(probes > 100);
  CHECK(misled > 100);
  CHECK(squeezed > 100);
}
