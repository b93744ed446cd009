// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/circuit_model.hpp"
#include "../support/meeting.hpp"
#include "../support/verdicts.hpp"

#include <ductile/policies/circuit_breaker.hpp>

#include <array>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Random commands to the policy, in one thread and in two, against the simplest thing that can be right.

using namespace ductile;
using namespace std::chrono_literals;
using detail::News;
using support::CircuitAnswer;
using support::CircuitModel;
using support::said;

namespace {

Verdict verdict_of(News news) {
  if (news == News::good) return support::success();
  return news == News::bad ? said(Kind::overload) : said(Kind::bad_request);
}

Attempt until(Time deadline) {
  Attempt attempt;
  attempt.deadline = deadline;
  return attempt;
}

CircuitAnswer answer_of(const Admission& admission) {
  const bool goes = admission.form() == Admission::Form::go;
  return {goes, admission.signal(), goes ? Time{} : admission.at()};
}

unsigned pick(SplitMix64& dice, unsigned below) { return static_cast<unsigned>(dice() % below); }

RatioWindow any_window(SplitMix64& dice, unsigned most) {
  RatioWindow window{.of = 1 + pick(dice, most), .within = std::chrono::seconds{1 + pick(dice, 20)}};
  window.at_least = 1 + pick(dice, window.of);
  return window;
}

void choose(ConsecutiveFailures& trip, SplitMix64& dice, unsigned most) { trip = consecutive(1 + pick(dice, most)); }
void choose(FailureRatio& trip, SplitMix64& dice, unsigned most) { trip = ratio((1 + pick(dice, 10)) / 10.0, any_window(dice, 2 * most)); }
void choose(FailureRatioOverTime& trip, SplitMix64& dice, unsigned most) {
  trip = ratio_over_time((1 + pick(dice, 10)) / 10.0, {.within = std::chrono::seconds{1 + pick(dice, 20)}, .calls = 1 + pick(dice, most)});
}
void choose(SlowCalls& trip, SplitMix64& dice, unsigned most) {
  trip = slow_calls((1 + pick(dice, 10)) / 10.0, std::chrono::milliseconds{1 + pick(dice, 4000)}, any_window(dice, 2 * most));
}

void choose(EitherTrip<FailureRatioOverTime, SlowCalls>& trip, SplitMix64& dice, unsigned most) {
  choose(trip.first, dice, most);
  choose(trip.second, dice, most);
}

// `most`: bad calls in a row.
template <class Trip>
CircuitBreakerOptions<Trip> any_options(SplitMix64& dice, unsigned most) {
  const auto pick = [&](unsigned below) { return static_cast<unsigned>(dice() % below); };
  CircuitBreakerOptions<Trip> options;
  choose(options.trip, dice, most);
  options.open_for = std::chrono::seconds{1 + pick(20)};
  if (pick(2) == 0) options.longest_open = options.open_for + std::chrono::seconds{pick(60)};
  options.probe_lease = std::chrono::seconds{1 + pick(30)};
  options.probes = 1 + pick(3);
  options.successes_to_close = 1 + pick(3);
  if (pick(2) == 0) options.last_chance = std::chrono::milliseconds{1 + pick(3000)};
  return options;
}

template <class Trip>
void breaker_answers_like_its_model() {
  std::map<CircuitMode, int> seen;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SplitMix64 dice{seed};
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(dice() % below); };
    const auto options = any_options<Trip>(dice, 4);
    const CircuitBreaker breaker{options};
    typename CircuitBreaker<Trip>::State state;
    CircuitModel<Trip> model{options};
    support::HandClock clock;
    std::map<int, typename CircuitBreaker<Trip>::Call> in_flight;
    int calls = 0;
    for (int step = 0; step < 300; ++step) {
      clock.pass(std::chrono::milliseconds{pick(4) == 0 ? pick(8000) : pick(50)});
      const Time at = clock.now()();
      CAPTURE(seed, step);
      if (pick(60) == 0) {
        REQUIRE(state.isolate() == model.isolate());
      } else if (pick(30) == 0) {
        REQUIRE(state.reset() == model.reset());
      } else if (in_flight.empty() || (in_flight.size() < 6 && pick(2) == 0)) {
        const Time deadline = pick(2) == 0 ? end_of_time : at + std::chrono::milliseconds{pick(30'000)};
        typename CircuitBreaker<Trip>::Call call;
        const auto answer = answer_of(breaker.admit(state, call, clock.now(), until(deadline)));
        REQUIRE(answer == model.admit(calls, at, deadline));
        if (answer.goes) in_flight[calls] = call;
        ++calls;
      } else {
        const auto chosen = std::next(in_flight.begin(), pick(static_cast<unsigned>(in_flight.size())));
        const auto news = pick(5) < 2 ? News::good : pick(3) > 0 ? News::bad : News::neither;
        const Reaction reaction = breaker.settle(state, chosen->second, clock.now(), Attempt{}, verdict_of(news));
        REQUIRE(reaction == Reaction::pass().noting(model.settle(chosen->first, news, at)));
        in_flight.erase(chosen);
      }
      REQUIRE(state.mode() == model.mode());
      REQUIRE(state.open_until() == model.open_until());
      ++seen[model.mode()];
    }
  }
  for (const CircuitMode mode : {CircuitMode::closed, CircuitMode::open, CircuitMode::half_open, CircuitMode::isolated})
    CHECK(seen[mode] > 1000);
}

}  // namespace

