// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/harm.hpp>           // Harm, SafetyThresholds
#include <ductile/mock/scenario.hpp>       // Scenario
#include <ductile/mock/service_model.hpp>  // Outcome, ServiceModel

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What becomes of a prompt in the end, whoever draws it.
struct Part {
  Outcome outcome = Outcome::image;
  std::optional<Harm> harm{};  ///< That the filter sees in it, before anything is drawn.

  /// Whether any patience gets an image of it, without safety settings.
  [[nodiscard]] bool makeable() const { return outcome == Outcome::image && !filtered(); }
  [[nodiscard]] bool withheld() const { return outcome == Outcome::withheld && !filtered(); }

 private:
  [[nodiscard]] bool filtered() const { return harm && SafetyThresholds{}.block(*harm); }
};

/// What becomes of the prompts in the end: as the model has it, except where a scenario has a wish for the first few.
///
/// Threads  One at a time.
class Cast {
 public:
  /// \param wording 0: the original words; else which rewording. What a scenario wants of a prompt it wants in any words.
  [[nodiscard]] Part part(std::uint64_t job, const ServiceModel& model, std::uint32_t wording = 0) const {
    const auto wanted = parts_.find(job);
    return wanted != parts_.end() ? wanted->second : by_nature(job, model, wording);
  }

  /// A prompt for the first time: one of the first few gets its part here.
  void meet(std::uint64_t job, const Scenario& scenario, const ServiceModel& model) {
    if (parts_.size() >= scenario.cast || parts_.contains(job)) return;
    Part part = by_nature(job, model);
    const bool withheld = std::any_of(parts_.begin(), parts_.end(), [](const auto& met) { return met.second.withheld(); });
    const auto makeable = std::count_if(parts_.begin(), parts_.end(), [](const auto& met) { return met.second.makeable(); });
    const std::size_t hopeless = parts_.size() - static_cast<std::size_t>(makeable);
    if (!part.makeable() && scenario.hopeless_at_most) {
      const std::size_t kept = scenario.withheld_by > 0 && !withheld && !part.withheld() ? 1 : 0;  // for the one withheld
      if (hopeless + kept >= *scenario.hopeless_at_most) part = {};
    }
    if (part.makeable() && !withheld && scenario.withheld_by > 0 && parts_.size() + 1 >= scenario.withheld_by)
      part = {.outcome = Outcome::withheld};
    parts_[job] = part;
  }

 private:
  static Part by_nature(std::uint64_t job, const ServiceModel& model, std::uint32_t wording = 0) {
    return {model.destiny(job, wording), model.harm(job)};
  }

  std::map<std::uint64_t, Part> parts_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
