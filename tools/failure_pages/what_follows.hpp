// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration, Verdict

#include <cstddef>
#include <optional>

namespace ductile::failure_pages {

/// What `gemini::resilient` does by default after a failure that repeats itself: seen in its policies, in virtual time.
struct WhatFollows {
  std::size_t tries_with_another_left = 0;  ///< At one target while another one is left, the first included.
  std::size_t tries_on_the_last = 0;        ///< At a target that is the only one left.
  bool asks_the_next = false;               ///< Another target is asked when the tries are spent.
  bool begins_anew = false;                 ///< When every target failed so, all are asked again after a wait.
  bool breaker_counts = false;
  bool counts_request = false;  ///< In the ledger's windows of a minute and a day.
  bool counts_tokens = false;
  bool counts_image = false;
  std::optional<Duration> closed_for{};  ///< How long one such failure keeps other calls from the target.
};

[[nodiscard]] WhatFollows what_follows(const Verdict& verdict);

}  // namespace ductile::failure_pages
