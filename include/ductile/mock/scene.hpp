// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // WallTime
#include <ductile/detail/iso_time.hpp>
#include <ductile/mock/harm.hpp>  // Harm

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// In what shape a client gets what is said.
enum class Delivery : std::uint8_t {
  whole,   ///< One JSON object.
  events,  ///< A stream of server-sent events (`alt=sse`).
  array,   ///< A stream that is one JSON array; errors stand in an array too.
  openai   ///< The path in another provider's manner, where errors stand in an array.
};

/// Whether a good answer comes piece by piece.
[[nodiscard]] constexpr bool is_streamed(Delivery delivery) noexcept { return delivery == Delivery::events || delivery == Delivery::array; }

/// A field of a request that is wrong, and what a BadRequest says of it.
struct FieldViolation {
  std::string field{};  ///< Its path, "generation_config.image_config"; empty: the request itself.
  std::string description{};

  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

/// All that an answer may speak of.
struct Scene {
  std::string version = "v1beta";
  std::string model = "gemini-3-pro-image";
  std::string method = "generateContent";
  std::string path{};
  std::string prompt{};
  std::string size{};          ///< imageSize as asked; empty: not asked.
  std::string ratio{};         ///< aspectRatio as asked; empty: not asked.
  std::string service_tier{};  ///< As asked; empty: standard.
  std::int64_t prompt_tokens = 1;
  std::uint64_t seed = 1;
  std::uint64_t call = 0;  ///< Names this answer among all of its seed.
  WallTime time{};
  Delivery delivery = Delivery::whole;
  std::string message{};                     ///< Says an error in these words instead of the row's.
  std::vector<FieldViolation> violations{};  ///< What a BadRequest lists instead of the row's.
  Harm harm{};                               ///< What the filter has seen in the prompt, where it blocks it.
};

/// A moment as HTTP writes it: "Tue, 24 Nov 2026 12:00:00 GMT".
[[nodiscard]] inline std::string http_date(WallTime time) {
  using namespace std::chrono;
  static constexpr std::array days_of_week{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months_of_year{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_days midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss clock{floor<seconds>(time - midnight)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", days_of_week[weekday{midnight}.c_encoding()],
                static_cast<unsigned>(date.day()), months_of_year[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

using ductile::detail::iso_time;

}  // namespace ductile::inline DUCTILE_VERSION::mock
