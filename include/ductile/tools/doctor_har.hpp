// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // HttpHeader, HttpResponse
#include <ductile/detail/ascii.hpp>    // contains
#include <ductile/gemini/base64.hpp>   // decode_base64

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a browser or a proxy recorded: HAR, an archive of exchanges, or one entry of it.
namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

[[nodiscard]] inline const boost::json::object* object_in(const boost::json::object& object, std::string_view name) noexcept {
  const boost::json::value* const member = object.if_contains(name);
  return member ? member->if_object() : nullptr;
}

[[nodiscard]] inline std::string_view text_in(const boost::json::object& object, std::string_view name) noexcept {
  const boost::json::value* const member = object.if_contains(name);
  const boost::json::string* const text = member ? member->if_string() : nullptr;
  return text ? std::string_view{*text} : std::string_view{};
}

/// The entries of an archive: of the whole file, of its `log`, or one alone. None when the object is something else.
[[nodiscard]] inline std::vector<const boost::json::object*> har_entries(const boost::json::object& object) {
  if (const boost::json::object* const response = object_in(object, "response"))
    if (response->contains("status") && (response->contains("content") || object.contains("request"))) return {&object};
  const boost::json::object* const log = object_in(object, "log");
  const boost::json::value* const list = (log ? log : &object)->if_contains("entries");
  std::vector<const boost::json::object*> entries;
  if (const boost::json::array* const items = list ? list->if_array() : nullptr)
    for (const boost::json::value& item : *items)
      if (const boost::json::object* const entry = item.if_object(); entry && object_in(*entry, "response")) entries.push_back(entry);
  return entries;
}

/// Whether an entry is an exchange with a model: by the path that was asked.
[[nodiscard]] inline bool asks_a_model(const boost::json::object& entry) noexcept {
  constexpr std::array<std::string_view, 7> marks{
      "/models", "generateContent", "countTokens", "/chat/completions", "/images/generations", "/interactions", "googleapis.com/v1"};
  const boost::json::object* const request = object_in(entry, "request");
  const std::string_view url = request ? text_in(*request, "url") : std::string_view{};
  return std::ranges::any_of(marks, [url](std::string_view mark) { return ductile::detail::contains(url, mark); });
}

/// Whether an entry asks for nothing that could fail as an image does, and went well: a browser's question before the call (OPTIONS), what
/// was in its cache (304), a list of models, a count of tokens.
[[nodiscard]] inline bool is_beside_the_call(const boost::json::object& entry) noexcept {
  const boost::json::object* const request = object_in(entry, "request");
  const std::string_view method = request ? text_in(*request, "method") : std::string_view{};
  const std::string_view url = request ? text_in(*request, "url") : std::string_view{};
  const boost::json::value* const status = object_in(entry, "response")->if_contains("status");
  const std::int64_t said = status && status->is_int64() ? status->get_int64() : 0;
  if (method == "OPTIONS" || said == 204 || said == 304) return true;
  return said >= 200 && said < 300 && (method == "GET" || ductile::detail::contains(url, "countTokens"));
}

/// The answer of an entry. Where there was none the browser says why, in a member of its own.
[[nodiscard]] inline HttpResponse answer_of_entry(const boost::json::object& entry) {
  const boost::json::object& said = *object_in(entry, "response");
  HttpResponse response;
  if (const boost::json::value* const status = said.if_contains("status"); status && status->is_int64())
    if (const auto number = status->get_int64(); number >= 100 && number < 600) response.status = static_cast<int>(number);
  if (const boost::json::value* const headers = said.if_contains("headers"); headers && headers->is_array())
    for (const boost::json::value& item : headers->get_array())
      if (const boost::json::object* const header = item.if_object())
        response.headers.push_back({std::string{text_in(*header, "name")}, std::string{text_in(*header, "value")}});
  if (const boost::json::object* const content = object_in(said, "content")) {
    response.body = text_in(*content, "text");
    if (text_in(*content, "encoding") == "base64")
      if (auto decoded = gemini::decode_base64(response.body)) response.body = *std::move(decoded);
  }
  if (response.status == 0 && response.body.empty()) {
    const std::string_view error = text_in(said, "_error");
    response.body = error.empty() ? text_in(entry, "_error") : error;
  }
  return response;
}

}  // namespace detail

/// One answer of an archive.
struct HarAnswer {
  HttpResponse response{};
  std::string begun{};  ///< When it was asked for, as the archive writes it; empty: it does not say.
};

/// The answers of an archive that tell of a failure, in order: of the calls of a model, where there are any; else of those that
/// failed; else of all. Empty when the object is no archive.
[[nodiscard]] inline std::vector<HarAnswer> har_answers(const boost::json::object& object) {
  const auto entries = detail::har_entries(object);
  const bool with_model = std::ranges::any_of(entries, [](const auto* entry) { return detail::asks_a_model(*entry); });
  std::vector<HarAnswer> answers;
  std::vector<HarAnswer> failed;
  for (const boost::json::object* const entry : entries) {
    if (with_model && (!detail::asks_a_model(*entry) || detail::is_beside_the_call(*entry))) continue;
    HarAnswer answer{detail::answer_of_entry(*entry), std::string{detail::text_in(*entry, "startedDateTime")}};
    if (answer.response.status == 0 || answer.response.status >= 400) failed.push_back(answer);
    answers.push_back(std::move(answer));
  }
  return with_model || failed.empty() ? answers : failed;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
