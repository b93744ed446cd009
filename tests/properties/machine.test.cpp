// SPDX-License-Identifier: BSL-1.0

// The straight path of the blocking driver and the machine are two readings of the same pipeline, and `async_run` drives the machine by
// other ways than the simulation. Random scripts run through all three: the policies must be asked the same questions at the same moments,
// and the caller must get the same answer.

#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/scripted_policy.hpp"

#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/testing/recording_observer.hpp>
#include <ductile/testing/scripted_operation.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t scripts_each = 512;  // of eleven pipelines

// What happens to a call from outside.
struct Surroundings {
  CallOptions options;
  Time stop = Time{24h + 333ns};  // no call may wait for ever at a gate

  static Surroundings drawn(std::uint64_t seed) {
    SplitMix64 draws{seed};
    Surroundings drawn;
    if (draws() % 4 == 0) drawn.options.deadline = std::chrono::milliseconds{static_cast<int>(draws() % 3000) - 100};
    if (draws() % 4 == 0) drawn.options.attempts = static_cast<std::uint16_t>(draws() % 5);
    if (draws() % 4 == 0) drawn.options.targets = static_cast<TargetSet>(draws() % 8);
    // Odd nanoseconds: nothing else happens at that moment, so that the order is never in doubt.
    if (draws() % 3 == 0) drawn.stop = Time{std::chrono::milliseconds{draws() % 2000} + 333ns};
    return drawn;
  }
};

// All that must be the same. The last lines say how the call ended, and when.
struct Account {
  std::vector<std::string> questions;
  std::vector<std::string> events;
  std::vector<std::string> faults;
  std::string books;
};

struct Flag {
  bool set = false;
  [[nodiscard]] bool stop_requested() const { return set; }
};

template <Repetition Tag>
auto tagged(DrawnOperation operation) {
  if constexpr (Tag == Repetition::never)
    return never_repeated(operation);
  else
    return repeatable(operation);
}

template <Repetition Tag, class Build>
Account through_blocking_driver(Build build, std::uint64_t seed) {
  const Surroundings around = Surroundings::drawn(seed);
  VirtualClock clock{WallTime{}, seed};
  Script script{seed, clock.now(), [&](Time time, auto action) { clock.at(time, action); }};
  RecordingObserver seen;
  auto pipeline = build(script, seen);
  Flag stop;
  clock.at(around.stop, [&] { stop.set = true; });
  DrawnOperation drawn{script};
  OnClock passing{clock, drawn, stop};
  auto operation = [&passing](const Attempt& attempt) { return passing(attempt); };
  try {
    const auto run = [&](auto&& made) { return pipeline.run(made, clock, stop, around.options, ScriptedClassifier{}); };
    if constexpr (Tag == Repetition::never)
      script.write(text(run(never_repeated(operation))));
    else
      script.write(text(run(operation)));
  } catch (const Unclaimed& thrown) {
    script.write(std::string{"thrown "} + thrown.what());
  }
  return {script.story(), seen.story(), seen.faults(), script.ledger.fault()};
}

template <Repetition Tag, class Build>
Account through_machine(Build build, std::uint64_t seed, Duration more = {}) {
  const Surroundings around = Surroundings::drawn(seed);
  Simulation simulation{WallTime{}, seed};
  Script script{seed, simulation.now(), [&](Time time, auto action) { simulation.at(time, action); }};
  RecordingObserver seen;
  auto pipeline = build(script, seen);
  auto call = simulation.call(
      pipeline, tagged<Tag>(DrawnOperation{script, more}), [&](const Result<int>& result) { script.write(text(result)); }, {},
      around.options, ScriptedClassifier{});
  simulation.at(around.stop, [&] { call.cancel(); });
  try {
    simulation.run();
  } catch (const Unclaimed& thrown) {
    script.write(std::string{"thrown "} + thrown.what());
  }
  REQUIRE(call.ended());
  return {script.story(), seen.story(), seen.faults(), script.ledger.fault()};
}

