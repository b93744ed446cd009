// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/crowd.hpp"
#include "../support/linearizable.hpp"
#include "../support/two_threads.hpp"

#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/slow_start.hpp>

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
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

using detail::Ramp;

class RampGuest final : public Waiter {
 public:
  void granted(Grant grant) noexcept override {
    era = Ramp::era_of(grant);
    ++times;
  }
  Ramp::Era era = 0;
  int times = 0;
};

// A recovery as one would explain it: who is inside and counts, and who stands in line.
class RampModel {
 public:
  enum class Answer : std::uint8_t { inside, in_line, rejected };

  explicit RampModel(const Ramp::Slope& slope) : slope_(slope) {}

  void falls_ill(Time at) {
    calm_since_ = at;
    if (on && !well_) return;
    on = true;
    well_ = false;
    took_ = 0s;
    limit = slope_.begin;
    inside.clear();  // those from before count no more
    let_in();
  }
  Answer comes(int who, Time at, Duration has) {
    if (on && line.empty() && at - calm_since_ >= slope_.calm) is_over();
    if (line.empty() && has_room()) {
      inside.insert(who);
      return Answer::inside;
    }
    calm_since_ = at;
    const double wait = (static_cast<double>(line.size()) + 1) / limit * static_cast<double>(took_.count());
    if (wait > static_cast<double>(has.count())) return Answer::rejected;
    return Answer::in_line;
  }
  // Who has a place in line may find that one inside has become free.
  void stands_in_line(int who) {
    if (line.empty() && has_room())
      inside.insert(who);
    else
      line.push_back(who);
  }
  bool leaves(int who) { return std::erase(line, who) > 0; }
  void ends(int who, Ramp::End how, Duration took, Time at) {
    if (inside.erase(who) == 0) return;
    if (!line.empty()) calm_since_ = at;
    if (how == Ramp::End::refused) {
      calm_since_ = at;
      limit = std::max(slope_.begin, limit * slope_.shrink);
    }
    if (how == Ramp::End::well) {
      well_ = true;
      took_ = took_ == 0s ? took : took_ + (took - took_) / 8;
      limit += slope_.step / limit;
      if (limit >= slope_.end) is_over();
    }
    let_in();
  }

  bool on = false;
  double limit = 0;
  std::set<int> inside;
  std::deque<int> line;

 private:
  [[nodiscard]] bool has_room() const { return !on || static_cast<double>(inside.size()) + 1 <= limit; }
  void is_over() {
    on = false;
    let_in();
  }
  void let_in() {
    for (; !line.empty() && has_room(); line.pop_front()) inside.insert(line.front());
  }

  Ramp::Slope slope_;
  bool well_ = false;
  Time calm_since_{};
  Duration took_{};
};

}  // namespace

