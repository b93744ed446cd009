// SPDX-License-Identifier: BSL-1.0

// A call is cancelled, and in another run its context destroyed, after its first step, its second, and so on to its last: whatever it was
// doing, each admission is settled exactly once, and the handler hears once, or never when its context has gone.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "async_operations.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/asio.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/off_peak.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/retry_budget.hpp>
#include <ductile/policies/reword.hpp>
#include <ductile/policies/slow_start.hpp>
#include <ductile/policies/timeout.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using P = CountingPolicy;

enum class Ends { later, at_once_by_turns };  // within its own initiation, where that is on the handler's executor

// Two calls of one pipeline, the second 10 ms behind the first, so that one waits for the other where there is one place.
template <class Pipe>
class Scene {
 public:
  Scene(Pipe& pipeline, Kind fails, Ends ends) : pipeline_(pipeline), fails_(fails), ends_(ends) {}

  void begin() {
    start(first_, first_heard_);
    start(second_, second_heard_);
  }
  [[nodiscard]] bool step() { return clock_.step(*context_); }
  // Whether there were so many steps.
  [[nodiscard]] bool make(std::size_t steps) {
    for (; steps > 0; --steps)
      if (!step()) return false;
    return true;
  }
  void cancel(asio::cancellation_type type) {
    first_.emit(type);
    second_.emit(type);
  }
  void destroy() { context_.reset(); }

  [[nodiscard]] std::size_t heard() const { return (first_heard_ ? 1U : 0U) + (second_heard_ ? 1U : 0U); }
  [[nodiscard]] bool heard_twice() const { return heard_twice_; }
  [[nodiscard]] const std::optional<Result<int>>& first() const { return first_heard_; }
  [[nodiscard]] const std::optional<Result<int>>& second() const { return second_heard_; }

 private:
  void start(asio::cancellation_signal& signal, std::optional<Result<int>>& heard) {
    pipeline_.async_run(operation_, *context_, clock_, options_,
                        asio::bind_cancellation_slot(signal.slot(), [this, &heard](Result<int> result) {
                          heard_twice_ = heard_twice_ || heard;
                          heard.emplace(std::move(result));
                        }));
  }

  Result<int> answer() {
    if (++attempts_ % 3 != 0) return Failure{fails_};
    return 7;
  }

  struct Answer {
    Scene* scene;
    Result<int> operator()() const { return scene->answer(); }
  };

  struct Operation {
    template <class Token>
    auto operator()(const Attempt& attempt, Token&& token) {
      return asio::async_initiate<Token, void(Result<int>)>(Initiation{}, token, this, attempt);
    }

    struct Initiation {
      template <class Handler>
      void operator()(Handler handler, Operation* operation, const Attempt& attempt) const {
        Scene& owner = *operation->scene;
        if (owner.ends_ == Ends::at_once_by_turns && ++owner.begun_ % 2 == 0)
          asio::dispatch(asio::append(std::move(handler), owner.answer()));
        else
          operation->slow(attempt, std::move(handler));
      }
    };

    Scene* scene;
    SlowAnswer<Answer> slow;
  };

  AsioVirtualClock clock_;
  CallOptions options_{.revisions = 8};
  Pipe& pipeline_;
  Kind fails_;
  Ends ends_;
  int begun_ = 0;
  int attempts_ = 0;
  bool heard_twice_ = false;
  std::optional<Result<int>> first_heard_;
  std::optional<Result<int>> second_heard_;
  asio::cancellation_signal first_;
  asio::cancellation_signal second_;
  std::unique_ptr<asio::io_context> context_ = std::make_unique<asio::io_context>();
  Tagged<Operation, Repetition::repeatable> operation_ =
      repeatable(Operation{this, SlowAnswer<Answer>{clock_, *context_, 30ms, Answer{this}}});
};

bool settled_all() { return Ledger::global().fault().empty(); }

// Each pipeline by a function, since most cannot be moved.
template <class Make>
void cancelled_at_every_step(Make make, Kind fails, Ends ends, asio::cancellation_type type) {
  for (std::size_t steps = 0;; ++steps) {
    CAPTURE(steps);
    auto pipeline = make();
    Scene scene{pipeline, fails, ends};
    scene.begin();
    const bool made = scene.make(steps);
    const std::size_t heard_before = scene.heard();
    const std::vector<bool> ended{scene.first().has_value(), scene.second().has_value()};
    scene.cancel(type);
    CHECK(scene.heard() == heard_before);  // not from inside
    while (scene.step()) {
    }
    REQUIRE(scene.heard() == 2);
    CHECK_FALSE(scene.heard_twice());
    CHECK(settled_all());
    const auto succeeded_or_cancelled = [](const Result<int>& result) { return result || result.error().kind() == Kind::cancelled; };
    CHECK((ended[0] || succeeded_or_cancelled(*scene.first())));
    CHECK((ended[1] || succeeded_or_cancelled(*scene.second())));
    if (!made) return;
    REQUIRE(steps < 1000);
  }
}

template <class Make>
void destroyed_at_every_step(Make make, Kind fails, Ends ends) {
  for (std::size_t steps = 0;; ++steps) {
    CAPTURE(steps);
    auto pipeline = make();
    Scene scene{pipeline, fails, ends};
    scene.begin();
    const bool made = scene.make(steps);
    const std::size_t heard_before = scene.heard();
    scene.destroy();
    CHECK(scene.heard() == heard_before);
    CHECK(settled_all());
    if (!made) return;
    REQUIRE(steps < 1000);
  }
}

