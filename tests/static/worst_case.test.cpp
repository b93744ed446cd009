// SPDX-License-Identifier: BSL-1.0

// What a pipeline can cost at worst is a constant where its numbers are. That this file compiles is most of the test.

#include "../support/catch.hpp"

#include <ductile/ductile.hpp>

#include <cstdint>
#include <optional>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

constexpr Retry five_attempts{RetryOptions<>{.attempts = 5, .longest_hint = 0s}};  // waits of up to 1, 2, 4 and 8 s

// --- each policy's own word

static_assert(max_attempts() == 1 && !worst_case_latency() && amplification() == 1.0 && attempts_fit());
static_assert(max_attempts(AttemptTimeout{20s}) == 1 && worst_case_latency(AttemptTimeout{20s}) == 20s);
static_assert(max_attempts(five_attempts) == 5 && !worst_case_latency(five_attempts) && amplification(five_attempts) == 5.0);
static_assert(worst_case_latency(five_attempts, AttemptTimeout{20s}) == 115s);
static_assert(worst_case_latency(Retry{RetryOptions<>{.attempts = 5}}, AttemptTimeout{20s}) == 100s + 4 * 10min);  // each after a hint
static_assert(worst_case_latency(Deadline{1min}, five_attempts, AttemptTimeout{20s}) == 1min);
static_assert(worst_case_latency(Deadline{1min}) == 1min);
static_assert(worst_case_latency(five_attempts, Bulkhead{BulkheadOptions{.longest_wait = 3s}}, AttemptTimeout{20s}) == 5 * 23s + 15s);
static_assert(worst_case_latency(five_attempts, SlowStart{{.longest_wait = 3s}}, CircuitBreaker{}, AttemptTimeout{20s}) == 5 * 23s + 15s);
static_assert(max_attempts(Reword{}, five_attempts) == 20 && max_attempts(Reword{{.most = 2, .rerolls = 1}}, five_attempts) == 30);
static_assert(amplification(Reword{}) == 4.0 && worst_case_latency(Reword{{.most = 1}}, AttemptTimeout{20s}) == 40s);
static_assert(!worst_case_latency(OffPeak{}, five_attempts) &&
              worst_case_latency(OffPeak{}, AttemptTimeout{20s}) == 20s);                // it waits for none
static_assert(worst_case_latency(Deadline{1h}, OffPeak{}, AttemptTimeout{20s}) == 20s);  // less than its reserve
static_assert(worst_case_latency(Deadline{10h}, OffPeak{}, AttemptTimeout{20s}) == 8h + 20s);
static_assert(worst_case_latency(Deadline{100h}, OffPeak{}, AttemptTimeout{20s}) == 24h + 20s);
static_assert(max_attempts(Deadline{100h}, OffPeak{}, five_attempts) == 5);
static_assert(worst_case_latency(AttemptTimeout{20s, 2s}) == 20s);
static_assert(!worst_case_latency(five_attempts, QuotaTracker{}, AttemptTimeout{20s}) && max_attempts(five_attempts, QuotaTracker{}) == 5);
static_assert(worst_case_latency(five_attempts, CircuitBreaker{}, AttemptTimeout{20s}) == 115s);
static_assert(!worst_case_latency(Retry{RetryOptions<>{.attempts = 5, .outwait_rejections = true}}, AttemptTimeout{20s}));

constexpr Hedge two_hedges{HedgeOptions{.after = 2s, .hedges = 2}};
static_assert(max_attempts(five_attempts, two_hedges) == 15 && worst_case_latency(two_hedges, AttemptTimeout{5s}) == 9s);
static_assert(max_attempts(two_hedges, AttemptTimeout{1s}) == 1);  // an attempt ends before a hedge begins
static_assert(max_attempts(Deadline{4s}, two_hedges) == 2);
static_assert(max_attempts(Hedge{HedgeOptions{.after = 2s, .quantile = 0.9}}, AttemptTimeout{1s}) == 2);  // the time that is learnt
static_assert(worst_case_latency(Hedge{HedgeOptions{.after = 2s, .quantile = 0.9}}, AttemptTimeout{5s}) == 10s);
static_assert(worst_case_latency(two_hedges, Bulkhead{BulkheadOptions{.longest_wait = 1s}}, AttemptTimeout{5s}) == 6s + 2 * 3s);

