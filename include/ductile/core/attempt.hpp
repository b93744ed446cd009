// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Time, end_of_time

#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

/// Which targets of a fallback chain a call may use; bit i stands for target i. Empty means all.
using TargetSet = std::uint16_t;

inline constexpr unsigned most_targets = 16;

/// One trip through the transport, as the operation sees it, and as layers hand it inwards. Trivially copyable.
struct Attempt {
  Time deadline = end_of_time;  ///< When its answer must be there. Give it to the socket.
  Time start_by =
      end_of_time;            ///< Until when a layer may let it wait before it starts; later, it is refused and the layers outside decide.
  std::uint32_t number = 1;   ///< Counts the trips of this call, from 1.
  std::uint8_t target = 0;    ///< Which target of the fallback chain to ask; 0 without a chain.
  std::uint8_t revision = 0;  ///< Which wording of the request to send; 0: as the caller wrote it.
  std::uint8_t lane = 0;      ///< 0, or for a hedge which one of its race, from 1.
  bool own_deadline : 1 = false;      ///< The caller gave this call a deadline of its own; `Deadline` leaves it alone.
  bool nowhere_else : 1 = false;      ///< Of a fallback chain no other target is free now.
  bool insists : 1 = false;           ///< Nothing better is left: a breaker lets it through although it is open.
  std::uint8_t revisions = 0;         ///< How many other wordings of the request the operation has.
  std::uint16_t attempts = 0;         ///< The caller's own limit of attempts for this call; 0: the policy's.
  TargetSet targets = 0;              ///< The caller's own choice of targets for this call; 0: all.
  std::uint16_t trips_elsewhere = 0;  ///< How many trips the call had made when it came to this target; at most 65535.

  /// Whether the call has been sent to this target since it came to it.
  [[nodiscard]] bool returns() const noexcept { return number > std::uint32_t{1} + trips_elsewhere; }

  /// Goes to that target, for the first time or anew.
  void come_to(std::uint8_t chosen) noexcept {
    target = chosen;
    trips_elsewhere = static_cast<std::uint16_t>(number > 0xFFFF ? 0xFFFF : number - 1);
  }

  /// How long is left, never negative.
  [[nodiscard]] Duration remaining(Time at) const noexcept { return deadline <= at ? Duration::zero() : deadline - at; }
};

}  // namespace ductile::inline DUCTILE_VERSION
