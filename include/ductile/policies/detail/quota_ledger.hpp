// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/answer.hpp>                  // Admission
#include <ductile/core/quota_window.hpp>            // QuotaWindow
#include <ductile/core/trail.hpp>                   // WaitSource
#include <ductile/policies/detail/quota_count.hpp>  // DayCount, SlidingCount, Tick

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

// The windows' counts, and what the service has taught about them. Sequential: whoever holds the lock of the state works on it. Limits
// come with each question, since several policies with other numbers may share the counts.
class QuotaLedger {
 public:
  static constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max() / 4;

  struct Booking {
    Admission admission = Admission::go();
    Tick tick = 0;  // for which it was charged, where it was admitted
  };

  explicit QuotaLedger(std::span<const QuotaWindow> windows) {
    using std::chrono::hours;
    Duration shortest = std::chrono::minutes{1};
    for (const QuotaWindow& window : windows)
      if (!window.daily()) shortest = std::min(shortest, window.span);
    tick_ = shortest / 60;
    counts_.reserve(windows.size());
    for (const QuotaWindow& window : windows) counts_.emplace_back(window, (window.span + tick_ - Duration{1}) / tick_);
  }

  // Lets time pass. Calls read their clocks before they get here, and may come out of order.
  void advance(Now now) noexcept {
    now_ = std::max(now_, now());
    for (Window& window : counts_) {
      if (window.sliding) window.sliding->advance(tick_of(now_));
      else if (now_ >= window.day->end()) window.day->read_calendar(now_, now.wall());
      if (window.learnt == 0 && window.closed_until <= now_) window.learnt.reset();  // perhaps the account was upgraded
    }
  }

 private:
  struct Window {
    Window(const QuotaWindow& window, Tick span) {
      if (window.daily())
        day.emplace(window.day);
      else
        sliding.emplace(span);
    }
    std::optional<SlidingCount> sliding;
    std::optional<DayCount> day;
    Time closed_until = Time::min();
    std::optional<std::int64_t> learnt;
  };

  Duration tick_{};
  Time now_ = Time::min();
  std::vector<Window> counts_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
