// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>      // Time
#include <ductile/core/verdict.hpp>  // Duration

#include <cstddef>
#include <deque>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// The connections of a transport that nobody uses now, by origin. Any number of threads.
//
// Whoever comes, for whatever origin, closes those that nobody has used for `idle_for`, and each is closed once: no visit looks at
// connections that are to stay. Without any visit they stay open; nothing here runs by itself.
template <class Connection>
class IdleConnections {
 public:
  // `most`: kept for each origin.
  IdleConnections(std::size_t most, Duration idle_for) noexcept : most_(most), idle_for_(idle_for) {}

  // The one used last; none when none is kept.
  [[nodiscard]] std::optional<Connection> take(const std::string& origin, Time now) {
    Line closed;  // goes after the lock
    const std::lock_guard lock{mutex_};
    expire(now, closed);
    const auto found = by_origin_.find(origin);
    if (found == by_origin_.end()) return std::nullopt;
    const auto last = found->second.back();
    std::optional<Connection> connection{std::move(last->connection)};
    found->second.pop_back();
    if (found->second.empty()) by_origin_.erase(found);
    line_.erase(last);
    return connection;
  }

  void give_back(const std::string& origin, Connection connection, Time now) {
    Line closed;
    const std::lock_guard lock{mutex_};
    expire(now, closed);
    if (most_ == 0) return;
    auto& kept = by_origin_[origin];
    if (kept.size() >= most_) return;
    line_.push_back({origin, std::move(connection), now});
    kept.push_back(std::prev(line_.end()));
  }

  void clear() {
    const std::lock_guard lock{mutex_};
    by_origin_.clear();
    line_.clear();
  }

 private:
  struct Kept {
    std::string origin;
    Connection connection;
    Time since;
  };
  using Line = std::list<Kept>;

  void expire(Time now, Line& closed) {
    while (!line_.empty() && now - line_.front().since > idle_for_) {
      const auto origin = by_origin_.find(line_.front().origin);
      origin->second.pop_front();
      if (origin->second.empty()) by_origin_.erase(origin);
      closed.splice(closed.end(), line_, line_.begin());
    }
  }

  const std::size_t most_;
  const Duration idle_for_;
  std::mutex mutex_;
  Line line_;  // the longest unused first
  std::map<std::string, std::deque<typename Line::iterator>> by_origin_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