// No attempt ends in the very moment of its limit: a failure would be its own in the simulation, and a lost answer here.
constexpr Duration odd = 7ns;

template <Repetition Tag, class Build>
Account through_async_run(Build build, std::uint64_t seed) {
  const Surroundings around = Surroundings::drawn(seed);
  const auto driver = asynchronous_driver(seed);
  Script script{seed, driver->now(), [&](Time time, auto action) { driver->at(time, action); }};
  RecordingObserver seen;
  auto pipeline = build(script, seen);
  driver->at(around.stop, [&] { driver->stop(); });
  try {
    script.write(text(driver->run(pipeline, tagged<Tag>(DrawnOperation{script, odd}), around.options, ScriptedClassifier{})));
  } catch (const Unclaimed& thrown) {
    script.write(std::string{"thrown "} + thrown.what());
  }
  return {script.story(), seen.story(), seen.faults(), script.ledger.fault()};
}

// Empty when there is none. Whole stories are too long to look at.
std::string first_difference(const std::vector<std::string>& blocking, const std::vector<std::string>& machine) {
  for (std::size_t i = 0; i < std::max(blocking.size(), machine.size()); ++i) {
    const std::string one = i < blocking.size() ? blocking[i] : "(the end)";
    const std::string other = i < machine.size() ? machine[i] : "(the end)";
    if (one == other) continue;
    const std::string before = i > 0 ? blocking[i - 1] : "(the beginning)";
    return "line " + std::to_string(i) + "\nafter    " + before + "\nblocking " + one + "\nmachine  " + other;
  }
  return {};
}

// How often the scripts did what they are there for.
struct Coverage {
  unsigned straight = 0, waits = 0, gates = 0, repeats = 0, throws = 0, cancels = 0;

  void count(const Account& account) {
    const auto holds = [&](const char* part) {
      for (const std::string& line : account.questions)
        if (line.find(part) != std::string::npos) return true;
      return false;
    };
    straight += holds("success") && holds("trips 1") ? 1 : 0;
    gates += holds("gate entered") ? 1 : 0;
    repeats += holds("operation attempt 2") ? 1 : 0;
    throws += holds("thrown") ? 1 : 0;
    cancels += holds("failure cancelled") ? 1 : 0;
    waits += account.questions.back().rfind("0 ", 0) != 0 ? 1 : 0;
  }
};

template <Repetition Tag, class Build>
void check_async_run(Build build, std::uint64_t seed) {
  const Account machine = through_machine<Tag>(build, seed, odd);
  const Account asynchronous = through_async_run<Tag>(build, seed);
  CAPTURE(seed);
  REQUIRE(first_difference(machine.questions, asynchronous.questions) == "");
  if (machine.questions.back().find("thrown") == std::string::npos)  // else async_run tells its observers of a failure
    REQUIRE(first_difference(machine.events, asynchronous.events) == "");
  REQUIRE(asynchronous.faults == std::vector<std::string>{});
  REQUIRE(asynchronous.books.empty());
}

template <Repetition Tag = Repetition::repeatable, class Build>
void check_pipeline(Build build) {
  Coverage coverage;
  for (std::uint64_t seed = 1; seed <= scripts_each; ++seed) {
    const Account blocking = through_blocking_driver<Tag>(build, seed);
    const Account machine = through_machine<Tag>(build, seed);
    CAPTURE(seed);
    REQUIRE(first_difference(blocking.questions, machine.questions) == "");
    REQUIRE(first_difference(blocking.events, machine.events) == "");
    REQUIRE(blocking.faults == std::vector<std::string>{});
    REQUIRE(machine.faults == std::vector<std::string>{});
    REQUIRE(blocking.books.empty());
    REQUIRE(machine.books.empty());
    coverage.count(machine);
    check_async_run<Tag>(build, seed);
  }
  CAPTURE(coverage.straight, coverage.waits, coverage.gates, coverage.repeats, coverage.throws, coverage.cancels);
  CHECK(coverage.straight > scripts_each / 50);
  CHECK(coverage.waits > scripts_each / 20);
  CHECK(coverage.repeats > scripts_each / 50);
  CHECK(coverage.throws > 0);
  CHECK(coverage.cancels > 0);
}

}  // namespace

