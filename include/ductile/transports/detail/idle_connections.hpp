// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

// The connections of a blocking transport that nobody uses now, by origin. Any number of threads.
template <class Connection>
class IdleConnections {
 public:
  // `most`: kept for each origin.
  explicit IdleConnections(std::size_t most) noexcept : most_(most) {}

  // The one used last; none when none is kept.
  [[nodiscard]] std::optional<Connection> take(const std::string& origin) {
    const std::lock_guard lock{mutex_};
    std::vector<Connection>& idle = by_origin_[origin];
    if (idle.empty()) return std::nullopt;
    std::optional<Connection> connection{std::move(idle.back())};
    idle.pop_back();
    return connection;
  }

  void give_back(const std::string& origin, Connection connection) {
    const std::lock_guard lock{mutex_};
    std::vector<Connection>& idle = by_origin_[origin];
    if (idle.size() < most_) idle.push_back(std::move(connection));
  }

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Connection>> by_origin_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
