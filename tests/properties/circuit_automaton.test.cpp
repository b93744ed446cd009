// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/circuit_model.hpp"
#include "../support/verdicts.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <vector>

// The breaker's automaton, exhaustively: from every state that can be reached with a few calls, every input, against the model. After each
// step both hold the same, so that what the model's states are, the automaton's are too.

using namespace ductile;
using namespace std::chrono_literals;
using support::CircuitAnswer;
using support::CircuitModel;

namespace {

using detail::CircuitWord;
using detail::News;

constexpr std::size_t most_calls = 4;

template <class Trip>
struct World {
  detail::Circuit<CircuitBreakerOptions<Trip>> circuit{};
  CircuitModel<Trip> model;
  struct Call {
    CircuitWord permit;
    Time began;
  };
  std::array<std::optional<Call>, most_calls> calls{};
  Time now{1h};
};

struct Walk {
  std::size_t states = 0;
  std::size_t steps = 0;
  std::set<CircuitMode> modes{};
  std::set<Signal> signals{};
  bool agreed = true;
};

// Lets the next call in, if there may be one.
template <class Trip>
bool admit(World<Trip>& world, const CircuitBreakerOptions<Trip>& options, Time deadline, Walk& walk) {
  for (std::size_t i = 0; i < most_calls; ++i) {
    if (world.calls[i]) continue;
    const auto admitted = world.circuit.admit(options, world.now, deadline);
    const bool goes = admitted.admission.form() == Admission::Form::go;
    const CircuitAnswer expected = world.model.admit(static_cast<int>(i), world.now, deadline);
    walk.agreed = walk.agreed && CircuitAnswer{goes, admitted.admission.signal(), goes ? Time{} : admitted.admission.at()} == expected;
    walk.signals.insert(expected.signal);
    if (goes) world.calls[i] = {admitted.permit, world.now};
    return true;
  }
  return false;
}

template <class Trip>
bool settle(World<Trip>& world, const CircuitBreakerOptions<Trip>& options, std::size_t call, News news, Walk& walk) {
  if (!world.calls[call]) return false;
  const CallEnd end{world.now, world.now - world.calls[call]->began, news == News::bad};
  const Signal signal = world.circuit.settle(options, world.calls[call]->permit, news, end);
  const Signal expected = world.model.settle(static_cast<int>(call), news, world.now);
  walk.agreed = walk.agreed && signal == expected;
  walk.signals.insert(expected);
  world.calls[call].reset();
  return true;
}

constexpr std::size_t inputs = 5 + 3 * most_calls;

// False when this input is not possible here.
template <class Trip>
bool step(World<Trip>& world, const CircuitBreakerOptions<Trip>& options, std::size_t input, Walk& walk) {
  switch (input) {
    case 0: return admit(world, options, end_of_time, walk);
    case 1: return admit(world, options, world.now + 1s, walk);
    case 2: world.now += 1s; return true;
    case 3: walk.agreed = walk.agreed && world.circuit.isolate() == world.model.isolate(); return true;
    case 4: walk.agreed = walk.agreed && world.circuit.reset() == world.model.reset(); return true;
    default: return settle(world, options, (input - 5) / 3, static_cast<News>((input - 5) % 3), walk);
  }
}

template <class Trip>
Walk walk_through_all(const CircuitBreakerOptions<Trip>& options, unsigned growth) {
  Walk walk;
  std::set<std::vector<int>> known;
  std::deque<World<Trip>> ahead;
  ahead.push_back(World<Trip>{{}, CircuitModel<Trip>{options}});
  known.insert(ahead.front().model.abstract(ahead.front().now, growth));
  while (!ahead.empty() && walk.agreed) {
    const World<Trip> here = std::move(ahead.front());
    ahead.pop_front();
    ++walk.states;
    walk.modes.insert(here.model.mode());
    for (std::size_t input = 0; input < inputs; ++input) {
      World<Trip> next = here;
      if (!step(next, options, input, walk)) continue;
      ++walk.steps;
      walk.agreed = walk.agreed && next.model.agrees_with(next.circuit, next.now);
      if (known.insert(next.model.abstract(next.now, growth)).second) ahead.push_back(std::move(next));
    }
  }
  return walk;
}

template <class Trip>
struct AutomatonSetting {
  CircuitBreakerOptions<Trip> options;
  unsigned growth;
  std::size_t states;  // a change of the automaton changes their number
};

template <class Trip>
void walk_through_all(const std::vector<AutomatonSetting<Trip>>& settings) {
  for (const AutomatonSetting<Trip>& setting : settings) {
    const Walk walk = walk_through_all(setting.options, setting.growth);
    CAPTURE(walk.states, walk.steps);
    CHECK(walk.agreed);
    CHECK(walk.states == setting.states);
    CHECK(walk.modes.size() == 4);
    CHECK(walk.signals ==
          std::set{Signal::none, Signal::circuit_opened, Signal::circuit_half_opened, Signal::circuit_closed, Signal::circuit_isolated});
  }
}

}  // namespace

TEST_CASE("In every state that a breaker can reach, every input does what the model says", "[properties]") {
  walk_through_all<ConsecutiveFailures>(
      {{{.trip = consecutive(2), .open_for = 2s, .probe_lease = 2s}, 0, 80},
       {{.trip = consecutive(1), .open_for = 1s, .longest_open = 4s, .probes = 2, .successes_to_close = 2, .probe_lease = 3s}, 2, 369},
       {{.trip = consecutive(2), .open_for = 3s, .probes = 1, .probe_lease = 3s, .last_chance = 1s}, 0, 527},
       {{.trip = consecutive(3),
         .open_for = 2s,
         .longest_open = 3s,
         .probes = 3,
         .successes_to_close = 3,
         .probe_lease = 2s,
         .last_chance = 2s},
        1,
        1586}});
  walk_through_all<FailureRatio>(
      {{{.trip = ratio(0.6, {.of = 3, .within = 2s, .at_least = 2}), .open_for = 1s, .probe_lease = 2s}, 0, 720},
       {{.trip = ratio(0.5, {.of = 4, .within = 3s, .at_least = 2}), .open_for = 2s, .probe_lease = 1s, .last_chance = 1s}, 0, 6378}});
  walk_through_all<SlowCalls>(
      {{{.trip = slow_calls(0.6, 2s, {.of = 3, .within = 2s, .at_least = 2}), .open_for = 1s, .probe_lease = 3s}, 0, 1910}});
}
