// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/linearizable.hpp"
#include "../support/meeting.hpp"
#include "../support/quota_model.hpp"
#include "../support/shared_clock.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/core/pipeline.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/quota_tracker.hpp>

#include <array>
#include <atomic>
#include <barrier>
#include <map>
#include <optional>
#include <thread>
#include <vector>

// QuotaTracker under threads. While time passes it is one atomic number, so that what is admitted can be compared with what may be,
// exactly.

using namespace ductile;
using namespace std::chrono_literals;

namespace {

constexpr int threads = 4;

template <class Body>
void in_threads(Body body) {
  std::vector<std::thread> running;
  for (int thread = 0; thread < threads; ++thread) running.emplace_back(body, thread);
  for (std::thread& thread : running) thread.join();
}

}  // namespace

TEST_CASE("Threads that compete for a window get exactly what is in it", "[properties]") {
  using Tracker = QuotaTracker<2>;
  constexpr std::int64_t requests = 60;
  constexpr std::int64_t images = 40;
  constexpr int minutes = 3000;
  const auto compete = [&](const QuotaOptions<2>& options) {
    const Tracker tracker{options};
    Tracker::State state{tracker};
    support::SharedClock clock;
    std::vector<std::atomic<std::int64_t>> went(minutes);
    std::vector<std::array<QuotaUsage, 2>> usages;
    std::barrier all_together{threads, [&]() noexcept {
                                usages.push_back(tracker.usage(state, clock.now()));
                                clock.pass(61s);
                              }};
    in_threads([&](int) {
      for (std::size_t minute = 0; minute < minutes; ++minute) {
        Attempt attempt;
        attempt.deadline = clock.now()();  // now or never
        Tracker::Call call;
        while (tracker.admit(state, call, clock.now(), attempt) == Admission::go()) ++went[minute];
        all_together.arrive_and_wait();
      }
    });
    for (const auto& in_a_minute : went) CHECK(in_a_minute == images);
    for (const auto& usage : usages) {  // who got only one of the two has given it back
      CHECK(usage[0].used == images);
      CHECK(usage[1].used == images);
    }
  };
  SECTION("sliding") { compete(QuotaOptions{.limits = {per_minute(requests), images_per_minute(images)}}); }
  SECTION("fixed") { compete(QuotaOptions{.limits = {fixed(per_minute(requests)), fixed(images_per_minute(images))}}); }
}

TEST_CASE("At no interleaving does a span hold more than its limit", "[properties]") {
  using Tracker = QuotaTracker<2>;
  constexpr std::int64_t requests = 400;
  constexpr std::int64_t images = 300;
  const std::array<Tracker, 2> trackers{
      Tracker{QuotaOptions{.limits = {per_minute(requests), images_per_minute(images)}, .images = 3}},
      Tracker{QuotaOptions{.limits = {per_minute(requests / 2), images_per_minute(images)}, .images = 3}}};
  Tracker::State state{trackers[0]};
  support::SharedClock clock;
  struct Charge {
    std::uint32_t tick;
    std::int64_t requests;
    std::int64_t images;
  };
  std::array<std::vector<Charge>, threads> charges;

  in_threads([&](int thread) {
    SplitMix64 draws{static_cast<std::uint64_t>(thread)};
    const Tracker& tracker = trackers[thread == 0 ? 1 : 0];
    std::vector<Charge>& mine = charges[static_cast<std::size_t>(thread)];
    std::vector<Tracker::Call> out;
    const auto end_one = [&] {
      const auto kind = draws() % 4;
      Verdict verdict;
      Charge charge{out.back().tick, 1, 3};
      if (kind == 0) {
        verdict = support::abandoned(Sent::no);
        charge.requests = charge.images = 0;
      } else if (kind == 1) {
        verdict.images = 2;
        charge.images = 2;
      }
      tracker.settle(state, out.back(), clock.now(), Attempt{}, verdict);
      out.pop_back();
      mine.push_back(charge);
    };
    for (int step = 0; step < 20'000; ++step) {
      Attempt attempt;
      if (draws() % 3 != 0) attempt.deadline = clock.now()() + std::chrono::seconds{draws() % 90};
      Tracker::Call call;
      const Admission answer = tracker.admit(state, call, clock.now(), attempt);
      if (answer.form() == Admission::Form::go || answer.form() == Admission::Form::go_at) out.push_back(call);
      if (out.size() > 20 || (!out.empty() && draws() % 2 == 0)) end_one();
      if (draws() % 8 == 0) clock.pass(std::chrono::milliseconds{draws() % 200});
    }
    while (!out.empty()) end_one();
  });

  std::map<std::uint32_t, Charge> by_tick;
  std::int64_t all = 0;
  for (const auto& mine : charges)
    for (const Charge& charge : mine) {
      Charge& sum = by_tick[charge.tick];
      sum.requests += charge.requests;
      sum.images += charge.images;
      all += charge.requests;
    }
  std::int64_t most_requests = 0;
  std::int64_t most_images = 0;
  for (auto begin = by_tick.begin(); begin != by_tick.end(); ++begin) {
    Charge sum{};
    for (auto tick = begin; tick != by_tick.end() && tick->first <= begin->first + 60; ++tick) {
      sum.requests += tick->second.requests;
      sum.images += tick->second.images;
    }
    most_requests = std::max(most_requests, sum.requests);
    most_images = std::max(most_images, sum.images);
  }
  CHECK(most_requests <= requests);
  CHECK(most_images <= images);
  CHECK(most_images > images / 2);  // it was tight
  CHECK(all > 500);

  // Nothing is left over: two windows later everything is free again.
  clock.pass(4min);
  const auto usage = trackers[0].usage(state, clock.now());
  CHECK(usage[0].used == 0);
  CHECK(usage[1].used == 0);
}