static_assert(amplification(RetryBudget{}, five_attempts) == 1.2 && max_attempts(RetryBudget{}, five_attempts) == 5);
static_assert(amplification(RetryBudget{RetryBudgetOptions{.per_call = 0.5}}, Retry{RetryOptions<>{.attempts = 1}}) == 1.0);
static_assert(amplification(five_attempts, RetryBudget{}) == 5.0);  // whom nobody asks (E0203)

// --- what a deadline leaves of the attempts

constexpr Retry thousand_attempts{RetryOptions<Constant>{.attempts = 1000, .backoff = {.wait = 10s}}};
static_assert(max_attempts(thousand_attempts) == 1000 && max_attempts(Deadline{1min}, thousand_attempts) == 6 &&
              max_attempts(Deadline{61s}, thousand_attempts) == 7);
static_assert(max_attempts(Deadline{1min}, Retry{RetryOptions<Constant>{.attempts = 1000, .backoff = {.wait = 10s}, .squeeze_to = 5s}}) ==
              12);
static_assert(max_attempts(Deadline{1min},
                           Retry{RetryOptions<Constant>{.attempts = 1000, .backoff = {.wait = 10s}, .probe_at_hint = true}}) ==
              7);                                                                              // one comes at a hint, which may be short
static_assert(max_attempts(Deadline{1min}, Retry{RetryOptions<>{.attempts = 1000}}) == 1000);  // full jitter may wait for no time
static_assert(max_attempts(Deadline{1min}, AttemptTimeout{20s}, thousand_attempts) == 2);      // whoever brings the deadline forward counts

// --- whether all attempts fit

static_assert(!attempts_fit(Deadline{2min}, five_attempts, AttemptTimeout{60s}) &&
              attempts_fit(Deadline{256s}, five_attempts, AttemptTimeout{60s}));
static_assert(!attempts_fit(Deadline{255s}, five_attempts, AttemptTimeout{60s}));  // the last one would begin as the deadline ends
static_assert(!attempts_fit(Deadline{15s}, five_attempts) && attempts_fit(Deadline{16s}, five_attempts));
static_assert(attempts_fit(five_attempts, AttemptTimeout{60s}));
constexpr Reword three_wordings_twice{{.most = 2, .rerolls = 1}};
static_assert(!attempts_fit(Deadline{100s}, three_wordings_twice, AttemptTimeout{20s}) &&
              attempts_fit(Deadline{101s}, three_wordings_twice, AttemptTimeout{20s}));
static_assert(attempts_fit(Deadline{1s}, Reword{{.most = 0}}, AttemptTimeout{20s}) && attempts_fit(Deadline{1s}, three_wordings_twice));

// --- a backoff knows its waits

