// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/crowd.hpp"
#include "../support/linearizable.hpp"
#include "../support/two_threads.hpp"

#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/retry.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

using Places = detail::Places;
using Limits = detail::Places::Limits;

// A waiter that remembers what it was told.
class Guest final : public Waiter {
 public:
  explicit Guest(std::uint64_t ticket) : Waiter(ticket) {}
  void granted(Grant grant) noexcept override {
    told = grant.status;
    ++times;
  }
  std::optional<Grant::Status> told;
  int times = 0;
};

// A bulkhead as one would explain it: who is inside, and who stands in line.
class BulkheadModel {
 public:
  enum class Answer : std::uint8_t { inside, in_line, full };

  Answer comes(int who, Limits limits) {
    if (line_.empty() && inside_.size() < limits.in_flight) {
      inside_.insert(who);
      return Answer::inside;
    }
    if (line_.size() >= limits.waiting) return Answer::full;
    line_.push_back({who, limits});
    return Answer::in_line;
  }
  // Whether it was still in line.
  bool leaves(int who) {
    const bool waited = std::erase_if(line_, [&](const auto& one) { return one.who == who; }) > 0;
    let_in();
    return waited;
  }
  void ends(int who) {
    inside_.erase(who);
    let_in();
  }
  [[nodiscard]] const std::set<int>& inside() const { return inside_; }
  [[nodiscard]] std::size_t waiting() const { return line_.size(); }

 private:
  struct Waiting {
    int who;
    Limits limits;
  };
  void let_in() {
    while (!line_.empty() && inside_.size() < line_.front().limits.in_flight) {
      inside_.insert(line_.front().who);
      line_.pop_front();
    }
  }
  std::set<int> inside_;
  std::deque<Waiting> line_;
};

}  // namespace

TEST_CASE("Places are given like those of the model, to any sequence of commands", "[properties]") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SplitMix64 dice{seed};
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(dice() % below); };
    const bool one_limit = pick(2) == 0;  // else several pipelines with numbers of their own
    const Limits usual{1 + pick(4), pick(5)};
    Places places;
    BulkheadModel model;
    std::map<int, std::unique_ptr<Guest>> guests;  // in line, or let in from it
    std::set<int> inside;
    for (int step = 0; step < 300; ++step) {
      CAPTURE(seed, step);
      const unsigned what = pick(6);
      if (what < 3) {
        const Limits limits = one_limit ? usual : Limits{1 + pick(4), pick(5)};
        const auto expected = model.comes(step, limits);
        const bool asks_first = pick(3) != 0;  // else it enters the gate though a place may have become free
        if (asks_first && places.take(limits.in_flight)) {
          REQUIRE(expected == BulkheadModel::Answer::inside);
          inside.insert(step);
        } else {
          auto& guest = *(guests[step] = std::make_unique<Guest>(limits.packed()));
          places.enter(guest);
          REQUIRE(guest.told == (expected == BulkheadModel::Answer::full     ? std::optional{Grant::Status::failed}
                                 : expected == BulkheadModel::Answer::inside ? std::optional{Grant::Status::granted}
                                                                             : std::nullopt));
          REQUIRE_FALSE((asks_first && expected == BulkheadModel::Answer::inside));
          if (expected == BulkheadModel::Answer::full) guests.erase(step);
        }
      } else if (what < 4 && !guests.empty()) {
        const auto chosen = std::next(guests.begin(), pick(static_cast<unsigned>(guests.size())));
        REQUIRE(places.leave(*chosen->second) == model.leaves(chosen->first));
        guests.erase(chosen);
      } else if (!inside.empty()) {
        const auto chosen = std::next(inside.begin(), pick(static_cast<unsigned>(inside.size())));
        places.give_back();
        model.ends(*chosen);
        inside.erase(chosen);
      }
      for (auto guest = guests.begin(); guest != guests.end();) {  // let in by what has happened
        const bool let_in = guest->second->told.has_value();
        REQUIRE(guest->second->times == (let_in ? 1 : 0));
        if (let_in) {
          REQUIRE(guest->second->told == Grant::Status::granted);
          inside.insert(guest->first);
        }
        guest = let_in ? guests.erase(guest) : std::next(guest);
      }
      REQUIRE(inside == model.inside());
      REQUIRE(places.in_flight() == model.inside().size());
      REQUIRE(places.waiting() == model.waiting());
    }
  }
}

namespace {

// What one of two threads did. A guest that entered the gate may have been let in at once or by the other thread; that is seen when it
// leaves, or at the end.
enum class Command : std::uint8_t { goes_in, enters, is_turned_away, leaves, is_let_in, ends };
struct Step {
  Command command;
  int who;
};

constexpr Limits tight{1, 1};

bool answers(BulkheadModel& model, const Step& step) {
  switch (step.command) {
    case Command::goes_in: return model.comes(step.who, tight) == BulkheadModel::Answer::inside;
    case Command::enters: return model.comes(step.who, tight) != BulkheadModel::Answer::full;
    case Command::is_turned_away: return model.comes(step.who, tight) == BulkheadModel::Answer::full;
    case Command::leaves: return model.leaves(step.who);
    case Command::is_let_in: return !model.leaves(step.who) && model.inside().contains(step.who);
    case Command::ends: model.ends(step.who); return true;
  }
  return false;
}

}  // namespace