// ---- two threads and the model of quota.test.cpp

namespace {

using support::QuotaModel;
using support::ThreeWindows;

constexpr std::size_t calls_each = 2;
constexpr std::size_t commands_each = 4;

struct Command {
  bool ends = false;  // else it asks
  std::size_t call = 0;
  Duration within{};  // the deadline of who asks
  std::uint64_t seed = 0;
};
using Commands = std::array<Command, commands_each>;
using Answers = std::array<std::optional<Admission>, commands_each>;  // none: it could not be done, or was an end

Commands any_script(SplitMix64& draws) {
  Commands script;
  for (Command& command : script)
    command = {draws() % 3 == 0, draws() % calls_each,
               draws() % 2 == 0 ? Duration::max() : Duration{std::chrono::milliseconds{draws() % 90'000}}, draws()};
  return script;
}

Time deadline_of(const Command& command, Time now) { return later(now, command.within); }

// The calls of a thread, in the tracker and in the model alike.
struct Holding {
  bool holds = false;
  Time at{};
  std::size_t charge = 0;  // in the model
};
using Holdings = std::array<std::array<Holding, calls_each>, 2>;

// What the policy of a thread is made of: the two share the counts, each with limits and costs of its own.
struct Terms {
  QuotaModel::Limits limits;
  QuotaModel::Costs costs;
};

struct Setting {
  Time now;
  WallTime wall;
  std::array<Terms, 2> terms;  // of the threads
};

// What the model makes of a command and its answer.
bool allows(QuotaModel& model, Holding& call, const Command& command, const std::optional<Admission>& answer, const Setting& setting,
            std::size_t thread) {
  const Terms& terms = setting.terms[thread];
  if (command.ends == !call.holds) return !answer;
  if (command.ends) {
    SplitMix64 draws{command.seed};
    const support::QuotaEnd end = support::any_end(draws, call.at > setting.now, terms.costs);
    if (end.verdict.dimension != QuotaDimension::none) model.close(setting.now + end.verdict.hint);
    model.correct(call.charge, end.counts);
    call = {};
    return !answer;
  }
  if (!answer) return false;
  const QuotaModel::Question question{setting.now, setting.wall, deadline_of(command, setting.now), terms.limits, terms.costs};
  const QuotaModel::Outcome outcome = model.judge(*answer, question);
  if (outcome == QuotaModel::Outcome::queue_full) model.give_turn(answer->at());
  if (outcome == QuotaModel::Outcome::went || outcome == QuotaModel::Outcome::waited) {
    const Time at = QuotaModel::begins(*answer, setting.now);
    call = {true, at, model.add(at, question.day(), terms.costs)};
  }
  return outcome != QuotaModel::Outcome::wrong;
}

// What is believed of both threads, and what a thread did.
struct Beliefs {
  QuotaModel model;
  Holdings holdings;
};
struct Done {
  std::size_t thread;
  Command command;
  std::optional<Admission> answer;
};

std::vector<Done> done_by(std::size_t thread, const Commands& script, const Answers& answers) {
  std::vector<Done> all;
  for (std::size_t i = 0; i < commands_each; ++i) all.push_back({thread, script[i], answers[i]});
  return all;
}

}  // namespace

TEST_CASE("What two threads are told by one ledger, the model of one thread allows in some order", "[properties]") {
  struct Round {
    std::array<std::optional<ThreeWindows>, 2> trackers{};
    std::optional<ThreeWindows::State> state{};
    std::array<Terms, 2> terms{};
    Now now{};
    std::array<Commands, 2> scripts{};
    std::array<Answers, 2> answers{};
    std::array<std::array<ThreeWindows::Call, calls_each>, 2> calls{};
    Holdings holdings{};
  };
  constexpr int rounds = 2000;
  const bool with_others = GENERATE(false, true);  // one policy, or two with other limits and other costs
  CAPTURE(with_others);
  Round round;
  std::barrier turn{3};
  support::Meeting meeting;

  const auto do_one = [&](std::size_t thread, Holding& holding, ThreeWindows::Call& call,
                          const Command& command) -> std::optional<Admission> {
    const Time now = round.now();
    if (command.ends == !holding.holds) return std::nullopt;
    if (command.ends) {
      SplitMix64 draws{command.seed};
      const support::QuotaEnd end = support::any_end(draws, holding.at > now, round.terms[thread].costs);
      round.trackers[thread]->settle(*round.state, call, round.now, Attempt{}, end.verdict);
      holding = {};
      return std::nullopt;
    }
    Attempt attempt;
    attempt.deadline = deadline_of(command, now);
    const Admission answer = round.trackers[thread]->admit(*round.state, call, round.now, attempt);
    if (answer.form() == Admission::Form::go || answer.form() == Admission::Form::go_at) holding = {true, QuotaModel::begins(answer, now)};
    return answer;
  };
  const auto work = [&](std::size_t thread) {
    for (int i = 0; i < rounds; ++i) {
      turn.arrive_and_wait();
      meeting.arrive_and_wait();
      Holdings holdings = round.holdings;  // a copy of its own: the other thread's part is not looked at
      for (std::size_t j = 0; j < commands_each; ++j) {
        const Command& command = round.scripts[thread][j];
        round.answers[thread][j] = do_one(thread, holdings[thread][command.call], round.calls[thread][command.call], command);
      }
      turn.arrive_and_wait();
    }
  };
  std::thread first{work, 0};
  std::thread second{work, 1};
  int unexplained = 0;
  int contended = 0;  // rounds in which somebody had to wait, or was refused
  for (int i = 0; i < rounds; ++i) {
    SplitMix64 draws{static_cast<std::uint64_t>(i)};
    VirtualClock clock{WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 7h + 30min}};
    const auto below = [&](std::uint64_t bound) { return static_cast<std::int64_t>(draws() % bound); };
    const auto some_terms = [&](std::int64_t images) { return Terms{{2 + below(5), 4 + below(8), 6 + below(12)}, {1, images, 1}}; };
    round.terms[0] = some_terms(2);
    round.terms[1] = with_others ? some_terms(1 + below(4)) : round.terms[0];
    for (std::size_t thread = 0; thread < 2; ++thread)
      round.trackers[thread].emplace(support::tracker_of(round.terms[thread].limits, round.terms[thread].costs));
    round.state.emplace(*round.trackers[0]);
    round.holdings = {};
    QuotaModel model;
    // Some way on, in one thread, so that the two meet the ledger in any state. Then time stands still.
    for (int step = 0; step < 10; ++step) {
      clock.advance(std::chrono::milliseconds{draws() % 15'000});
      round.now = clock.now().read();
      const std::size_t thread = draws() % 2;
      const Command command = any_script(draws).front();
      Holding& holding = round.holdings[thread][command.call];
      Holding expected = holding;
      const std::optional<Admission> answer = do_one(thread, holding, round.calls[thread][command.call], command);
      if (!allows(model, expected, command, answer, {round.now(), round.now.wall(), round.terms}, thread)) ++unexplained;
      holding = expected;
    }
    round.scripts = {any_script(draws), any_script(draws)};
    turn.arrive_and_wait();
    turn.arrive_and_wait();
    const std::int64_t used_today = round.trackers[0]->usage(*round.state, round.now)[2].used;
    const Setting setting{round.now(), round.now.wall(), round.terms};
    const bool explained = support::linearizable(
        Beliefs{model, round.holdings}, done_by(0, round.scripts[0], round.answers[0]), done_by(1, round.scripts[1], round.answers[1]),
        [&](Beliefs& beliefs, const Done& done) {
          Holding& call = beliefs.holdings[done.thread][done.command.call];
          return allows(beliefs.model, call, done.command, done.answer, setting, done.thread);
        },
        [&](const Beliefs& beliefs) { return beliefs.model.in_day(pacific.next_midnight(setting.wall)) == used_today; });
    if (!explained) ++unexplained;
    for (const Answers& answers : round.answers)
      for (const std::optional<Admission>& answer : answers) contended += answer && *answer != Admission::go() ? 1 : 0;
  }
  first.join();
  second.join();
  CHECK(unexplained == 0);
  CHECK(contended > rounds / 2);
}

// ---- a store

namespace {

// A store that answers at once, from inside `enter`: each fifth time that it is lost.
class PromptStore final : public QuotaStore {
 public:
  void enter(Waiter& waiter) noexcept override {
    const bool lost = visits_++ % 5 == 4;
    (lost ? lost_ : granted_) += 1;
    waiter.granted({lost ? Grant::Status::failed : Grant::Status::granted, {}});
  }
  bool leave(Waiter&) noexcept override { return false; }
  void settle(const QuotaSettlement& settlement) noexcept override {
    ++settled_;
    images_ += settlement.counts.images;
  }

  std::atomic<std::int64_t> visits_{0}, granted_{0}, lost_{0}, settled_{0}, images_{0};
};

struct Picture {
  std::int8_t images;
  [[nodiscard]] Cost cost() const noexcept { return {.tokens = 0, .images = images}; }
};

}  // namespace

TEST_CASE("Under threads each grant of a store is settled once, and the local ledger has counted the same", "[properties]") {
  constexpr int calls = 4000;
  constexpr QuotaDay never_ends{[](WallTime) noexcept -> WallTime { return std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}; }};
  PromptStore store;
  const QuotaTracker tracker{QuotaOptions{
      .limits = {per_day(1'000'000, never_ends),
                 QuotaWindow{
                     .dimension = QuotaDimension::images_per_minute, .unit = QuotaUnit::images, .limit = 1'000'000, .day = never_ends}},
      .images = 2,
      .store = &store}};
  QuotaTracker<2>::State state{tracker};
  Pipeline pipeline{with_state(tracker, state)};
  std::atomic<std::int64_t> images{0};
  in_threads([&](int thread) {
    for (int i = 0; i < calls; ++i)
      (void)pipeline.run([&]() -> Result<Picture> {
        const int made = (i + thread) % 4;
        if (made == 0) return Failure{Kind::internal};
        images += made;
        return Picture{static_cast<std::int8_t>(made)};
      });
  });
  CHECK(store.granted_ + store.lost_ == threads * calls);
  CHECK(store.settled_ == store.granted_);
  CHECK(store.lost_ > calls / 2);
  const auto usage = tracker.usage(state, Now{});
  CHECK(usage[0].used == threads * calls);
  CHECK(usage[1].used == images);
  CHECK(store.images_ > 0);
  CHECK(store.images_ < images);  // what was admitted while it was lost it never learns
}