static_assert(Constant{.wait = 5s}.range(7, {}) == WaitRange{5s, 5s});
static_assert(Constant{.wait = 5s, .jitter = Jitter::full, .floor = 1s}.range(7, {}) == WaitRange{1s, 5s});
static_assert(Exponential{}.range(1, {}) == WaitRange{0s, 1s} && Exponential{}.range(4, {}) == WaitRange{0s, 8s});
static_assert(Exponential{.floor = 1s}.range(1, {}) == WaitRange{1s, 1s} && Exponential{}.range(4'000'000'000, {}) == WaitRange{0s, 60s});
static_assert(Exponential{.jitter = Jitter::equal}.range(3, {}) == WaitRange{2s, 4s});
static_assert(Exponential{.base = 0s}.range(9, {}) == WaitRange{0s, 0s});
static_assert(Linear{.base = 2s, .step = 3s, .cap = 9s, .jitter = Jitter::none}.range(3, {}) == WaitRange{8s, 8s});
static_assert(Linear{.base = 2s, .step = 3s, .cap = 9s, .jitter = Jitter::none}.range(4, {}) == WaitRange{9s, 9s});
static_assert(DecorrelatedJitter{.base = 2s, .cap = 20s}.range(1, {0s, 0s}) == WaitRange{2s, 6s});
static_assert(DecorrelatedJitter{.base = 2s, .cap = 20s}.range(2, {2s, 6s}) == WaitRange{2s, 18s});
static_assert(DecorrelatedJitter{.base = 2s, .cap = 20s}.range(2, {}) == WaitRange{2s, 20s});
constexpr BackoffByKind waits_by_kind{Constant{.wait = 5s}, ForKind{Kind::overload, Exponential{}}};
static_assert(waits_by_kind.range(2, {}) == WaitRange{0s, 5s} && waits_by_kind.range(5, {}) == WaitRange{0s, 16s});

// --- a backoff of one's own

constexpr auto unknown_waits = [](unsigned failures) { return failures * 1s; };
static_assert(backoff_range(unknown_waits, 3, {}) == WaitRange{0s, forever});
static_assert(!worst_case_latency(Retry{RetryOptions{.attempts = 5, .backoff = unknown_waits}}, AttemptTimeout{20s}));
static_assert(max_attempts(Deadline{3s}, Retry{RetryOptions{.attempts = 5, .backoff = unknown_waits}}) == 5);
struct Known {
  Duration operator()(unsigned) const noexcept { return 3s; }
  constexpr WaitRange range(unsigned, WaitRange) const noexcept { return {3s, 3s}; }
};
static_assert(worst_case_latency(Retry{RetryOptions{.attempts = 5, .backoff = Known{}, .longest_hint = 0s}}, AttemptTimeout{20s}) == 112s);
struct Endless {
  Duration operator()(unsigned) const noexcept { return Duration::max(); }
  constexpr WaitRange range(unsigned, WaitRange) const noexcept { return {Duration::min(), Duration::max()}; }
};
static_assert(backoff_range(Endless{}, 3, {}) == WaitRange{0s, forever});

// --- a policy of one's own

struct Neutral {
  Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::go(); }
};
static_assert(!KnowsWorstCase<Neutral> && worst_case_latency(Neutral{}, five_attempts, AttemptTimeout{20s}) == 115s);
struct OnceMore : Neutral {
  constexpr WorstCase worst_case(const WorstCase& inside) const noexcept { return inside.times(2).after(1s); }
};
static_assert(KnowsWorstCase<OnceMore> && worst_case_latency(OnceMore{}, AttemptTimeout{20s}) == 41s &&
              max_attempts(OnceMore{}, five_attempts) == 10);
struct Unspoken : Neutral {
  static constexpr Role role = Role::retry;
};
static_assert(!max_attempts(Unspoken{}) && !amplification(Unspoken{}) && !worst_case_latency(Unspoken{}, AttemptTimeout{20s}));
static_assert(worst_case_latency(Deadline{1min}, Unspoken{}) == 1min && amplification(RetryBudget{}, Unspoken{}) == 1.2);

// --- what no type can hold is unbounded

static_assert(WorstCase{.latency = 140 * 365 * 24h}.times(2).latency == 280 * 365 * 24h &&
              WorstCase{.latency = 140 * 365 * 24h}.times(3).latency == forever);
static_assert(WorstCase{.latency = forever}.after(1ns).latency == forever && WorstCase{.latency = 1ns}.after(forever).latency == forever);
static_assert(WorstCase{.latency = 0s}.times(1000).latency == 0s &&
              WorstCase{.latency = 0s}.times(WorstCase::unbounded).latency == forever);
static_assert(two_hedges.worst_case({.latency = forever - 1ns, .attempt = forever - 1ns}).latency == forever);
static_assert(!worst_case_latency(Retry{RetryOptions<>{.attempts = 1000}}, AttemptTimeout{365 * 24h}));  // 1000 years

// --- what is no part of a pipeline

template <class... Parts>
concept Foreseen = requires(const Parts&... parts) { max_attempts(parts...); };
static_assert(Foreseen<Deadline, Retry<>> && Foreseen<Pipeline<Retry<>>> && Foreseen<WithState<RetryBudget>>);
static_assert(!Foreseen<RetryOptions<>> && !Foreseen<int> && !Foreseen<Deadline, HedgeOptions>);

}  // namespace

TEST_CASE("What a pipeline costs at worst is the same of the pipeline as of its policies", "[static]") {
  RetryBudget::State lent{RetryBudget{}};
  const Pipeline pipeline{Deadline{2min}, with_state(RetryBudget{}, lent), five_attempts, CircuitBreaker{}, AttemptTimeout{60s}};
  CHECK(max_attempts(pipeline) == 5);
  CHECK(amplification(pipeline) == 1.2);
  CHECK(worst_case_latency(pipeline) == 2min);
  CHECK_FALSE(attempts_fit(pipeline));
  STATIC_REQUIRE(max_attempts(Deadline{2min}, RetryBudget{}, five_attempts, CircuitBreaker{}, AttemptTimeout{60s}) == 5);
}