TEST_CASE("Two threads at a bulkhead's places are answered as if one came after the other", "[properties]") {
  constexpr int rounds = 20'000;
  constexpr int steps = 5;
  std::optional<Places> places;
  struct Mine {
    std::vector<Step> done;
    std::vector<int> inside;
    std::map<int, BlockingWaiter> guests;
  };
  std::array<Mine, 2> threads;
  int not_linear = 0;
  std::map<Command, int> seen;

  const auto ready = [&] {
    if (places) {
      std::set<int> inside;
      for (auto& mine : threads) {
        inside.insert(mine.inside.begin(), mine.inside.end());
        for (auto& [who, guest] : mine.guests)
          if (guest.done()) inside.insert(who);
        for (const Step& step : mine.done) ++seen[step.command];
      }
      const bool linear =
          support::linearizable(BulkheadModel{}, threads[0].done, threads[1].done, answers, [&](const BulkheadModel& model) {
            return model.inside() == inside && places->in_flight() == inside.size() && places->waiting() == model.waiting();
          });
      not_linear += linear ? 0 : 1;
    }
    for (auto& mine : threads) mine = {};
    places.emplace();
  };
  support::two_threads(rounds, ready, [&](std::size_t me, SplitMix64& dice) {
    Mine& mine = threads[me];
    for (int i = 0; i < steps; ++i) {
      const int who = static_cast<int>(me) * 100 + i;
      const auto draw = dice() % 4;
      if (draw < 2 && !mine.inside.empty()) {
        places->give_back();
        mine.done.push_back({Command::ends, mine.inside.back()});
        mine.inside.pop_back();
      } else if (draw == 2 && !mine.guests.empty()) {
        auto guest = mine.guests.extract(mine.guests.begin());
        const bool left = places->leave(guest.mapped());
        mine.done.push_back({left ? Command::leaves : Command::is_let_in, guest.key()});
        if (!left) mine.inside.push_back(guest.key());
      } else if (dice() % 3 != 0 && places->take(tight.in_flight)) {
        mine.done.push_back({Command::goes_in, who});
        mine.inside.push_back(who);
      } else {
        BlockingWaiter& guest = mine.guests.try_emplace(who, tight.packed()).first->second;
        places->enter(guest);
        const bool turned_away = guest.done() && guest.wait().status == Grant::Status::failed;
        mine.done.push_back({turned_away ? Command::is_turned_away : Command::enters, who});
        if (turned_away) mine.guests.erase(who);
      }
    }
  });
  CHECK(not_linear == 0);
  for (const Command command :
       {Command::goes_in, Command::enters, Command::is_turned_away, Command::leaves, Command::is_let_in, Command::ends}) {
    CAPTURE(static_cast<int>(command));
    CHECK(seen[command] > 0);
  }
}

TEST_CASE("Threads in line go in the order in which they came", "[properties]") {
  Bulkhead::State state;
  Pipeline pipeline{with_state(Bulkhead{{.in_flight = 1, .waiting = 8, .longest_wait = 1h}}, state)};
  std::atomic<bool> open{false};
  std::vector<int> order;  // only who is inside writes: the place itself guards it
  std::vector<std::jthread> threads;
  for (int who = 0; who < 8; ++who) {
    threads.emplace_back([&, who] {
      static_cast<void>(pipeline.run([&] {
        while (!open) std::this_thread::yield();
        order.push_back(who);
      }));
    });
    while (state.in_flight() + state.waiting() < static_cast<std::uint32_t>(who + 1)) std::this_thread::yield();
  }
  open = true;
  threads.clear();
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("Threads that crowd a bulkhead, lose patience and stop, lose no place and exceed none", "[properties]") {
  constexpr int most = 2;
  Bulkhead::State state;
  const Bulkhead patient{{.in_flight = most, .waiting = 3, .longest_wait = 5ms}};
  Pipeline pipeline{CountingPolicy{}, with_state(patient, state), CountingPolicy{}};
  std::atomic<int> inside{0};
  std::atomic<int> most_inside{0};
  CrowdEnds ends;
  crowd(pipeline, ends, [&](SplitMix64& dice) {
    const int now_inside = ++inside;
    int before = most_inside;
    while (before < now_inside && !most_inside.compare_exchange_weak(before, now_inside)) {
    }
    dawdle(dice);
    if (dice() % 8 == 0) std::this_thread::sleep_for(2ms);
    --inside;
  });
  CHECK(most_inside <= most);
  CHECK(ends.of(Kind::ok) + ends.of(Kind::bulkhead_full) + ends.of(Kind::cancelled) == 600);
  CHECK(ends.of(Kind::ok) > 0);
  CHECK(state.in_flight() == 0);
  CHECK(state.waiting() == 0);
  CHECK(Ledger::global().fault().empty());
}
