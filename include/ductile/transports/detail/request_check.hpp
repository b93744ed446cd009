// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>         // HttpHeader, HttpRequest, TransportError, TransportLimits
#include <ductile/detail/ascii.hpp>           // is_letter
#include <ductile/transports/detail/url.hpp>  // Url

#include <algorithm>
#include <optional>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::detail {

[[nodiscard]] inline bool has_line_end(std::string_view value) noexcept {
  return value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

// What in the request would end a line of its head before its time, and so could begin one that nobody meant; null when nothing does.
[[nodiscard]] inline const char* problem_of_head(const HttpRequest& request) noexcept {
  constexpr auto is_word = [](std::string_view text, std::string_view others) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [others](char c) { return is_letter(c) || others.find(c) != std::string_view::npos; });
  };
  if (!is_word(request.method, "-")) return "method: must be letters";
  for (const HttpHeader& field : request.headers)
    if (!is_word(field.name, "0123456789!#$%&'*+-.^_`|~") || has_line_end(field.value))
      return "headers: a name is not of letters, digits and !#$%&'*+-.^_`|~, or a value has a line end";
  return nullptr;
}

// Why a transport sends nothing of a request; none: it may be sent. \param url What `parse_url` makes of its address.
[[nodiscard]] inline std::optional<TransportError> unsendable(const HttpRequest& request, const std::optional<Url>& url,
                                                              const TransportLimits& limits) {
  const auto because = [](TransportFault fault, const char* why) { return TransportError{fault, Sent::no, why}; };
  if (!url) return because(TransportFault::other, "url: must be absolute, http or https, without a name and a password");
  if (const char* problem = problem_of_head(request)) return because(TransportFault::other, problem);
  if (limits.stop.stop_requested()) return because(TransportFault::cancelled, "stopped before it was sent");
  if (limits.total <= Duration::zero()) return because(TransportFault::total_timeout, "no time was left to send it");
  return std::nullopt;
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
