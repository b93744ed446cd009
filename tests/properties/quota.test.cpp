// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/policies/quota_tracker.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <vector>

// A QuotaTracker against the plainest thing that can be right: a list of all charges with their exact times. Random attempts, ends,
// refusals and pauses; the tracker must never admit what the list forbids, and never hold back for more than its own bucket (a second)
// longer than the list does.

using namespace ductile;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t windows = 3;  // requests a minute, images a minute, requests a day
constexpr auto span = 60s;
constexpr auto bucket = 1s;

using Tracker = QuotaTracker<windows>;
using Limits = std::array<std::int64_t, windows>;
using Costs = std::array<std::int64_t, windows>;

// What the calls in a test have been charged, by the exact time for which they were admitted.
class Model {
 public:
  struct Charge {
    Time at;
    WallTime day;  // the midnight at which it ends
    Costs costs;
  };

  std::size_t add(Time at, WallTime day, const Costs& costs) {
    charges_.push_back({at, day, costs});
    return charges_.size() - 1;
  }
  void correct(std::size_t charge, const Costs& costs) { charges_[charge].costs = costs; }

  // The most that any span that ends at `at` or later, and begins before it, holds in a window.
  std::int64_t in_span_from(Time begin, std::size_t window) const {
    std::int64_t sum = 0;
    for (const Charge& charge : charges_)
      if (charge.at > begin) sum += charge.costs[window];
    return sum;
  }
  std::int64_t in_day(WallTime day, std::size_t window) const {
    std::int64_t sum = 0;
    for (const Charge& charge : charges_)
      if (charge.day == day) sum += charge.costs[window];
    return sum;
  }

  // The last moment at which somebody waits to go.
  Time last(Time now) const {
    Time last = now;
    for (const Charge& charge : charges_)
      if (charge.costs != Costs{}) last = std::max(last, charge.at);
    return last;
  }

  bool fits(Time at, const Costs& costs, const Limits& limits) const {
    for (std::size_t window = 0; window < 2; ++window)
      if (in_span_from(at - span, window) + costs[window] > limits[window]) return false;
    return true;
  }

  // The first moment, not before `from`, at which `costs` fit into the spans.
  Time earliest(Time from, const Costs& costs, const Limits& limits) const {
    std::vector<Time> moments{from};
    for (const Charge& charge : charges_)
      if (charge.at + span > from) moments.push_back(charge.at + span);
    std::sort(moments.begin(), moments.end());
    for (const Time moment : moments)
      if (fits(moment, costs, limits)) return moment;
    return end_of_time;
  }

 private:
  std::deque<Charge> charges_;
};

struct Out {
  Tracker::Call call;
  std::size_t charge;
  Time at;
};

struct Tally {
  int went = 0, waited = 0, queue_full = 0, spent = 0, refused_waits = 0;
};