TEST_CASE("A recovery gives places like its model, to any sequence of commands", "[properties]") {
  std::map<RampModel::Answer, int> seen;
  int recovered = 0;
  int let_in_later = 0;
  int of_no_recovery = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SplitMix64 dice{seed};
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(dice() % below); };
    const Ramp::Slope slope{.begin = 1.0 + pick(3), .step = 0.25 * (1 + pick(8)), .shrink = 0.5, .end = 4.0 + pick(8), .calm = 20s};
    Ramp ramp{slope};
    RampModel model{slope};
    struct Inside {
      Ramp::Era era;
      Time since;
    };
    std::map<int, Inside> inside;  // all that have not ended, those of an earlier recovery too
    std::map<int, std::unique_ptr<RampGuest>> guests;
    Time at{1s};
    for (int step = 0; step < 300; ++step) {
      CAPTURE(seed, step);
      at += std::chrono::milliseconds{pick(20) == 0 ? pick(25'000) : pick(300)};
      const unsigned what = pick(20);
      if (what == 0) {
        ramp.begin(at);
        model.falls_ill(at);
      } else if (what < 10) {
        if (!ramp.on()) {
          REQUIRE_FALSE(model.on);
          continue;  // the policy does not ask
        }
        const Duration has = std::chrono::milliseconds{pick(4000)};
        const auto [place, era] = ramp.take(at, at + has);
        const RampModel::Answer expected = model.comes(step, at, has);
        ++seen[expected];
        REQUIRE((place == Ramp::Place::taken) == (expected == RampModel::Answer::inside));
        REQUIRE((place == Ramp::Place::in_line) == (expected == RampModel::Answer::in_line));
        if (place == Ramp::Place::taken) {
          REQUIRE(era != 0);
          inside.emplace(step, Inside{era, at});
        } else if (place == Ramp::Place::in_line) {
          ramp.enter(*(guests[step] = std::make_unique<RampGuest>()));
          model.stands_in_line(step);
        }
      } else if (what < 12 && !guests.empty()) {
        const auto chosen = std::next(guests.begin(), pick(static_cast<unsigned>(guests.size())));
        REQUIRE(ramp.leave(*chosen->second) == model.leaves(chosen->first));
        guests.erase(chosen);
      } else if (!inside.empty()) {
        const auto chosen = std::next(inside.begin(), pick(static_cast<unsigned>(inside.size())));
        const auto how = static_cast<Ramp::End>(std::min(pick(5), 2U) == 2 ? 0 : 1 + pick(2));
        of_no_recovery += model.inside.contains(chosen->first) ? 0 : 1;
        ramp.give_back(chosen->second.era, how, at - chosen->second.since, at);
        model.ends(chosen->first, how, at - chosen->second.since, at);
        inside.erase(chosen);
      }
      for (auto guest = guests.begin(); guest != guests.end();) {  // let in by what has happened
        REQUIRE(guest->second->times <= 1);
        const bool let_in = guest->second->times == 1;
        if (let_in) inside.emplace(guest->first, Inside{guest->second->era, at});
        let_in_later += let_in ? 1 : 0;
        guest = let_in ? guests.erase(guest) : std::next(guest);
      }
      recovered += !ramp.on() && model.inside.size() > 1 ? 1 : 0;
      REQUIRE(ramp.on() == model.on);
      REQUIRE(ramp.in_flight() == model.inside.size());
      REQUIRE(ramp.waiting() == model.line.size());
      REQUIRE(ramp.waiting() == guests.size());
      if (model.on) REQUIRE(ramp.limit() == static_cast<std::uint32_t>(model.limit));
      for (const int who : model.inside) REQUIRE(inside.contains(who));
    }
  }
  CHECK(seen[RampModel::Answer::inside] > 1000);
  CHECK(seen[RampModel::Answer::in_line] > 1000);
  CHECK(seen[RampModel::Answer::rejected] > 1000);
  CHECK(let_in_later > 1000);
  CHECK(of_no_recovery > 100);
  CHECK(recovered > 100);
}

namespace {

// What one of two threads did. A guest may have been let in at once or by the other thread; that is seen when it leaves, or at the end.
enum class RampCommand : std::uint8_t { goes_in, finds_none, stands, leaves, is_let_in, ends_well, is_refused, falls_ill };
struct RampStep {
  RampCommand command;
  int who;
};

constexpr Ramp::Slope steep{.begin = 1.0, .step = 1.0, .shrink = 0.5, .end = 1e6, .calm = 24h};

bool answers(RampModel& model, const RampStep& step) {
  switch (step.command) {
    case RampCommand::goes_in: return model.comes(step.who, Time{}, 1h) == RampModel::Answer::inside;
    case RampCommand::finds_none: return model.comes(step.who, Time{}, 1h) != RampModel::Answer::inside;
    case RampCommand::stands: model.stands_in_line(step.who); return true;
    case RampCommand::leaves: return model.leaves(step.who);
    case RampCommand::is_let_in: return std::find(model.line.begin(), model.line.end(), step.who) == model.line.end();
    case RampCommand::ends_well: model.ends(step.who, Ramp::End::well, 1s, Time{}); return true;
    case RampCommand::is_refused: model.ends(step.who, Ramp::End::refused, 1s, Time{}); return true;
    case RampCommand::falls_ill: model.falls_ill(Time{}); return true;
  }
  return false;
}

}  // namespace

