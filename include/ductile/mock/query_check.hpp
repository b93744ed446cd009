// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>              // header
#include <ductile/gemini/redact.hpp>               // shortened
#include <ductile/mock/detail/request_target.hpp>  // parameters_of
#include <ductile/mock/exchange.hpp>               // Request
#include <ductile/mock/payload_check.hpp>          // most_violations, Refusal
#include <ductile/mock/request_fields.hpp>         // names_field
#include <ductile/mock/route.hpp>                  // Route

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace ductile::inline DUCTILE_VERSION::mock {

/// The value of a query parameter, in either spelling of its name ("page_size", "pageSize"); empty when there is none.
[[nodiscard]] inline std::string_view query_field(const Request& request, std::string_view snake) noexcept {
  for (const auto& [name, value] : request.query)
    if (names_field(name, snake)) return value;
  return {};
}

namespace detail {

/// The number that `text` is as a whole, as TYPE_INT32 has it, with its sign; none: it is no such number.
inline std::optional<std::int32_t> int32_of(std::string_view text) noexcept {
  std::int32_t read = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{read} : std::nullopt;
}

// What every method of Google's takes, and the mock's own way to ask for a row.
inline bool is_of_every_method(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 11> known{"key",       "alt",         "fields",       "callback",   "prettyPrint",
                                                   "quotaUser", "oauth_token", "access_token", "uploadType", "upload_protocol",
                                                   "scenario"};
  return name.empty() || name.starts_with('$') || std::find(known.begin(), known.end(), name) != known.end();
}

}  // namespace detail

/// Why the service turns a request away for its query, or for its body where that is sent as a form, as `curl -d` does unasked: the fields
/// of a form are taken for parameters. None: it does not.
[[nodiscard]] inline std::optional<Refusal> check_query(const Request& request, Route route) {
  constexpr std::size_t most_shown = 1000;
  Refusal refusal{.id = "unknown-field"};
  const auto look_at = [&](const detail::Parameters& parameters) {
    for (const auto& [name, value] : parameters) {
      const bool paging = route == Route::list_models && (names_field(name, "page_size") || names_field(name, "page_token"));
      if (paging || detail::is_of_every_method(name)) continue;
      if (refusal.violations.size() == most_violations) return;
      const std::string shown = gemini::shortened(name, most_shown);
      const std::string why = "Invalid JSON payload received. Unknown name \"" + shown + "\": Cannot bind query parameter. Field '" +
                              shown + "' could not be found in request message.";
      refusal.message += (refusal.message.empty() ? "" : "\n") + why;
      refusal.violations.push_back({"", why});
    }
  };
  look_at(request.query);
  if (header(request.headers, "content-type").starts_with("application/x-www-form-urlencoded"))
    look_at(detail::parameters_of(request.body));
  if (!refusal.violations.empty()) return refusal;
  if (route != Route::list_models) return std::nullopt;
  const std::string_view size = query_field(request, "page_size");
  if (!size.empty() && !detail::int32_of(size)) {
    const std::string why = "Invalid value at 'page_size' (TYPE_INT32), \"" + gemini::shortened(size, most_shown) + "\"";
    return Refusal{.id = "invalid-argument-generic", .message = why, .violations = {{"page_size", why}}};
  }
  const std::string_view token = query_field(request, "page_token");
  const auto from = detail::int32_of(token);
  if (detail::int32_of(size).value_or(0) < 0 || (!token.empty() && (!from || *from < 0))) return Refusal{"invalid-argument-generic"};
  return std::nullopt;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
