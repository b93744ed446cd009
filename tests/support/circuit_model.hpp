// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/policies/circuit_breaker.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace support {

// How the calls of one era ended, the first one first.
using Ends = std::vector<ductile::CallEnd>;

inline std::vector<bool> latest(const ductile::RatioWindow& window, const Ends& ends, ductile::Time at, auto is_bad) {
  std::vector<bool> bad;
  for (const ductile::CallEnd& end : ends)
    if (end.at + window.within > at) bad.push_back(is_bad(end));
  if (bad.size() > window.of) bad.erase(bad.begin(), bad.end() - window.of);
  return bad;
}

// What each trip makes of the ends: which of them are bad, and how many of those that it still looks at.
inline bool is_bad(const ductile::ConsecutiveFailures&, const ductile::CallEnd& end) { return end.failed; }
inline bool is_bad(const ductile::FailureRatio&, const ductile::CallEnd& end) { return end.failed; }
inline bool is_bad(const ductile::FailureRatioOverTime&, const ductile::CallEnd& end) { return end.failed; }
inline bool is_bad(const ductile::SlowCalls& trip, const ductile::CallEnd& end) { return end.took >= trip.slower_than; }
template <class First, class Second>
bool is_bad(const ductile::EitherTrip<First, Second>& trip, const ductile::CallEnd& end) {
  return is_bad(trip.first, end) || is_bad(trip.second, end);
}

inline std::vector<bool> looked_at(const ductile::ConsecutiveFailures& trip, const Ends& ends, ductile::Time) {
  std::vector<bool> in_a_row;
  for (auto end = ends.rbegin(); end != ends.rend() && is_bad(trip, *end); ++end) in_a_row.push_back(true);
  return in_a_row;
}
inline std::vector<bool> looked_at(const ductile::FailureRatioOverTime& trip, const Ends& ends, ductile::Time at) {
  const auto sixteenths = [&](ductile::Time time) { return time.time_since_epoch() / (trip.window.within / 16); };
  std::vector<bool> recent;
  for (const ductile::CallEnd& end : ends)
    if (sixteenths(end.at) + 16 > sixteenths(at)) recent.push_back(is_bad(trip, end));
  return recent;
}
template <class Trip>
std::vector<bool> looked_at(const Trip& trip, const Ends& ends, ductile::Time at) {
  return latest(trip.window, ends, at, [&](const ductile::CallEnd& end) { return is_bad(trip, end); });
}

inline bool opens(const ductile::ConsecutiveFailures& trip, const std::vector<bool>& bad) { return bad.size() >= trip.failures; }
inline bool is_share(double share, const std::vector<bool>& bad) {
  const auto count = std::count(bad.begin(), bad.end(), true);
  return static_cast<double>(count) / static_cast<double>(bad.size()) >= share;
}
inline bool opens(const ductile::FailureRatioOverTime& trip, const std::vector<bool>& bad) {
  return bad.size() >= trip.window.calls && is_share(trip.share, bad);
}
template <class Trip>
bool opens(const Trip& trip, const std::vector<bool>& bad) {
  return std::count(bad.begin(), bad.end(), true) >= trip.window.at_least && is_share(trip.share, bad);
}

// Whether the last of the ends, at this moment, opens the breaker.
template <class Trip>
bool trips(const Trip& trip, const Ends& ends, ductile::Time at) {
  return is_bad(trip, ends.back()) && opens(trip, looked_at(trip, ends, at));
}
template <class First, class Second>
bool trips(const ductile::EitherTrip<First, Second>& trip, const Ends& ends, ductile::Time at) {
  return trips(trip.first, ends, at) || trips(trip.second, ends, at);
}

// Whether the automaton's window holds the same.
inline bool holds(const ductile::ConsecutiveFailures&, const ductile::ConsecutiveFailures::Window& window, const std::vector<bool>& bad,
                  ductile::Time) {
  return window.failures == bad.size();
}
template <class Trip>
bool holds(const Trip& trip, const typename Trip::Window& window, const std::vector<bool>& bad, ductile::Time at) {
  const auto count = window.latest(trip.window.of, trip.window.within, at);
  return count.total == bad.size() && count.bad == static_cast<std::size_t>(std::count(bad.begin(), bad.end(), true));
}

