// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/gate.hpp>          // Gate
#include <ductile/core/kind.hpp>          // QuotaDimension
#include <ductile/core/quota_window.hpp>  // QuotaCost
#include <ductile/core/verdict.hpp>       // Duration

#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

/// What a call asks a store for, packed into the ticket with which it enters the gate: one request of that cost, to that target.
struct QuotaTicket {
  std::uint8_t target = 0;   ///< Of the fallback chain: the first of those that share a quota (`QuotaGroups`). Each such has a ledger.
  std::uint16_t images = 0;  ///< 0 to 1000.
  std::uint32_t tokens = 0;  ///< 0 to 1'000'000'000.

  [[nodiscard]] constexpr std::uint64_t packed() const noexcept {
    return std::uint64_t{target} << 48U | std::uint64_t{images} << 32U | tokens;
  }
  [[nodiscard]] static constexpr QuotaTicket unpacked(std::uint64_t ticket) noexcept {
    return {.target = static_cast<std::uint8_t>(ticket >> 48U),
            .images = static_cast<std::uint16_t>(ticket >> 32U),
            .tokens = static_cast<std::uint32_t>(ticket)};
  }
  [[nodiscard]] constexpr QuotaCost cost() const noexcept {
    return {.requests = 1, .images = images, .tokens = static_cast<std::int32_t>(tokens)};
  }

  friend constexpr bool operator==(const QuotaTicket&, const QuotaTicket&) = default;
};

/// How an attempt that a store had granted ended.
struct QuotaSettlement {
  QuotaTicket ticket;  ///< As it was granted.
  QuotaCost counts;    ///< What the attempt counts for in the end; all zero: give everything back.
  Duration age{};      ///< How long ago it was granted, to the tick of the ledger (a second): a full window's age means that it is over.
  QuotaDimension full = QuotaDimension::none;  ///< The window that the service called full; none: it did not.
  Duration closed_for{};                       ///< For how long that window takes nothing more. With `full` only.
  std::int32_t limit = -1;                     ///< That window's limit, as the service named it; -1: not said.
};

/// Where the ledger of several processes or machines lives. `QuotaTracker` asks it through the gate: the driver enters with a
/// `QuotaTicket`, the store makes its round trip and tells the waiter `granted` (the cost is charged), `later` (full until then), or
/// `failed`. Limits are the store's own, since all who share it must mean the same; so is the clock by which its windows open.
///
/// What the store answers after `leave` has returned true was never heard: it gives the charge back itself. Each granted ticket that was
/// heard is settled exactly once.
///
/// Errors   None: `failed`, or no answer within the policy's patience, says that it cannot say.
/// Threads  All members may be called from any thread. It must outlive the pipelines that use it.
class QuotaStore : public Gate {
 public:
  /// Takes the settlement to be written when the store likes: never blocks, never fails. A store that is lost may drop it.
  virtual void settle(const QuotaSettlement& settlement) noexcept = 0;

 protected:
  ~QuotaStore() = default;
};

}  // namespace ductile::inline DUCTILE_VERSION
