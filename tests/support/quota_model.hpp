// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "verdicts.hpp"

#include <ductile/policies/quota_tracker.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace support {

// A quota of requests a minute, images a minute and requests a day, as the plainest thing that can be right: a list of all charges with
// their exact times. It says of each answer whether the list allows it: nothing that it forbids, and no wait that is more than the
// tracker's own bucket (a second) longer than it asks for.
class QuotaModel {
 public:
  static constexpr std::size_t windows = 3;
  static constexpr auto span = std::chrono::seconds{60};
  static constexpr auto bucket = std::chrono::seconds{1};

  using Admission = ductile::Admission;
  using Time = ductile::Time;
  using WallTime = ductile::WallTime;
  using Limits = std::array<std::int64_t, windows>;
  using Costs = std::array<std::int64_t, windows>;

  // What each attempt is expected to cost, where nothing else is said.
  static constexpr Costs usual{1, 2, 1};

  struct Question {
    Time now;
    WallTime wall;
    Time deadline = ductile::end_of_time;
    Limits limits;
    Costs costs;

    [[nodiscard]] WallTime day() const { return ductile::pacific.next_midnight(wall); }  // by the midnight at which it ends
    [[nodiscard]] Time midnight() const { return now + (day() - wall); }
  };

  enum class Outcome { wrong, went, waited, refused_wait, queue_full, refused_by_midnight, spent };

  [[nodiscard]] Outcome judge(const Admission& answer, const Question& asked) const {
    const Time now = asked.now;
    const Time queue = std::chrono::time_point_cast<ductile::Duration>(std::chrono::floor<std::chrono::seconds>(last(now)));
    const Time possible = earliest(std::max({now, queue, closed_until_}), asked);
    const bool day_has_room = in_day(asked.day()) + asked.costs[2] <= asked.limits[2];
    const auto only_if = [](bool right, Outcome outcome) { return right ? outcome : Outcome::wrong; };
    switch (answer.form()) {
      case Admission::Form::go:
      case Admission::Form::go_at: {
        const Time at = begins(answer, now);
        return only_if(
            day_has_room && at < asked.midnight() && possible <= at && at <= possible + bucket && (at == now || at < asked.deadline),
            at == now ? Outcome::went : Outcome::waited);
      }
      case Admission::Form::ask_at:
        if (answer.at() == asked.midnight()) return only_if(possible + bucket >= asked.midnight(), Outcome::refused_by_midnight);
        if (answer.at() >= asked.deadline)
          return only_if(possible + bucket >= asked.deadline && answer.at() <= possible + bucket, Outcome::refused_wait);
        // Behind those who have a turn, if the line is longer than a span.
        return only_if(possible + bucket > now + (turns_until_ > now ? 1 : 2) * span, Outcome::queue_full);
      case Admission::Form::reject:
        return only_if(!day_has_room && answer == Admission::reject(ductile::Kind::quota, asked.midnight()).with(ductile::Remedy::next_day),
                       Outcome::spent);
      default: return Outcome::wrong;  // there are neither targets nor a store
    }
  }

  [[nodiscard]] static Time begins(const Admission& answer, Time now) { return answer.form() == Admission::Form::go ? now : answer.at(); }

  // Charges an attempt. \return By what to correct it.
  std::size_t add(Time at, WallTime day, const Costs& costs) {
    charges_.push_back({at, day, costs});
    return charges_.size() - 1;
  }
  void correct(std::size_t charge, const Costs& counts) { charges_[charge].counts = counts; }
  // Somebody was told to ask again then.
  void give_turn(Time at) { turns_until_ = std::max(turns_until_, at); }
  // The requests' window, by the service's word.
  void close(Time until) { closed_until_ = std::max(closed_until_, until); }

  [[nodiscard]] std::int64_t in_day(WallTime day) const {
    std::int64_t sum = 0;
    for (const Charge& charge : charges_)
      if (charge.day == day) sum += charge.counts[2];
    return sum;
  }

 private:
  struct Charge {
    Time at;
    WallTime day;
    Costs counts;
  };

  // The last moment at which somebody waits to go.
  [[nodiscard]] Time last(Time now) const {
    Time last = now;
    for (const Charge& charge : charges_)
      if (charge.counts != Costs{}) last = std::max(last, charge.at);
    return last;
  }

  [[nodiscard]] bool fits(Time at, const Question& asked) const {
    for (std::size_t window = 0; window < 2; ++window) {
      std::int64_t sum = asked.costs[window];
      for (const Charge& charge : charges_)
        if (charge.at > at - span) sum += charge.counts[window];
      if (sum > asked.limits[window]) return false;
    }
    return true;
  }

  // The first moment, not before `from`, at which an attempt fits into the spans.
  [[nodiscard]] Time earliest(Time from, const Question& asked) const {
    std::vector<Time> moments{from};
    for (const Charge& charge : charges_)
      if (charge.at + span > from) moments.push_back(charge.at + span);
    std::sort(moments.begin(), moments.end());
    for (const Time moment : moments)
      if (fits(moment, asked)) return moment;
    return ductile::end_of_time;
  }

  std::vector<Charge> charges_;
  Time closed_until_{};
  Time turns_until_{};
};

// A policy with those windows.
using ThreeWindows = ductile::QuotaTracker<QuotaModel::windows>;

inline ThreeWindows tracker_of(const QuotaModel::Limits& limits, const QuotaModel::Costs& costs = QuotaModel::usual) {
  return ThreeWindows{
      ductile::QuotaOptions{.limits = {ductile::per_minute(limits[0]), ductile::images_per_minute(limits[1]), ductile::per_day(limits[2])},
                            .images = static_cast<std::int32_t>(costs[1])}};
}

// How an attempt ended, and what it counts for.
struct QuotaEnd {
  ductile::Verdict verdict;
  QuotaModel::Costs counts;
};

// Any end; of an attempt that still waits the only one that there is.
inline QuotaEnd any_end(ductile::SplitMix64& draws, bool waits, const QuotaModel::Costs& costs = QuotaModel::usual) {
  const auto below = [&](std::uint64_t bound) { return draws() % bound; };
  if (waits || below(6) == 0) return {abandoned(ductile::Sent::no), {}};
  if (below(4) == 0) return {said(ductile::Kind::internal), {1, 0, 1}};
  if (below(12) == 0) {
    QuotaEnd refused{said(ductile::Kind::rate_limit, std::chrono::milliseconds{below(40'000) + 1}), {}};
    if (below(4) != 0) refused.verdict.dimension = ductile::QuotaDimension::requests_per_minute;  // none teaches nothing: limits are known
    return refused;
  }
  QuotaEnd success{{}, costs};
  if (below(2) == 0) {
    success.verdict.images = static_cast<std::int8_t>(1 + below(4));
    success.counts[1] = success.verdict.images;
  }
  return success;
}

}  // namespace support
