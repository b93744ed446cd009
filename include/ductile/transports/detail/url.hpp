// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>
#include <ductile/detail/ascii.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::detail {

/// An absolute http or https URL in its parts.
struct Url {
  bool secure = false;
  std::string host;
  std::uint16_t port = 0;
  std::string target;  ///< Path and query, at least "/".

  /// Names the connection that serves it: "https://host:443".
  [[nodiscard]] std::string origin() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (secure ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

/// None when it is not absolute, has another scheme, a name and password (secrets do not belong into addresses), or a character that could
/// end the line of a request.
[[nodiscard]] inline std::optional<Url> parse_url(std::string_view text) {
  Url url;
  constexpr std::string_view plain{"http://"};
  constexpr std::string_view secure{"https://"};
  if (find_word(text.substr(0, secure.size()), secure) == 0) {
    url.secure = true;
    text.remove_prefix(secure.size());
  } else if (find_word(text.substr(0, plain.size()), plain) == 0) {
    text.remove_prefix(plain.size());
  } else {
    return std::nullopt;
  }
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20U || c == 0x7F) return std::nullopt;
  const std::size_t end = text.find_first_of("/?#");
  std::string_view authority = text.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  if (end != std::string_view::npos) {
    const std::string_view rest = text.substr(end, text.find('#', end) - end);
    url.target = rest;
  }
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, 1, '/');

  std::size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {  // an IPv6 address has colons of its own
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(1, close - 1);
    if (close + 1 < authority.size() && authority[close + 1] != ':') return std::nullopt;
    colon = close + 1 < authority.size() ? close + 1 : std::string_view::npos;
  } else {
    url.host = authority.substr(0, colon);
  }
  if (url.host.empty()) return std::nullopt;
  url.port = url.secure ? 443 : 80;
  if (colon != std::string_view::npos) {
    const auto port = whole_number(authority.substr(colon + 1));
    if (!port || *port < 1 || *port > 65'535) return std::nullopt;
    url.port = static_cast<std::uint16_t>(*port);
  }
  return url;
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