void run_script(std::uint64_t seed, Tally& tally) {
  CAPTURE(seed);
  SplitMix64 draws{seed};
  const auto below = [&](std::uint64_t bound) { return draws() % bound; };
  // Half an hour before a midnight in California, on a whole second.
  VirtualClock clock{WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 7h + 30min}, seed};
  const Costs costs{1, 2, 1};
  const auto limits_of = [&](std::int64_t requests, std::int64_t images, std::int64_t day) { return Limits{requests, images, day}; };
  const std::array<Limits, 2> limits{limits_of(3 + static_cast<std::int64_t>(below(10)), 4 + static_cast<std::int64_t>(below(30)), 60),
                                     limits_of(3 + static_cast<std::int64_t>(below(10)), 4 + static_cast<std::int64_t>(below(30)), 90)};
  const auto tracker_of = [](const Limits& numbers) {
    return Tracker{QuotaOptions{.limits = {per_minute(numbers[0]), images_per_minute(numbers[1]), per_day(numbers[2])}, .images = 2}};
  };
  const std::array<Tracker, 2> trackers{tracker_of(limits[0]), tracker_of(limits[1])};
  Tracker::State state{trackers[0]};
  Model model;
  std::deque<Out> out;
  Time closed_until{};  // the requests' window, by the service's word

  for (int step = 0; step < 400; ++step) {
    const std::uint64_t choice = below(100);
    const Time now = clock.now()();
    const WallTime day = pacific.next_midnight(clock.now().wall());
    if (choice < 45) {
      const std::size_t who = below(8) == 0 ? 1 : 0;
      Attempt attempt;
      if (below(3) == 0) attempt.deadline = now + std::chrono::milliseconds{below(150'000)};
      Tracker::Call call{};
      const Admission answer = trackers[who].admit(state, call, clock.now(), attempt);
      const Time queue = std::chrono::time_point_cast<Duration>(std::chrono::floor<std::chrono::seconds>(model.last(now)));
      const Time possible = model.earliest(std::max({now, queue, closed_until}), costs, limits[who]);
      const bool day_has_room = model.in_day(day, 2) + 1 <= limits[who][2];
      const Time midnight = now + (day - clock.now().wall());
      CAPTURE(step, who, now.time_since_epoch().count(), answer.at().time_since_epoch().count(), possible.time_since_epoch().count());
      switch (answer.form()) {
        case Admission::Form::go:
        case Admission::Form::go_at: {
          const Time at = answer.form() == Admission::Form::go ? now : answer.at();
          (at == now ? tally.went : tally.waited) += 1;
          REQUIRE(day_has_room);
          REQUIRE(at < midnight);
          REQUIRE(possible <= at);
          REQUIRE(at <= possible + bucket);
          REQUIRE((at == now || at < attempt.deadline));
          out.push_back({call, model.add(at, day, costs), at});
          break;
        }
        case Admission::Form::ask_at:
          if (answer.at() == midnight) {
            REQUIRE(possible + bucket >= midnight);
          } else if (answer.at() >= attempt.deadline) {
            tally.refused_waits += 1;
            REQUIRE(possible + bucket >= attempt.deadline);
            REQUIRE(answer.at() <= possible + bucket);
          } else {
            tally.queue_full += 1;
            REQUIRE(possible + bucket > now + 2 * span);
          }
          break;
        case Admission::Form::reject:
          tally.spent += 1;
          REQUIRE(answer == Admission::reject(Kind::quota, midnight).with(Remedy::next_day));
          REQUIRE_FALSE(day_has_room);
          break;
        case Admission::Form::pass_over: FAIL("there is no target to pass over"); break;
        case Admission::Form::wait: FAIL("there is no store");
      }
    } else if (choice < 75 && !out.empty()) {
      const auto which = static_cast<std::ptrdiff_t>(below(out.size()));
      Out ended = out[static_cast<std::size_t>(which)];
      out.erase(out.begin() + which);
      Verdict verdict;
      Costs counts = costs;
      if (ended.at > now || below(6) == 0) {  // who still waits can only give up
        verdict = support::abandoned(Sent::no);
        counts = {};
      } else if (below(4) == 0) {
        verdict = support::said(Kind::internal);
        counts = {1, 0, 1};
      } else if (below(12) == 0) {
        verdict = support::said(Kind::rate_limit, std::chrono::milliseconds{below(40'000) + 1});
        verdict.dimension = QuotaDimension::requests_per_minute;
        closed_until = std::max(closed_until, now + verdict.hint);
        counts = {};
      } else if (below(2) == 0) {
        verdict.images = static_cast<std::int8_t>(1 + below(4));
        counts[1] = verdict.images;
      }
      trackers[0].settle(state, ended.call, clock.now(), Attempt{}, verdict);
      model.correct(ended.charge, counts);
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
  CHECK(tally.went > 10'000);
  CHECK(tally.waited > 5'000);
  CHECK(tally.queue_full > 200);
  CHECK(tally.refused_waits > 1'000);
  CHECK(tally.spent > 500);
}
