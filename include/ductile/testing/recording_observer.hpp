// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/event.hpp>  // the events

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// Any event that an observer can be told.
using AnyEvent = std::variant<OperationBegan, OperationEnded, AttemptBegan, AttemptEnded, WaitBegan, WaitEnded, Rejected, CircuitChanged,
                              TargetChanged, QuotaSurprise, Reclassified>;

namespace detail {

// "1.5 s", exactly.
[[nodiscard]] inline std::string seconds_text(Duration span) {
  const std::int64_t count = span.count();
  const std::uint64_t size = count < 0 ? ~static_cast<std::uint64_t>(count) + 1 : static_cast<std::uint64_t>(count);
  std::string text = (count < 0 ? "-" : "") + std::to_string(size / 1'000'000'000);
  std::string fraction = std::to_string(1'000'000'000 + size % 1'000'000'000);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (fraction.size() > 1) text.append(".").append(fraction, 1);
  return text + " s";
}
[[nodiscard]] inline std::string seconds_text(Time time) {
  return time == end_of_time ? "the end of time" : seconds_text(time.time_since_epoch());
}

struct EventText {
  std::string operator()(const OperationBegan&) const { return "operation began"; }
  std::string operator()(const OperationEnded& event) const {
    std::string text = std::string{"operation ended after "} + seconds_text(event.took) + ": " + name(event.outcome);
    if (event.failure) text.append(", ").append(name(event.failure->kind()));
    return text + ", attempts " + std::to_string(event.attempts) + ", target " + std::to_string(event.served_by);
  }
  std::string operator()(const AttemptBegan& event) const { return which(event.attempt) + " began"; }
  std::string operator()(const AttemptEnded& event) const {
    return which(event.attempt) + " ended after " + seconds_text(event.took) + ": " + std::string{name(event.verdict.kind)};
  }
  std::string operator()(const WaitBegan& event) const {
    return std::string{"wait began until "} + seconds_text(event.until) + ": " + name(event.source) + " by " + name(event.by) + " for " +
           std::string{name(event.why)} + ", target " + std::to_string(event.target);
  }
  std::string operator()(const WaitEnded& event) const {
    return std::string{"wait ended after "} + seconds_text(event.waited) + ": " + name(event.source);
  }
  std::string operator()(const Rejected& event) const {
    return std::string{"rejected by "} + name(event.by) + ": " + std::string{name(event.why)} + ", earliest " +
           seconds_text(event.earliest) + ", target " + std::to_string(event.target);
  }
  std::string operator()(const CircuitChanged& event) const {
    return std::string{"circuit changed: "} + name(event.what) + ", target " + std::to_string(event.target);
  }
  std::string operator()(const TargetChanged& event) const {
    return "target changed from " + std::to_string(event.from) + " to " + std::to_string(event.to) + " for " + std::string{name(event.why)};
  }
  std::string operator()(const QuotaSurprise& event) const {
    return "quota surprise: " + std::string{name(event.dimension)} + ", target " + std::to_string(event.target);
  }
  std::string operator()(const Reclassified& event) const {
    return which(event.attempt) + " reclassified: " + std::string{name(event.verdict.kind)};
  }

 private:
  static std::string which(const Attempt& attempt) {
    return "attempt " + std::to_string(attempt.number) + " at target " + std::to_string(attempt.target) +
           (attempt.lane > 0 ? ", a hedge," : "");
  }
};

}  // namespace detail

/// The event as one line: "0.5 s, call 1: attempt 1 at target 0 began".
[[nodiscard]] inline std::string describe(const AnyEvent& event) {
  return std::visit(
      [](const auto& one) { return detail::seconds_text(one.at) + ", call " + std::to_string(one.call) + ": " + detail::EventText{}(one); },
      event);
}

/// Keeps every event, for tests: `RecordingObserver seen; Pipeline pipeline{Observe{seen}, ...};`
///
/// `story()` is what happened, one line an event, to be compared whole. `faults()` says where the events contradict one another; it is
/// empty whatever the policies do, once every call has ended.
///
/// Threads  Any number of threads may tell it.
class RecordingObserver {
 public:
  template <class Event>
    requires std::is_constructible_v<AnyEvent, std::in_place_type_t<Event>, const Event&>
  void on(const Event& event) {
    const std::lock_guard lock{mutex_};
    events_.emplace_back(std::in_place_type<Event>, kept(event));
  }

  /// Everything so far. What the events point to lives as long as the observer does.
  [[nodiscard]] std::vector<AnyEvent> events() const {
    const std::lock_guard lock{mutex_};
    return events_;
  }

