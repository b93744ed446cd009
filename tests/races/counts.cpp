// SPDX-License-Identifier: BSL-1.0
//
// Counts that threads share and that no lock guards, under relacy: the library's own code in every interleaving of two threads. No update
// of one may be lost in that of another. scripts/check_races builds and runs it, and once for each fault below.
//
// planted: policies/retry_budget.hpp | if (state.held_.compare_exchange_weak(held, held - one_token, std::memory_order_relaxed)) return true; | { state.held_.store(held - one_token, std::memory_order_relaxed); return true; }
// planted: policies/retry_budget.hpp | while (held < capacity_ && !state.held_.compare_exchange_weak(held, detail::min(held + tokens, capacity_), std::memory_order_relaxed)) { | state.held_.store(detail::min(held + tokens, capacity_), std::memory_order_relaxed); {
// planted: policies/retry_budget.hpp | state.reserve_at_.compare_exchange_strong(reserve_at, later(at, options_.reserve_every).time_since_epoch().count(), | (state.reserve_at_.store(later(at, options_.reserve_every).time_since_epoch().count(), std::memory_order_relaxed), std::memory_order_relaxed) == (true ? std::memory_order_relaxed :
// planted: policies/detail/quantile_estimate.hpp | while (!word_.compare_exchange_weak(word, next(word, sample, at_least, steps), std::memory_order_relaxed)) { | word_.store(next(word, sample, at_least, steps), std::memory_order_relaxed); {

#include <ductile/core/config_error.hpp>  // before the others: relacy knows no atomic pointer to a function

#include "watched_std.hpp"

#include <ductile/policies/detail/quantile_estimate.hpp>
#include <ductile/policies/retry_budget.hpp>

#include <array>
#include <chrono>
#include <cstdint>

using namespace ::std::chrono_literals;

namespace {

using namespace ductile;

class StillClock : private TimeSource {
 public:
  Now now() noexcept { return Now{*this}.read(); }

 private:
  Time steady() noexcept override { return Time{1s}; }
  WallTime wall() noexcept override { return WallTime{}; }
  ::std::uint64_t random() noexcept override { return 0; }
};
StillClock still_clock;

Verdict overload() {
  Verdict verdict;
  verdict.kind = Kind::overload;
  return verdict;
}

// Two calls and the budget that they share, from which the first trips of a call took all but `left` tokens.
template <class Scene>
struct SceneOf : rl::test_suite<Scene, 2> {
  explicit SceneOf(RetryBudgetOptions options, int left) : budget(options), state(budget) {
    for (unsigned i = static_cast<unsigned>(left); i < options.capacity; ++i) {
      RetryBudget::Call earlier;
      static_cast<void>(budget.extra(state, earlier, still_clock.now(), Attempt{}, overload()));
    }
  }

  bool extra(unsigned index) { return budget.extra(state, calls[index], still_clock.now(), Attempt{}, overload()); }

  RetryBudget budget;
  RetryBudget::State state;
  ::std::array<RetryBudget::Call, 2> calls{};
  ::std::array<bool, 2> went{};
};

// The last token is given once.
struct LastToken : SceneOf<LastToken> {
  LastToken() : SceneOf({.capacity = 2, .reserve_every = 0s}, 1) {}
  void thread(unsigned index) { went[index] = extra(index); }
  void after() {
    RL_ASSERT(went[0] != went[1]);
    RL_ASSERT(state.tokens() == 0);
  }
};

// Two that give theirs back leave two.
struct TwoGiveBack : SceneOf<TwoGiveBack> {
  TwoGiveBack() : SceneOf({.capacity = 2}, 2) {
    for (unsigned index = 0; index < 2; ++index) went[index] = extra(index);
  }
  void thread(unsigned index) {
    Verdict never_made = overload();
    never_made.says = Says::policy;
    static_cast<void>(budget.settle(state, calls[index], still_clock.now(), Attempt{}, never_made));
  }
  void after() { RL_ASSERT(state.tokens() == 2); }
};

// The reserve of an empty budget is taken once.
struct Reserve : SceneOf<Reserve> {
  Reserve() : SceneOf({.capacity = 1, .reserve_every = 10s}, 0) {}
  void thread(unsigned index) { went[index] = extra(index); }
  void after() { RL_ASSERT(went[0] != went[1]); }
};

// An estimate that counts from the second span on counts two that came at once, and is the longer one.
struct TwoSpans : rl::test_suite<TwoSpans, 2> {
  detail::QuantileEstimate estimate{};
  const detail::QuantileSteps steps{2.0 / 3.0};

  void thread(unsigned index) { estimate.add(index == 0 ? 4ms : 8ms, false, steps); }
  void after() {
    RL_ASSERT(steps.needed == 2);
    const auto value = estimate.value(steps);
    RL_ASSERT(value.has_value());
    RL_ASSERT(*value > 7ms);
  }
};

}  // namespace

int main(int count, char** arguments) {
  races::begin(count, arguments);
  bool ok = races::holds<LastToken>("the last token");
  ok = races::holds<TwoGiveBack>("two that give back") && ok;
  ok = races::holds<Reserve>("the reserve") && ok;
  ok = races::holds<TwoSpans>("two spans") && ok;
  return ok ? 0 : 1;
}