TEST_CASE("Two threads at a recovery's places are answered as if one came after the other", "[properties]") {
  constexpr int rounds = 20'000;
  constexpr int steps = 5;
  std::optional<Ramp> ramp;
  struct Mine {
    std::vector<RampStep> done;
    std::map<int, Ramp::Era> inside;
    std::map<int, BlockingWaiter> guests;
  };
  std::array<Mine, 2> threads;
  int not_linear = 0;
  std::map<RampCommand, int> seen;
  const auto ready = [&] {
    if (ramp) {
      std::size_t let_in = 0;
      for (auto& mine : threads) {
        for (auto& [who, guest] : mine.guests) let_in += guest.done() ? 1 : 0;
        for (const RampStep& step : mine.done) ++seen[step.command];
      }
      const std::size_t in_line = threads[0].guests.size() + threads[1].guests.size() - let_in;
      RampModel model{steep};
      model.falls_ill(Time{});
      const bool linear = support::linearizable(model, threads[0].done, threads[1].done, answers, [&](const RampModel& ended) {
        return ended.inside.size() == ramp->in_flight() && ended.line.size() == ramp->waiting() && in_line == ramp->waiting() &&
               static_cast<std::uint32_t>(ended.limit) == ramp->limit();
      });
      not_linear += linear ? 0 : 1;
    }
    for (auto& mine : threads) mine = {};
    ramp.emplace(steep);
    ramp->begin(Time{});
  };
  support::two_threads(rounds, ready, [&](std::size_t me, SplitMix64& dice) {
    Mine& mine = threads[me];
    for (int i = 0; i < steps; ++i) {
      const int who = static_cast<int>(me) * 100 + i;
      const auto draw = dice() % 8;
      if (draw < 3 && !mine.inside.empty()) {
        const auto [ends, era] = *mine.inside.begin();
        const bool well = dice() % 3 != 0;
        ramp->give_back(era, well ? Ramp::End::well : Ramp::End::refused, 1s, Time{});
        mine.done.push_back({well ? RampCommand::ends_well : RampCommand::is_refused, ends});
        mine.inside.erase(ends);
      } else if (draw == 3 && !mine.guests.empty()) {
        auto guest = mine.guests.extract(mine.guests.begin());
        const bool left = ramp->leave(guest.mapped());
        mine.done.push_back({left ? RampCommand::leaves : RampCommand::is_let_in, guest.key()});
        if (!left) mine.inside.emplace(guest.key(), Ramp::era_of(guest.mapped().wait()));
      } else if (draw == 4) {
        ramp->begin(Time{});
        mine.done.push_back({RampCommand::falls_ill, who});
      } else if (const auto [place, era] = ramp->take(Time{}, Time{1h}); place == Ramp::Place::taken) {
        mine.done.push_back({RampCommand::goes_in, who});
        mine.inside.emplace(who, era);
      } else {
        mine.done.push_back({RampCommand::finds_none, who});
        ramp->enter(mine.guests.try_emplace(who).first->second);
        mine.done.push_back({RampCommand::stands, who});
      }
    }
  });
  CHECK(not_linear == 0);
  for (int command = 0; command <= static_cast<int>(RampCommand::falls_ill); ++command) {
    CAPTURE(command);
    CHECK(seen[static_cast<RampCommand>(command)] > 0);
  }
}

TEST_CASE("Threads that crowd a recovery, lose patience and stop, leave no place taken and nobody in line", "[properties]") {
  const SlowStart patient{{.begin = 1, .step = 0.1, .end = 100, .calm = 24h, .longest_wait = 3ms}};
  SlowStart::State state{patient};
  Pipeline pipeline{CountingPolicy{}, with_state(patient, state), CountingPolicy{},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(3), .open_for = 1ms}}};
  CrowdEnds ends;
  crowd(pipeline, ends, [](SplitMix64& dice) -> Result<int> {
    dawdle(dice);
    return dice() % 4 == 0 ? Result<int>{Failure{Kind::overload}} : Result<int>{1};
  });
  CHECK(ends.all() == 600);
  CHECK(ends.of(Kind::ok) > 0);
  CHECK(ends.of(Kind::circuit_open) > 0);
  CHECK(state.in_flight() == 0);
  CHECK(state.waiting() == 0);
  CHECK(Ledger::global().fault().empty());
}