  /// The events of one type: `seen.all<Rejected>()`.
  template <class Event>
  [[nodiscard]] std::vector<Event> all() const {
    const std::lock_guard lock{mutex_};
    std::vector<Event> found;
    for (const AnyEvent& event : events_)
      if (const Event* one = std::get_if<Event>(&event)) found.push_back(*one);
    return found;
  }

  /// One line an event.
  [[nodiscard]] std::vector<std::string> story() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> lines;
    for (const AnyEvent& event : events_) lines.push_back(describe(event));
    return lines;
  }

  /// Where the events are out of order or incomplete: an attempt that ended and never began, a call that did not end, time that went back.
  [[nodiscard]] std::vector<std::string> faults() const;

 private:
  struct Course;

  template <class Event>
  Event kept(const Event& event) {
    if constexpr (std::is_same_v<Event, OperationEnded>) {
      OperationEnded copy = event;
      if (event.failure) copy.failure = &failures_.emplace_back(*event.failure);
      if (event.trail) copy.trail = &trails_.emplace_back(*event.trail);
      return copy;
    } else {
      return event;
    }
  }

  mutable std::mutex mutex_;
  std::vector<AnyEvent> events_;
  std::deque<Failure> failures_;
  std::deque<Trail> trails_;
};

// What one call may be told next. Each branch of a race goes its own way.
struct RecordingObserver::Course {
  enum class Doing : std::uint8_t { deciding, attempting, waiting };
  struct Lane {
    Doing doing = Doing::deciding;
    std::uint32_t attempt = 0;
    WaitSource source = WaitSource::none;
  };
  bool began = false;
  bool ended = false;
  std::uint32_t attempts = 0;
  std::map<std::uint8_t, Lane> lanes{{0, {}}};
  Time at{};

  [[nodiscard]] bool takes_place() const { return began && !ended; }
  // From one thing to another.
  bool turns(std::uint8_t lane, Doing from, Doing to) { return std::exchange(lanes[lane].doing, to) == from && takes_place(); }
  bool decides(std::uint8_t lane) { return turns(lane, Doing::deciding, Doing::deciding); }

  // Each answers whether the event fits, and takes it in.
  bool operator()(const OperationBegan&) { return !std::exchange(began, true); }
  bool operator()(const OperationEnded& event) {
    bool fits = takes_place() && event.attempts == attempts;
    for (const auto& [number, lane] : lanes) fits = fits && lane.doing == Doing::deciding;
    ended = true;
    return fits;
  }
  bool operator()(const AttemptBegan& event) {
    const Attempt& attempt = event.attempt;
    lanes[attempt.lane].attempt = ++attempts;
    return turns(attempt.lane, Doing::deciding, Doing::attempting) && attempt.number == attempts;
  }
  bool operator()(const AttemptEnded& event) {
    const Attempt& attempt = event.attempt;
    return turns(attempt.lane, Doing::attempting, Doing::deciding) && attempt.number == lanes[attempt.lane].attempt;
  }
  bool operator()(const WaitBegan& event) {
    lanes[event.lane].source = event.source;
    return turns(event.lane, Doing::deciding, Doing::waiting) && event.until >= event.at;
  }
  bool operator()(const WaitEnded& event) {
    return turns(event.lane, Doing::waiting, Doing::deciding) && event.source == lanes[event.lane].source &&
           event.waited >= Duration::zero();
  }
  bool operator()(const Reclassified& event) {
    return decides(event.attempt.lane) && event.attempt.number == lanes[event.attempt.lane].attempt;
  }
  bool operator()(const TargetChanged&) { return decides(0); }
  template <class Event>
  bool operator()(const Event& event) {
    return decides(event.lane);
  }
};

inline std::vector<std::string> RecordingObserver::faults() const {
  const std::lock_guard lock{mutex_};
  std::map<std::uint64_t, Course> courses;
  std::vector<std::string> found;
  for (const AnyEvent& event : events_)
    std::visit(
        [&](const auto& one) {
          Course& course = courses[one.call];
          if (one.at < course.at) found.push_back("time went back: " + describe(event));
          course.at = one.at;
          if (!course(one)) found.push_back("out of order: " + describe(event));
        },
        event);
  for (const auto& [call, course] : courses)
    if (!course.ended) found.push_back("call " + std::to_string(call) + " did not end");
  return found;
}

}  // namespace ductile::inline DUCTILE_VERSION
