// SPDX-License-Identifier: BSL-1.0

// Who owns the shared state of a layer, and how many there are of it.

#include "../support/catch.hpp"
#include "../support/every_driver.hpp"

#include <ductile/drivers/blocking.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace ductile;

namespace {

// Lets a number of calls pass, then refuses. Its state cannot be moved, and says for which target it was made.
struct Limit {
  struct State {
    State(const Limit&, unsigned of_target) : target(of_target) {}
    unsigned target;
    std::atomic<int> passed{0};
    std::mutex mutex;
  };
  int limit = 1'000;

  Admission admit(State& state, NoCall&, Now, const Attempt&) const noexcept {
    if (state.passed >= limit) return Admission::reject(Kind::rate_limit);
    ++state.passed;
    return Admission::go();
  }
};

// A chain that goes to the next target after every failure. What it knows of its targets lies on the heap, so that a chain that was moved
// away has none.
struct Chain {
  static constexpr Role role = Role::fallback;
  static constexpr unsigned edits = edits_target;
  struct Call {
    std::uint8_t target = 0;
  };
  std::vector<std::string> names;

  [[nodiscard]] std::size_t targets() const { return names.size(); }
  Admission admit(NoState&, Call& call, Now, const Attempt&) const noexcept { return Admission::go().on(call.target); }
  Reaction settle(NoState&, Call& call, Now, const Attempt&, const Verdict&) const noexcept {
    return ++call.target < names.size() ? Reaction::again_now() : Reaction::pass();
  }
};

const Chain three{{"first", "second", "third"}};

// Fails at the targets before `good`.
auto works_at(unsigned good) {
  return [good](const Attempt& attempt) -> Result<int> {
    if (attempt.target < good) return Failure{Kind::overload};
    return static_cast<int>(attempt.target);
  };
}

struct FromNothing {
  struct State {
    int value = 7;
  };
  Admission admit(State&, NoCall&, Now, const Attempt&) const noexcept { return Admission::go(); }
};
struct FromPolicy {
  struct State {
    explicit State(const FromPolicy& policy) : value(policy.start) {}
    int value;
  };
  int start = 11;
  Admission admit(State&, NoCall&, Now, const Attempt&) const noexcept { return Admission::go(); }
};

}  // namespace

EVERY_DRIVER("A pipeline owns the state of a layer, and its calls share it", "[core][state]") {
  Pipeline pipeline{Limit{2}};
  CHECK(driver.run(pipeline, [] {}));
  CHECK(driver.run(pipeline, [] {}));
  CHECK(driver.run(pipeline, [] {}).error().kind() == Kind::rate_limit);
  CHECK(pipeline.state<0>().passed == 2);
  pipeline.state<0>().passed = 0;
  CHECK(driver.run(pipeline, [] {}));
}

EVERY_DRIVER("Two pipelines of the same policies do not share a state", "[core][state]") {
  Pipeline one{Limit{1}};
  Pipeline other{Limit{1}};
  CHECK(driver.run(one, [] {}));
  CHECK(driver.run(other, [] {}));
  CHECK_FALSE(driver.run(one, [] {}));
}

TEST_CASE("A pipeline with an immovable state can be returned from a function", "[core][state]") {
  const auto make = [](int limit) { return Pipeline{Limit{limit}, Limit{limit + 1}}; };
  auto pipeline = make(1);
  CHECK(pipeline.run([] {}));
  CHECK_FALSE(pipeline.run([] {}));
}

TEST_CASE("A state is made from policy and target, from the policy, or from nothing", "[core][state]") {
  Pipeline pipeline{FromNothing{}, FromPolicy{}, FromPolicy{12}};
  CHECK(pipeline.state<0>().value == 7);
  CHECK(pipeline.state<1>().value == 11);
  CHECK(pipeline.state<2>().value == 12);
}

