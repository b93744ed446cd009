// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <chrono>
#include <concepts>

namespace ductile::inline DUCTILE_VERSION {

/// Something that says whether the caller wants the end: `std::stop_token`, or a struct around a flag that a signal handler sets.
template <class S>
concept StopToken = requires(const S& stop) {
  { stop.stop_requested() } -> std::convertible_to<bool>;
};

/// The stop token of a call that nobody stops.
struct NoStop {
  [[nodiscard]] static constexpr bool stop_requested() noexcept { return false; }
};

/// How often a wait looks at its stop token. A flag set by a signal handler can wake nobody, hence looking and not being told.
inline constexpr std::chrono::milliseconds stop_poll{20};

}  // namespace ductile::inline DUCTILE_VERSION
