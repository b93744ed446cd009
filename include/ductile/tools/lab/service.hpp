// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>         // WallTime
#include <ductile/mock/scene.hpp>       // Scene
#include <ductile/mock/service.hpp>     // Settled
#include <ductile/tools/lab/job.hpp>    // Job
#include <ductile/tools/lab/model.hpp>  // Model

#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// Who answers in a world.
///
/// Threads  One.
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  /// What becomes of a call, sent when `scene` says.
  /// \param wording 0: the original words; else which rewording.
  virtual mock::Settled settle(const Job& job, Model model, std::uint32_t wording, const mock::Scene& scene) = 0;

  /// Whether any patience gets an image of this job in these words.
  [[nodiscard]] virtual bool makeable(const Job& job, std::uint32_t wording) const = 0;

  /// When a minute's window of `model` ends first after `time`; none: there is none, or windows slide.
  [[nodiscard]] virtual std::optional<WallTime> window_end(Model model, WallTime time) const = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