template <class Make>
void at_every_step(Make make, Kind fails = Kind::overload) {
  const Ends ends = GENERATE(Ends::later, Ends::at_once_by_turns);
  SECTION("cancelled, terminal") { cancelled_at_every_step(make, fails, ends, asio::cancellation_type::terminal); }
  SECTION("cancelled, partial") { cancelled_at_every_step(make, fails, ends, asio::cancellation_type::partial); }
  SECTION("cancelled, total") { cancelled_at_every_step(make, fails, ends, asio::cancellation_type::total); }
  SECTION("destroyed") { destroyed_at_every_step(make, fails, ends); }
}

}  // namespace

TEST_CASE("At every step of a retry", "[async][exactly_once]") {
  at_every_step([] { return Pipeline{P{}, Retry{RetryOptions{.attempts = 4, .backoff = Constant{50ms}}}, P{}}; });
}

TEST_CASE("At every step of a retry with breaker and time limits", "[async][exactly_once]") {
  at_every_step([] {
    return Pipeline{Deadline{10s},        P{}, Retry{RetryOptions{.attempts = 4, .backoff = Constant{50ms}}}, P{}, CircuitBreaker{},
                    AttemptTimeout{20ms}, P{}};
  });
}

TEST_CASE("At every step of a call that waits for a place", "[async][exactly_once]") {
  at_every_step([] {
    return Pipeline{P{}, Retry{RetryOptions{.attempts = 4, .backoff = Constant{50ms}}}, P{}, Bulkhead{{.in_flight = 1, .waiting = 4}}, P{}};
  });
}

TEST_CASE("At every step of a call that waits for its quota", "[async][exactly_once]") {
  at_every_step([] {
    return Pipeline{P{}, Retry{RetryOptions{.attempts = 4, .backoff = Constant{50ms}}}, P{},
                    QuotaTracker{QuotaOptions{.limits = {per_minute(1)}}}, P{}};
  });
}

TEST_CASE("At every step of a chain with a budget", "[async][exactly_once]") {
  at_every_step([] {
    return Pipeline{P{},
                    RetryBudget{},
                    FallbackChain{{.targets = {{.name = "a"}, {.name = "b"}, {.name = "c"}}}},
                    Retry{RetryOptions{.attempts = 2, .backoff = Constant{50ms}}},
                    P{},
                    CircuitBreaker{},
                    P{}};
  });
}

TEST_CASE("At every step of a race of three with a budget, a breaker and time limits", "[async][exactly_once]") {
  at_every_step([] {
    return Pipeline{P{},
                    Deadline{10s},
                    RetryBudget{RetryBudgetOptions{.per_call = 0, .capacity = 3, .reserve_every = 0s}},
                    Retry{RetryOptions{.attempts = 4, .backoff = Constant{50ms}}},
                    P{},
                    Hedge{HedgeOptions{.after = 8ms, .hedges = 2}},
                    P{},
                    CircuitBreaker{},
                    AttemptTimeout{25ms},
                    P{}};
  });
}

TEST_CASE("At every step of a race whose branches wait for places and quota, and go to another target", "[async][exactly_once]") {
  const Kind fails = GENERATE(Kind::overload, Kind::safety_output);  // which is tried again, and which ends the race
  const auto make = [] {
    return Pipeline{P{},
                    FallbackChain{{.targets = {{.name = "a"}, {.name = "b"}}}},
                    Retry{RetryOptions{.attempts = 2, .backoff = Constant{50ms}}},
                    P{},
                    Hedge{HedgeOptions{.after = 20ms, .next_target = true}},
                    P{},
                    Bulkhead{{.in_flight = 1, .waiting = 4}},
                    QuotaTracker{QuotaOptions{.limits = {per_minute(2)}}},
                    P{}};
  };
  at_every_step(make, fails);
}

TEST_CASE("At every step of a call that waits for an hour, for its place in a recovery, and is asked in other words",
          "[async][exactly_once]") {
  const Kind fails = GENERATE(Kind::overload, Kind::safety_prompt);
  const auto make = [] {
    OffPeakOptions hours{.well = 0.1, .reserve = 1h, .spread = 0s, .learns_from = 10};
    hours.overload.fill(0.5);
    hours.overload[14] = 0.0;  // the clock begins at noon
    return Pipeline{P{},
                    Deadline{100h},
                    OffPeak{hours},
                    P{},
                    Reword{RewordOptions{.most = 8, .rerolls = 1}},
                    P{},
                    Retry{RetryOptions{.attempts = 9, .backoff = Constant{50ms}, .outwait_rejections = true}},
                    P{},
                    SlowStart{SlowStartOptions{.begin = 1, .calm = 24h}},
                    P{},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 20ms}},
                    P{}};
  };
  at_every_step(make, fails);
}

TEST_CASE("The harness sees a policy that forgets to settle", "[async][exactly_once]") {
  Ledger own;
  struct Forgets : CountingPolicy {
    using CountingPolicy::CountingPolicy;
    Reaction settle(NoState&, Call&, Now, const Attempt&, const Verdict&) const noexcept { return Reaction::pass(); }
  };
  auto pipeline = Pipeline{Forgets{Admission::go(), Reaction::pass(), own}};
  Scene scene{pipeline, Kind::overload, Ends::later};
  scene.begin();
  REQUIRE(scene.step());
  scene.destroy();
  CHECK_FALSE(own.fault().empty());
}
