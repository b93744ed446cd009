// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>  // Billed, Kind, QuotaDimension, Remedy, Says, Sent

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION {

/// A span of time. Never an integer, so that the unit is in the type.
using Duration = std::chrono::nanoseconds;

/// Longer than every span that ends: where nothing bounds one.
inline constexpr Duration forever = Duration::max();

/// A row of the failure catalogue, by its name ("rpd-free"). Cheap to copy: a pointer to a literal that lives as long as the program.
class FailureId {
 public:
  constexpr FailureId() noexcept = default;
  /// Takes a string literal; a shorter-lived string would dangle.
  constexpr FailureId(const char* literal) noexcept : text_(literal) {}

  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

  friend constexpr bool operator==(FailureId left, FailureId right) noexcept { return left.text() == right.text(); }

  /// Prints the name.
  template <class Traits>
  friend std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& stream, FailureId id) {
    return stream << id.text_;
  }

 private:
  const char* text_ = "unknown";
};

/// What a classifier made of one attempt: all that a policy may decide on. Trivially copyable; the words behind it (message, evidence,
/// raw value) travel in the `Failure`.
struct Verdict {
  Kind kind = Kind::ok;
  Remedy remedy = Remedy::never;  ///< Meaningless when `kind` is ok.
  Says says = Says::service;
  Sent sent = Sent::yes;
  Billed billed = Billed::unknown;
  QuotaDimension dimension = QuotaDimension::none;  ///< The window that was full; with several, the one that opens last.
  std::int8_t images = 0;                           ///< Images that the attempt produced, withheld ones included; at most 127.
  bool reclassified = false;                        ///< The transport called it a success (HTTP 200) and the answer was a failure.
  std::int32_t tokens = 0;                          ///< Input tokens that the service counted; 0: not said.
  std::int32_t limit = -1;                          ///< The limit of that window as the service named it; -1: not said.
  Duration hint{};                                  ///< How long the other side asks to wait; zero: no hint.
  FailureId id{};                                   ///< The catalogue row; "unknown" when not recognised.

  [[nodiscard]] constexpr bool ok() const noexcept { return kind == Kind::ok; }

  friend constexpr bool operator==(const Verdict&, const Verdict&) = default;
};

static_assert(sizeof(Verdict) <= 32);

/// The remedy that a kind has where nothing more is known.
[[nodiscard]] constexpr Remedy default_remedy(Kind kind) noexcept {
  switch (kind) {
    case Kind::rate_limit:
    case Kind::overload:
    case Kind::circuit_open:
    case Kind::bulkhead_full: return Remedy::after_delay;
    case Kind::internal:
    case Kind::timeout:
    case Kind::network:
    case Kind::recitation:
    case Kind::no_image:
    case Kind::deadline:
    case Kind::store_unavailable: return Remedy::immediately;
    case Kind::not_found: return Remedy::other_model;
    case Kind::safety_prompt:
    case Kind::safety_output: return Remedy::after_prompt_change;
    default: return Remedy::never;
  }
}

}  // namespace ductile::inline DUCTILE_VERSION
