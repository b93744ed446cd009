// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/scenario.hpp>       // Scenario
#include <ductile/mock/service_model.hpp>  // Outcome, ServiceModel

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What becomes of the prompts in the end: as the model has it, except where a scenario has a wish for the first few.
///
/// Threads  One at a time.
class Cast {
 public:
  [[nodiscard]] Outcome destiny(std::uint64_t job, const ServiceModel& model) const {
    const auto wanted = parts_.find(job);
    return wanted != parts_.end() ? wanted->second : model.destiny(job);
  }

  /// A prompt for the first time: one of the first few gets its part here.
  void meet(std::uint64_t job, const Scenario& scenario, const ServiceModel& model) {
    if (parts_.size() >= scenario.cast || parts_.contains(job)) return;
    Outcome part = model.destiny(job);
    const bool withheld = std::any_of(parts_.begin(), parts_.end(), [](const auto& met) { return met.second == Outcome::withheld; });
    const auto drawn = std::count_if(parts_.begin(), parts_.end(), [](const auto& met) { return met.second == Outcome::image; });
    const std::size_t hopeless = parts_.size() - static_cast<std::size_t>(drawn);
    if (part == Outcome::image) {
      if (!withheld && scenario.withheld_by > 0 && parts_.size() + 1 >= scenario.withheld_by) part = Outcome::withheld;
    } else if (scenario.hopeless_at_most) {
      const std::size_t kept = scenario.withheld_by > 0 && !withheld && part != Outcome::withheld ? 1 : 0;  // for the one withheld
      if (hopeless + kept >= *scenario.hopeless_at_most) part = Outcome::image;
    }
    parts_[job] = part;
  }

 private:
  std::map<std::uint64_t, Outcome> parts_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
