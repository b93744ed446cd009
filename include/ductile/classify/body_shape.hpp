// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>
#include <ductile/detail/ascii.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION {

/// What a body is, by its own looks: content types lie (JSON errors are sent as text/event-stream, pages as JSON).
enum class BodyShape : std::uint8_t {
  empty,
  json,  ///< Begins like an object or an array; may be cut or damaged.
  sse,   ///< Server-sent events: lines that begin with "data:".
  html,  ///< A page, or a piece of one.
  text
};

/// Whose page or sentence a body that is no JSON looks like.
enum class PageAuthor : std::uint8_t {
  unknown,
  google,      ///< The front end's robot page.
  cloudflare,  ///< A protective proxy.
  proxy        ///< nginx, Envoy, Apache and their like.
};

namespace detail {
// A body is judged by its first part: what it is stands there, and a hostile one may be a hundred megabytes long.
inline constexpr std::size_t looked_at = std::size_t{16} * 1024;

[[nodiscard]] constexpr bool holds_word(std::string_view body, std::string_view word) noexcept {
  return find_word(body, word) != std::string_view::npos;
}
}  // namespace detail

/// What the body looks like. Looks at its first 16 KiB.
[[nodiscard]] constexpr BodyShape body_shape(std::string_view body) noexcept {
  constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};
  std::string_view head = body.substr(0, detail::looked_at);
  if (head.starts_with(byte_order_mark)) head.remove_prefix(byte_order_mark.size());
  head = detail::trimmed(head);
  if (head.empty()) return BodyShape::empty;
  if (head.front() == '{') return BodyShape::json;
  if (head.front() == '[') {
    const std::string_view inside = detail::trimmed(head.substr(1));
    if (inside.empty() || inside.front() == '{' || inside.front() == ']') return BodyShape::json;
  }
  if (detail::find_word(head, "data:") == 0 || detail::find_word(head, "event:") == 0 || detail::holds_word(head, "\ndata:"))
    return BodyShape::sse;
  constexpr std::array<std::string_view, 8> tags{"<!doctype html", "<html", "<head", "<title", "<body", "</div>", "</p>", "</ul>"};
  for (const std::string_view tag : tags)
    if (detail::holds_word(head, tag)) return BodyShape::html;
  return BodyShape::text;
}

/// Who wrote the page, by marks that its maker leaves. Looks at the first 16 KiB.
[[nodiscard]] constexpr PageAuthor page_author(std::string_view body) noexcept {
  const std::string_view head = body.substr(0, detail::looked_at);
  struct Mark {
    std::string_view word;
    PageAuthor author;
  };
  constexpr std::array<Mark, 10> marks{{{"cloudflare", PageAuthor::cloudflare},
                                        {"cf-error", PageAuthor::cloudflare},
                                        {"images/errors/robot", PageAuthor::google},
                                        {"!!1</title>", PageAuthor::google},
                                        {"googlelogo", PageAuthor::google},
                                        {"<center>nginx", PageAuthor::proxy},
                                        {"openresty", PageAuthor::proxy},
                                        {"upstream connect error", PageAuthor::proxy},
                                        {"apache server at", PageAuthor::proxy},
                                        {"squid", PageAuthor::proxy}}};
  for (const Mark& mark : marks)
    if (detail::holds_word(head, mark.word)) return mark.author;
  return PageAuthor::unknown;
}

}  // namespace ductile::inline DUCTILE_VERSION