TEST_CASE("The straight path and the machine tell the same story: one layer", "[properties]") {
  check_pipeline([](Script& script, RecordingObserver&) { return Pipeline{ScriptedPolicy<>{script, 0}}; });
}

TEST_CASE("The straight path and the machine tell the same story: two layers", "[properties]") {
  check_pipeline([](Script& script, RecordingObserver&) { return Pipeline{ScriptedPolicy<>{script, 0}, ScriptedPolicy<>{script, 1}}; });
}

TEST_CASE("The straight path and the machine tell the same story: three layers that share a clock reading", "[properties]") {
  using P = ScriptedPolicy<Role::other, true>;
  check_pipeline([](Script& script, RecordingObserver&) { return Pipeline{P{script, 0}, P{script, 1}, P{script, 2}}; });
}

TEST_CASE("The straight path and the machine tell the same story: four layers", "[properties]") {
  using P = ScriptedPolicy<>;
  check_pipeline([](Script& script, RecordingObserver&) { return Pipeline{P{script, 0}, P{script, 1}, P{script, 2}, P{script, 3}}; });
}

TEST_CASE("The straight path and the machine tell the same story: one observed layer", "[properties]") {
  check_pipeline([](Script& script, RecordingObserver& seen) { return Pipeline{Observe{seen}, ScriptedPolicy<>{script, 0}}; });
}

TEST_CASE("The straight path and the machine tell the same story: three observed layers", "[properties]") {
  using P = ScriptedPolicy<>;
  check_pipeline([](Script& script, RecordingObserver& seen) { return Pipeline{P{script, 0}, P{script, 1}, Observe{seen}, P{script, 2}}; });
}

TEST_CASE("The straight path and the machine tell the same story: a chain with states for each target", "[properties]") {
  using Chain = ScriptedPolicy<Role::fallback>;
  using P = ScriptedPolicy<>;
  check_pipeline([](Script& script, RecordingObserver& seen) {
    return Pipeline{Observe{seen}, P{script, 0}, Chain{script, 1}, P{script, 2}, P{script, 3}};
  });
}

TEST_CASE("The straight path and the machine tell the same story: layers that answer only some questions", "[properties]") {
  using P = ScriptedPolicy<>;
  check_pipeline([](Script& script, RecordingObserver&) {
    return Pipeline{ScriptedPermit{script, 0}, P{script, 1}, ScriptedReactor{script, 2}, P{script, 3}};
  });
}

TEST_CASE("The straight path and the machine tell the same story: such layers, observed", "[properties]") {
  using P = ScriptedPolicy<>;
  check_pipeline([](Script& script, RecordingObserver& seen) {
    return Pipeline{Observe{seen}, ScriptedReactor{script, 0}, P{script, 1}, ScriptedPermit{script, 2}, ScriptedReactor{script, 3}};
  });
}

TEST_CASE("The straight path and the machine tell the same story: an operation that must not be repeated", "[properties]") {
  using P = ScriptedPolicy<>;
  check_pipeline<Repetition::never>(
      [](Script& script, RecordingObserver& seen) { return Pipeline{Observe{seen}, P{script, 0}, P{script, 1}}; });
}

TEST_CASE("The straight path and the machine tell the same story: no layer, observed", "[properties]") {
  for (std::uint64_t seed = 1; seed <= scripts_each; ++seed) {
    const auto build = [](Script&, RecordingObserver& seen) { return Pipeline{Observe{seen}}; };
    const Account blocking = through_blocking_driver<Repetition::repeatable>(build, seed);
    const Account machine = through_machine<Repetition::repeatable>(build, seed);
    CAPTURE(seed);
    REQUIRE(first_difference(blocking.questions, machine.questions) == "");
    REQUIRE(first_difference(blocking.events, machine.events) == "");
    REQUIRE(blocking.faults.empty());
  }
}