struct CircuitAnswer {
  bool goes = false;
  ductile::Signal signal = ductile::Signal::none;
  ductile::Time earliest{};  // of a rejection

  friend bool operator==(const CircuitAnswer&, const CircuitAnswer&) = default;
};

// A breaker as one would explain it: for one thread, with lists in the place of words, windows and leases.
template <class Trip = ductile::ConsecutiveFailures>
class CircuitModel {
 public:
  using Options = ductile::CircuitBreakerOptions<Trip>;
  using Mode = ductile::CircuitMode;
  using News = ductile::detail::News;
  using Signal = ductile::Signal;
  using Time = ductile::Time;

  using Answer = CircuitAnswer;

  explicit CircuitModel(const Options& options) : options_(options) {}

  // `deadline` of a call that has nowhere else to go.
  Answer admit(int call, Time at, Time deadline) {
    Signal signal = std::exchange(to_tell_, Signal::none);
    if (mode_ == Mode::isolated) return {false, signal, ductile::end_of_time};
    if (mode_ == Mode::open && at >= open_until_) {
      begin(Mode::half_open);
      probes_.clear();
      good_ = 0;
      signal = Signal::circuit_half_opened;
    }
    if (mode_ == Mode::half_open) {
      std::erase_if(probes_, [&](const auto& probe) { return probe.second <= at; });
      if (probes_.size() < options_.probes) {
        probes_[call] = at + options_.probe_lease;
        begun_[call] = {era_, at};
        return {true, signal, {}};
      }
    }
    if (mode_ == Mode::closed) {
      begun_[call] = {era_, at};
      return {true, signal, {}};
    }
    const Time soon = at + std::clamp<ductile::Duration>(options_.open_for / 10, std::chrono::milliseconds{1}, std::chrono::seconds{5});
    Time until = mode_ == Mode::open ? open_until_ : soon;
    if (options_.last_chance > ductile::Duration::zero() && deadline < until + options_.open_for) {
      if (last_chance_ && last_chance_->second <= at) last_chance_.reset();
      if (!last_chance_ && at >= next_last_chance_) {
        last_chance_ = {call, at + options_.probe_lease};
        next_last_chance_ = at + options_.last_chance;
        begun_[call] = {no_era, at};
        return {true, signal, {}};
      }
      until = std::min(until, at < next_last_chance_ ? next_last_chance_ : soon);
    }
    return {false, signal, until};
  }

  Signal settle(int call, News news, Time at) {
    const auto [era, began] = begun_.extract(call).mapped();
    const ductile::CallEnd end{at, at - began, news == News::bad};
    if (last_chance_ && last_chance_->first == call) last_chance_.reset();
    if (era != era_) return Signal::none;
    if (mode_ == Mode::closed) {
      if (news == News::neither) return Signal::none;
      ends_.push_back(end);
      if (trips(options_.trip, ends_, at)) return open(at);
    } else if (mode_ == Mode::half_open) {
      if (probes_.erase(call) == 0) return Signal::none;  // its lease is over
      if (news == News::neither) return Signal::none;
      if (end.failed || is_bad(options_.trip, end)) {
        reopened_ = std::min(reopened_ + 1, 64U);
        return open(at);
      }
      if (++good_ >= options_.successes_to_close) {
        close();
        return Signal::circuit_closed;
      }
    }
    return Signal::none;
  }

  bool isolate() {
    if (mode_ == Mode::isolated) return false;
    begin(Mode::isolated);
    to_tell_ = Signal::circuit_isolated;
    return true;
  }

