// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // WallTime

#include <array>
#include <chrono>
#include <ctime>
#include <string>

namespace ductile::inline DUCTILE_VERSION::tools {

/// A moment in the reader's time zone, as the environment has it: "Tue 09:00 CET". Reads TZ and the system's files; POSIX.
[[nodiscard]] inline std::string local_time_text(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm local{};
  if (!::localtime_r(&seconds, &local)) return "?";
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a %H:%M %Z", &local);
  return {text.data(), size};
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
