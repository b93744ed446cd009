// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/shared_capacity.hpp>  // SharedCapacity

#include <optional>

namespace ductile::inline DUCTILE_VERSION::mock {

/// Where the service's counting is known to differ from what one expects, or a test wants it otherwise.
struct Switches {
  /// Calls that fail (any status but 200) count in the quotas as served ones do, but for images. The service says so of 400 and 500. A
  /// 401, 402, 403, 404 or 429 never counts, and for a 503 `ServiceParameters` has the last word.
  bool count_failures = true;

  /// Whether the hint of a full window is shorter than the wait that helps. None: as the service has it, true for a minute and a lie of
  /// seconds for a day. False: true for a day too, and where waiting does not help there is no hint.
  std::optional<bool> lying_retry_info{};

  /// The load of all projects together is what a model is overloaded by. None: it is drawn, whatever is asked.
  std::optional<SharedCapacity> shared_capacity{};
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