TEST_CASE("A breaker answers like its model to any sequence of commands", "[properties]") {
  SECTION("by failures in a row") { breaker_answers_like_its_model<ConsecutiveFailures>(); }
  SECTION("by the share of the latest calls that failed") { breaker_answers_like_its_model<FailureRatio>(); }
  SECTION("by the share of all calls of a span that failed") { breaker_answers_like_its_model<FailureRatioOverTime>(); }
  SECTION("by the share of the latest calls that were slow") { breaker_answers_like_its_model<SlowCalls>(); }
  SECTION("by either of two") { breaker_answers_like_its_model<EitherTrip<FailureRatioOverTime, SlowCalls>>(); }
}

// ---- two threads

namespace {

struct BreakerCommand {
  enum class What { admit, settle, isolate, reset };
  What what = What::admit;
  std::size_t call = 0;  // of the thread's own
  News news = News::good;
  Time deadline = end_of_time;
};

// What a command was answered.
struct Told {
  bool yes = false;
  Signal signal = Signal::none;
  Time earliest{};

  friend bool operator==(const Told&, const Told&) = default;
};

constexpr std::size_t commands_each = 4;
constexpr std::size_t calls_each = 2;
using BreakerScript = std::array<BreakerCommand, commands_each>;
using Answers = std::array<Told, commands_each>;

BreakerScript any_script(SplitMix64& dice, Time at) {
  BreakerScript script;
  for (BreakerCommand& command : script) {
    const auto what = dice() % 16;
    command.what = what < 8    ? BreakerCommand::What::admit
                   : what < 14 ? BreakerCommand::What::settle
                   : what < 15 ? BreakerCommand::What::isolate
                               : BreakerCommand::What::reset;
    command.call = dice() % calls_each;
    command.news = static_cast<News>(dice() % 3);
    if (dice() % 2 == 0) command.deadline = at + 1s;
  }
  return script;
}

// One thread's side of the breaker: its calls, so that what cannot be done is left out in the same way here and in the model.
template <class Admit, class Settle, class Isolate, class Reset>
Told obey(const BreakerCommand& command, std::array<bool, calls_each>& out, Admit admit, Settle settle, Isolate isolate, Reset reset) {
  switch (command.what) {
    case BreakerCommand::What::admit: {
      if (out[command.call]) return {};
      const auto answer = admit(command.call, command.deadline);
      out[command.call] = answer.goes;
      return {answer.goes, answer.signal, answer.earliest};
    }
    case BreakerCommand::What::settle:
      if (!out[command.call]) return {};
      out[command.call] = false;
      return {true, settle(command.call, command.news), {}};
    case BreakerCommand::What::isolate: return {isolate(), Signal::none, {}};
    case BreakerCommand::What::reset: return {reset(), Signal::none, {}};
  }
  return {};
}

using Outs = std::array<std::array<bool, calls_each>, 2>;

template <class Trip>
Told obey(CircuitModel<Trip>& model, std::size_t thread, const BreakerCommand& command, Outs& outs, Time at) {
  const auto number = [&](std::size_t call) { return static_cast<int>(thread * calls_each + call); };
  return obey(
      command, outs[thread], [&](std::size_t call, Time deadline) { return model.admit(number(call), at, deadline); },
      [&](std::size_t call, News news) { return model.settle(number(call), news, at); }, [&] { return model.isolate(); },
      [&] { return model.reset(); });
}

// Whether the model says the same in some order of the two scripts.
template <class Trip>
bool explained(const CircuitModel<Trip>& model, const Outs& outs, const std::array<BreakerScript, 2>& scripts,
               const std::array<Answers, 2>& answers, const std::array<std::size_t, 2>& done, Time at,
               const typename CircuitBreaker<Trip>::State& state) {
  if (done[0] == commands_each && done[1] == commands_each) return state.mode() == model.mode() && state.open_until() == model.open_until();
  for (std::size_t thread = 0; thread < 2; ++thread) {
    if (done[thread] == commands_each) continue;
    CircuitModel<Trip> next = model;
    Outs next_outs = outs;
    if (obey(next, thread, scripts[thread][done[thread]], next_outs, at) != answers[thread][done[thread]]) continue;
    std::array<std::size_t, 2> next_done = done;
    ++next_done[thread];
    if (explained(next, next_outs, scripts, answers, next_done, at, state)) return true;
  }
  return false;
}

template <class Trip>
void threads_are_told_what_the_model_says() {
  struct Round {
    std::optional<CircuitBreaker<Trip>> breaker{};
    std::optional<typename CircuitBreaker<Trip>::State> state{};
    Now now{};  // a reading: the clock itself counts how often it is read
    std::array<BreakerScript, 2> scripts{};
    std::array<Answers, 2> answers{};
    std::array<std::array<typename CircuitBreaker<Trip>::Call, calls_each>, 2> calls{};
    Outs outs{};
  };
  constexpr int rounds = 2000;
  Round round;
  Time at{};
  std::barrier turn{3};
  support::Meeting meeting;

  const auto do_one = [&](std::size_t thread, const BreakerCommand& command) {
    return obey(
        command, round.outs[thread],
        [&](std::size_t call, Time deadline) {
          return answer_of(round.breaker->admit(*round.state, round.calls[thread][call], round.now, until(deadline)));
        },
        [&](std::size_t call, News news) {
          return round.breaker->settle(*round.state, round.calls[thread][call], round.now, Attempt{}, verdict_of(news)).signal();
        },
        [&] { return round.state->isolate(); }, [&] { return round.state->reset(); });
  };
  const auto work = [&](std::size_t thread) {
    for (int i = 0; i < rounds; ++i) {
      turn.arrive_and_wait();
      meeting.arrive_and_wait();
      for (std::size_t j = 0; j < commands_each; ++j) round.answers[thread][j] = do_one(thread, round.scripts[thread][j]);
      turn.arrive_and_wait();
    }
  };
  std::thread first{work, 0};
  std::thread second{work, 1};
  int unexplained = 0;
  for (int i = 0; i < rounds; ++i) {
    SplitMix64 dice{static_cast<std::uint64_t>(i)};
    const auto options = any_options<Trip>(dice, 2);
    round.breaker.emplace(options);
    round.state.emplace();
    round.outs = {};
    support::HandClock clock;
    CircuitModel<Trip> model{options};
    // Some way on, in one thread, so that the two meet it in any state. Then time stands still.
    for (int step = 0; step < 12; ++step) {
      clock.pass(std::chrono::milliseconds{dice() % 8000});
      round.now = clock.now().read();
      at = round.now();
      const std::size_t thread = dice() % 2;
      const BreakerCommand command = any_script(dice, at).front();
      Outs outs = round.outs;
      const Told expected = obey(model, thread, command, outs, at);
      if (do_one(thread, command) != expected) ++unexplained;
    }
    round.scripts = {any_script(dice, at), any_script(dice, at)};
    const Outs outs = round.outs;
    turn.arrive_and_wait();
    turn.arrive_and_wait();
    if (!explained(model, outs, round.scripts, round.answers, {}, at, *round.state)) ++unexplained;
  }
  first.join();
  second.join();
  CHECK(unexplained == 0);
}

}  // namespace

TEST_CASE("What two threads are told by one breaker, the model says in some order", "[properties]") {
  SECTION("by failures in a row") { threads_are_told_what_the_model_says<ConsecutiveFailures>(); }
  SECTION("by the share of the latest calls that failed") { threads_are_told_what_the_model_says<FailureRatio>(); }
  SECTION("by the share of all calls of a span that failed") { threads_are_told_what_the_model_says<FailureRatioOverTime>(); }
  SECTION("by the share of the latest calls that were slow") { threads_are_told_what_the_model_says<SlowCalls>(); }
  SECTION("by either of two") { threads_are_told_what_the_model_says<EitherTrip<FailureRatioOverTime, SlowCalls>>(); }
}
