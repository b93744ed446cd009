// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>        // Kind
#include <ductile/core/now.hpp>         // WallTime
#include <ductile/core/verdict.hpp>     // Duration
#include <ductile/gemini/failures.hpp>  // FailureRow, find_failure
#include <ductile/mock/journal.hpp>     // Entry
#include <ductile/mock/price.hpp>       // Price

#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// An answer, as the judges remember it.
struct Answered {
  std::uint64_t number = 0;  ///< 0: there was none.
  std::uint64_t key = 0;
  std::uint64_t request = 0;
  const gemini::FailureRow* failure = nullptr;  ///< Null: it was good.
  bool good = false;                            ///< What was asked for is in it.
  bool image_wanted = false;
  int status = 0;
  WallTime time{};     ///< When the client had it.
  Duration hint{};     ///< How long it asked the client to wait.
  bool unread = true;  ///< The client has gone before it had it, or it is silence: nobody knows what the client saw, and when.

  /// Whether a client that does something at `moment` knows of it.
  [[nodiscard]] bool known_at(WallTime moment) const noexcept { return number != 0 && !unread && time <= moment; }
  [[nodiscard]] bool failure_known_at(WallTime moment) const noexcept { return failure && known_at(moment); }
};

/// Whether a row's answer is what was asked for, and only said to be of another tier or model: asking again is no repeat of a failure.
[[nodiscard]] constexpr bool is_worth_keeping(std::string_view id) noexcept { return id == "tier-downgraded" || id == "model-substituted"; }

[[nodiscard]] inline Answered answered(const Entry& entry) {
  Answered answer{.number = entry.number, .key = entry.key, .request = entry.request, .failure = gemini::find_failure(entry.id)};
  if (entry.image_given && is_worth_keeping(entry.id)) answer.failure = nullptr;
  answer.good = !answer.failure && entry.status == 200 && (entry.image_given || !entry.image_wanted);
  answer.image_wanted = entry.image_wanted;
  answer.status = entry.status;
  answer.time = entry.time + entry.latency;
  answer.hint = entry.hint;
  answer.unread = entry.silent;
  return answer;
}

/// What `entry` cost for nothing: a good answer was worth its money.
[[nodiscard]] inline Price waste_of(const Entry& entry) {
  return answered(entry).good ? Price{.requests = entry.price.requests} : entry.price;
}

/// Whether the service is in trouble, of the kind that passes by itself and that more requests make worse.
[[nodiscard]] constexpr bool is_trouble_of_the_service(const gemini::FailureRow& failure) noexcept {
  return failure.kind == Kind::overload || failure.kind == Kind::internal || failure.kind == Kind::timeout || failure.kind == Kind::network;
}

/// Whether asking again later is right.
[[nodiscard]] constexpr bool passes(const gemini::FailureRow& failure) noexcept {
  return failure.remedy == Remedy::after_delay || failure.remedy == Remedy::immediately;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