  bool reset() {
    const bool changed = mode_ != Mode::closed;
    close();
    if (changed) to_tell_ = Signal::circuit_closed;
    return changed;
  }

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] Time open_until() const { return open_until_; }

  // Whether the automaton holds the same, down to the last field that can still matter.
  [[nodiscard]] bool agrees_with(const ductile::detail::Circuit<Options>& circuit, Time at) const {
    std::vector<Time> leases;
    for (const auto& lease : circuit.probes)
      if (lease.ticket != 0) leases.push_back(lease.ends);
    std::vector<Time> expected;
    for (const auto& [call, ends] : probes_) expected.push_back(ends);
    std::sort(leases.begin(), leases.end());
    std::sort(expected.begin(), expected.end());
    return circuit.mode == mode_ && circuit.untold == (to_tell_ != Signal::none) && circuit.open_until == open_until_ &&
           holds(options_.trip, circuit.window, looked_at(options_.trip, ends_, at), at) && circuit.reopened == reopened_ &&
           circuit.next_last_chance == next_last_chance_ && (circuit.last_chance.ticket != 0) == last_chance_.has_value() &&
           (!last_chance_ || circuit.last_chance.ends == last_chance_->second) && circuit.era == static_cast<std::uint64_t>(era_) &&
           (mode_ != Mode::half_open || (leases == expected && circuit.successes == good_));
  }

  // The state without what cannot matter any more: moments as seconds from now, eras and calls without their numbers. `growth`: after so
  // many failed probes the open time grows no more.
  [[nodiscard]] std::vector<int> abstract(Time at, unsigned growth) const {
    const auto left = [&](Time time) {
      return static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(std::max(time - at, ductile::Duration::zero())).count());
    };
    std::vector<int> state{static_cast<int>(mode_),
                           static_cast<int>(to_tell_),
                           mode_ == Mode::open ? left(open_until_) : 0,
                           mode_ == Mode::half_open ? static_cast<int>(good_) : 0,
                           static_cast<int>(std::min(reopened_, growth)),
                           left(next_last_chance_)};
    const auto bad = looked_at(options_.trip, ends_, at);
    state.push_back(static_cast<int>(bad.size()));
    for (std::size_t i = 0; i < bad.size(); ++i) state.push_back(bad[i] ? 1 : 0);
    if constexpr (Trip::counts_successes)  // then their moments matter
      for (std::size_t i = ends_.size() - bad.size(); i < ends_.size(); ++i)
        state.push_back(left(ends_[i].at + options_.trip.window.within));
    std::vector<std::vector<int>> calls;
    for (const auto& [call, begun] : begun_) {
      const int era = begun.first;
      int took = 0;
      if constexpr (ductile::detail::times_calls<Trip>()) took = left(at + std::min(at - begun.second, options_.trip.slower_than));
      const auto probe = probes_.find(call);
      if (last_chance_ && last_chance_->first == call)
        calls.push_back({100 + left(last_chance_->second)});
      else if (era != era_)
        calls.push_back({0});
      else if (mode_ == Mode::half_open && probe == probes_.end())
        calls.push_back({0});
      else
        calls.push_back({mode_ == Mode::half_open ? 200 + left(probe->second) : 1, took});
    }
    std::sort(calls.begin(), calls.end());
    for (const std::vector<int>& call : calls) state.insert(state.end(), call.begin(), call.end());
    return state;
  }

 private:
  static constexpr int no_era = 0;

  void begin(Mode mode) {
    mode_ = mode;
    ++era_;
    to_tell_ = Signal::none;
  }
  Signal open(Time at) {
    ductile::Duration open_for = options_.open_for;
    for (unsigned i = 0; i < reopened_; ++i) open_for = std::min(2 * open_for, std::max(options_.longest_open, options_.open_for));
    ends_.clear();
    open_until_ = at + open_for;
    next_last_chance_ = std::max(next_last_chance_, at + options_.last_chance);
    begin(Mode::open);
    return Signal::circuit_opened;
  }
  void close() {
    ends_.clear();
    reopened_ = 0;
    open_until_ = {};
    begin(Mode::closed);
  }

  Options options_;
  Mode mode_ = Mode::closed;
  Signal to_tell_ = Signal::none;
  int era_ = 1;
  Ends ends_;  // since it was closed
  unsigned good_ = 0;
  unsigned reopened_ = 0;
  Time open_until_{};
  Time next_last_chance_{};
  std::map<int, std::pair<int, Time>> begun_;  // call -> era, and when
  std::map<int, Time> probes_;                 // call -> end of its lease
  std::optional<std::pair<int, Time>> last_chance_;
};

}  // namespace support