EVERY_DRIVER("A lent state is shared by pipelines with numbers of their own", "[core][state]") {
  const Limit strict{2};
  const Limit generous{4};
  Limit::State state{strict, 0};
  Pipeline background{with_state(strict, state)};
  Pipeline foreground{with_state(generous, state)};
  CHECK(driver.run(background, [] {}));
  CHECK(driver.run(foreground, [] {}));
  CHECK_FALSE(driver.run(background, [] {}));  // both together have used up what this one may use
  CHECK(driver.run(foreground, [] {}));
  CHECK(driver.run(foreground, [] {}));
  CHECK_FALSE(driver.run(foreground, [] {}));
  CHECK(&background.state<0>() == &state);
  CHECK(&foreground.state<0>() == &state);
}

EVERY_DRIVER("Inside a chain a layer has a state for each target, outside it one", "[core][state]") {
  Pipeline pipeline{Limit{}, three, Limit{}};
  CHECK(served_by(driver.run(pipeline, works_at(2))) == 2);
  CHECK(served_by(driver.run(pipeline, works_at(1))) == 1);
  CHECK(pipeline.state<0>().passed == 2);
  CHECK(&pipeline.state<0>(0) == &pipeline.state<0>(2));
  for (unsigned target = 0; target < 3; ++target) CHECK(pipeline.state<2>(target).target == target);
  CHECK(pipeline.state<2>(0).passed == 2);
  CHECK(pipeline.state<2>(1).passed == 2);
  CHECK(pipeline.state<2>(2).passed == 1);
}

EVERY_DRIVER("A rejection by one target's state sends the call to the next target", "[core][state]") {
  Pipeline pipeline{three, Limit{1}};
  CHECK(served_by(driver.run(pipeline, works_at(0))) == 0);
  CHECK(served_by(driver.run(pipeline, works_at(0))) == 1);
  CHECK(served_by(driver.run(pipeline, works_at(0))) == 2);
  const auto refused = driver.run(pipeline, works_at(0));
  CHECK(refused.error().kind() == Kind::rate_limit);
  CHECK(refused.error().target() == 2);
  CHECK(refused.error().attempts() == 0);
  CHECK(refused.error().trail().size() == 3);
}

EVERY_DRIVER("States for each target can be lent, and outlive the pipeline", "[core][state]") {
  TargetStates<Limit> states{Limit{}, 3};
  {
    Pipeline pipeline{three, with_state(Limit{}, states)};
    CHECK(driver.run(pipeline, works_at(2)));
  }
  CHECK(states.size() == 3);
  for (unsigned target = 0; target < 3; ++target) {
    CHECK(states[target].target == target);
    CHECK(states[target].passed == 1);
  }
}

EVERY_DRIVER("One lent state inside a chain serves all targets", "[core][state]") {
  Limit::State state{Limit{}, 0};
  Pipeline pipeline{three, with_state(Limit{}, state)};
  CHECK(driver.run(pipeline, works_at(2)));
  CHECK(state.passed == 3);
}

EVERY_DRIVER("A policy may be one that can only be moved", "[core][state]") {
  struct MoveOnly {
    std::unique_ptr<int> limit;
    Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept {
      return *limit > 0 ? Admission::go() : Admission::reject(Kind::bulkhead_full);
    }
  };
  Pipeline pipeline{MoveOnly{std::make_unique<int>(1)}, three, MoveOnly{std::make_unique<int>(0)}};
  CHECK(driver.run(pipeline, [] {}).error().kind() == Kind::bulkhead_full);
}

EVERY_DRIVER("A lent chain still says how many targets there are", "[core][state]") {
  NoState nothing;
  Pipeline pipeline{with_state(three, nothing), Limit{}};
  CHECK(served_by(driver.run(pipeline, works_at(2))) == 2);
  CHECK(pipeline.state<1>(2).target == 2);
}

TEST_CASE("There are 1 to 16 targets", "[core][state]") {
  CHECK_NOTHROW(TargetStates<Limit>{Limit{}, 16});
  CHECK_THROWS_WITH((TargetStates<Limit>{Limit{}, 0}), "QuotaGroups: targets must be from 1 to 16; it is 0");
  CHECK_THROWS_AS((TargetStates<Limit>{Limit{}, 17}), ConfigError);
  CHECK_THROWS_AS((Pipeline{Chain{std::vector<std::string>(17)}, Limit{}}), ConfigError);
}
