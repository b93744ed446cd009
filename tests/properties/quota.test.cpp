// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/quota_model.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/policies/quota_tracker.hpp>

#include <array>
#include <deque>
#include <map>

// A QuotaTracker against its model: random attempts, ends, refusals and pauses.

using namespace ductile;
using namespace std::chrono_literals;
using support::QuotaModel;
using support::ThreeWindows;

namespace {

struct Out {
  ThreeWindows::Call call;
  std::size_t charge;
  Time at;
};

using Tally = std::map<QuotaModel::Outcome, int>;

void run_script(std::uint64_t seed, Tally& tally) {
  CAPTURE(seed);
  SplitMix64 draws{seed};
  const auto below = [&](std::uint64_t bound) { return draws() % bound; };
  // Half an hour before a midnight in California, on a whole second.
  VirtualClock clock{WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 7h + 30min}, seed};
  const auto any_limits = [&](std::int64_t day) {
    const auto requests = static_cast<std::int64_t>(below(10));
    return QuotaModel::Limits{3 + requests, 4 + static_cast<std::int64_t>(below(30)), day};
  };
  const QuotaModel::Limits first = any_limits(60);
  const std::array<QuotaModel::Limits, 2> limits{first, any_limits(90)};
  const std::array<ThreeWindows, 2> trackers{support::tracker_of(limits[0]), support::tracker_of(limits[1])};
  ThreeWindows::State state{trackers[0]};
  QuotaModel model;
  std::deque<Out> out;

  for (int step = 0; step < 400; ++step) {
    const std::uint64_t choice = below(100);
    const Time now = clock.now()();
    if (choice < 45) {
      const std::size_t who = below(8) == 0 ? 1 : 0;
      Attempt attempt;
      if (below(3) == 0) attempt.deadline = now + std::chrono::milliseconds{below(150'000)};
      ThreeWindows::Call call{};
      const Admission answer = trackers[who].admit(state, call, clock.now(), attempt);
      const QuotaModel::Question question{now, clock.now().wall(), attempt.deadline, limits[who], QuotaModel::usual};
      const QuotaModel::Outcome outcome = model.judge(answer, question);
      CAPTURE(step, who, now.time_since_epoch().count(), answer.form(), answer.at().time_since_epoch().count());
      REQUIRE(outcome != QuotaModel::Outcome::wrong);
      ++tally[outcome];
      if (outcome == QuotaModel::Outcome::queue_full) model.give_turn(answer.at());
      if (outcome == QuotaModel::Outcome::went || outcome == QuotaModel::Outcome::waited) {
        const Time at = QuotaModel::begins(answer, now);
        out.push_back({call, model.add(at, question.day(), question.costs), at});
      }
    } else if (choice < 75 && !out.empty()) {
      const auto which = static_cast<std::ptrdiff_t>(below(out.size()));
      Out ended = out[static_cast<std::size_t>(which)];
      out.erase(out.begin() + which);
      const support::QuotaEnd end = support::any_end(draws, ended.at > now);
      if (end.verdict.dimension != QuotaDimension::none) model.close(now + end.verdict.hint);
      trackers[0].settle(state, ended.call, clock.now(), Attempt{}, end.verdict);
      model.correct(ended.charge, end.counts);
    } else {
      const std::uint64_t pause = below(10);
      clock.advance(pause < 4   ? Duration{0}
                    : pause < 9 ? Duration{std::chrono::milliseconds{below(6'000)}}
                                : Duration{std::chrono::milliseconds{below(200'000)}});
    }
  }
}

}  // namespace

TEST_CASE("No span ever holds more than its limit, and nobody waits a bucket longer than need be", "[properties]") {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) run_script(seed, tally);
  // The scripts must have been everywhere.
  CHECK(tally[QuotaModel::Outcome::went] > 10'000);
  CHECK(tally[QuotaModel::Outcome::waited] > 5'000);
  CHECK(tally[QuotaModel::Outcome::queue_full] > 200);
  CHECK(tally[QuotaModel::Outcome::refused_wait] > 1'000);
  CHECK(tally[QuotaModel::Outcome::spent] > 500);
}
