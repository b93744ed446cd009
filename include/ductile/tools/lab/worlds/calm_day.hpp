// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/service_parameters.hpp>  // calm_parameters, ServiceParameters
#include <ductile/tools/lab/day.hpp>            // Day

#include <chrono>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// A day on which each image takes about ten seconds and nothing fails: all that is wrong in a world is what the world adds.
[[nodiscard]] inline Day calm_day() {
  using namespace std::chrono;
  Day day;
  day.midnight = sys_days{year{2026} / November / 24};
  day.model = mock::calm_parameters();
  day.model.pro_latency = day.model.flash_latency = 10;
  day.model.network = mock::ServiceParameters{}.network;
  day.model.slow_overload_share = 0;
  return day;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
