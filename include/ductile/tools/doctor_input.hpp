// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // HttpHeader, HttpResponse
#include <ductile/detail/ascii.hpp>
#include <ductile/gemini/classifier.hpp>  // classify
#include <ductile/tools/doctor_go.hpp>    // with_go_maps_as_json
#include <ductile/tools/doctor_har.hpp>   // har_answers
#include <ductile/tools/log_time.hpp>     // begins_with_time
#include <ductile/tools/tells_failure.hpp>

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What people paste when something has failed, and the answers in it.
namespace ductile::inline DUCTILE_VERSION::tools {

/// What is known beside the input itself.
struct DoctorHints {
  int status = 0;                     ///< The HTTP status; 0: not given.
  std::vector<HttpHeader> headers{};  ///< As given; the input may hold more of them.

  [[nodiscard]] bool given() const noexcept { return status != 0 || !headers.empty(); }
};

namespace detail {

using namespace ductile::detail;  // the ASCII helpers

/// Cuts the first line off; without its line break.
[[nodiscard]] inline std::string_view take_line(std::string_view& text) noexcept {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The status of "HTTP/1.1 429 Too Many Requests"; none when it is no status line.
[[nodiscard]] inline std::optional<int> status_of_line(std::string_view line) noexcept {
  if (!line.starts_with("HTTP/") || line.find('{') != std::string_view::npos) return std::nullopt;  // a log's line may go on with a body
  const std::size_t blank = line.find(' ');
  if (blank > 8) return std::nullopt;
  const auto status = whole_number(line.substr(blank + 1, 3));
  const bool ends = line.size() <= blank + 4 || line[blank + 4] == ' ';
  return ends && status && *status >= 100 && *status < 600 ? std::optional{static_cast<int>(*status)} : std::nullopt;
}

/// "name: value"; none when it is no header.
[[nodiscard]] inline std::optional<HttpHeader> header_of_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  for (const char c : line.substr(0, colon))
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_') return std::nullopt;
  return HttpHeader{.name = std::string{line.substr(0, colon)}, .value = std::string{trimmed(line.substr(colon + 1))}};
}

/// Reads `curl -i`: as many heads as there are (100 Continue, a proxy's, redirects), the last one counts; the rest is the body.
inline bool read_head(std::string_view& text, HttpResponse& response) {
  bool found = false;
  while (true) {
    std::string_view rest = text;
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    const auto status = status_of_line(take_line(rest));
    if (!status) return found;
    std::vector<HttpHeader> headers;
    while (!rest.empty()) {
      std::string_view after = rest;
      const std::string_view line = take_line(after);
      auto header = header_of_line(line);
      if (!line.empty() && !header) break;  // a head without the blank line after it
      rest = after;
      if (line.empty()) break;
      headers.push_back(std::move(*header));
    }
    response.status = *status;
    response.headers = std::move(headers);
    text = rest;
    found = true;
  }
}

/// Whether a line is one with which `curl -v` begins another exchange.
[[nodiscard]] inline bool begins_curl_exchange(std::string_view line) noexcept {
  constexpr std::array<std::string_view, 7> beginnings{"Trying ",           "Host ",      "Hostname ", "Could not resolve ", "Uses proxy ",
                                                       "Re-using existing", "Rebuilt URL"};
  if (!line.starts_with("* ")) return false;
  line = trimmed(line.substr(2));
  return std::ranges::any_of(beginnings, [line](std::string_view beginning) { return line.starts_with(beginning); });
}

/// The answers of what `curl -v` prints, without its marks: "> " what was sent, "* " what it did, "< " the answer's head, and the body as
/// it is. Each with the heads before it that no body follows; an exchange without an answer is what curl says of it. Empty: it is none.
[[nodiscard]] inline std::vector<std::string> curl_answers(std::string_view text) {
  if (text.find("\n< HTTP/") == std::string_view::npos && !text.starts_with("< HTTP/")) return {};
  std::vector<std::string> answers;
  std::string answer;
  bool has_head = false;
  bool has_body = false;
  const auto end_answer = [&] {
    if (!answer.empty()) answers.push_back(std::exchange(answer, {}));
    has_head = has_body = false;
  };
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const bool of_head = line.starts_with("< ") || line == "<";
    if (has_body && (of_head || begins_curl_exchange(line))) end_answer();
    if (of_head) {
      has_head = true;
      answer.append(line.substr(line.size() > 1 ? 2 : 1)).append("\n");
    } else if (!line.starts_with("* ") && !line.starts_with("> ") && line != ">" && !line.starts_with("{ [") && !line.starts_with("} [")) {
      const bool by_curl = line.starts_with("curl: (");
      if (!has_head && !by_curl) continue;                                                // a progress meter, a command
      if (by_curl && has_head && !has_body && !answer.ends_with("\n\n")) answer += '\n';  // that is no header
      has_body = has_body || !trimmed(line).empty();
      answer.append(line).append("\n");
    }
  }
  end_answer();
  return answers;
}

[[nodiscard]] inline std::optional<boost::json::object> object_of(std::string_view line) {
  line = trimmed(line);
  if (!line.starts_with('{') || !line.ends_with('}')) return std::nullopt;
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(line, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

/// A log's record of an exchange: {"status": 429, "body": "..."}. None when the object is something else.
[[nodiscard]] inline std::optional<HttpResponse> exchange_of(const boost::json::object& record) {
  const auto body = record.find("body");
  if (body == record.end() || record.contains("error")) return std::nullopt;
  HttpResponse response;
  for (const char* const name : {"http_status", "status", "status_code", "statusCode", "code"})
    if (const auto found = record.find(name); found != record.end() && found->value().is_int64()) {
      const std::int64_t status = found->value().get_int64();
      if (response.status == 0 && status >= 100 && status < 600) response.status = static_cast<int>(status);
    }
  if (const auto headers = record.find("headers"); headers != record.end() && headers->value().is_object())
    for (const auto& [name, value] : headers->value().get_object())
      if (value.is_string()) response.headers.push_back({.name = std::string{name}, .value = std::string{value.get_string()}});
  const boost::json::value& said = body->value();
  if (!said.is_string() && !said.is_object() && !said.is_array()) return std::nullopt;
  response.body = said.is_string() ? std::string{said.get_string()} : boost::json::serialize(said);
  return response;
}

/// Whether a line begins as loggers without a clock begin one: "ERROR ", "[WARN]", "E1124 ".
[[nodiscard]] inline bool begins_with_level(std::string_view line) noexcept {
  constexpr std::array<std::string_view, 8> levels{"ERROR", "WARNING", "WARN", "INFO", "DEBUG", "FATAL", "CRITICAL", "TRACE"};
  if (line.starts_with('[')) line.remove_prefix(1);
  for (const std::string_view level : levels)
    if (line.starts_with(level) && line.size() > level.size() && contains(" :]\t", line.substr(level.size(), 1))) return true;
  return line.size() > 5 && contains("EWIF", line.substr(0, 1)) && all_digits(line.substr(1, 4)) && line[5] == ' ';
}

/// Whether what follows a status line makes a head of it: a header, the blank line or a body of JSON, or its end where a blank line stood
/// before. A body may quote such a line.
[[nodiscard]] inline bool continues_head(std::string_view rest, bool after_blank) {
  if (rest.empty()) return after_blank;
  const std::string_view next = take_line(rest);
  return trimmed(next).empty() || header_of_line(next) || status_of_line(next) || next.starts_with('{') || next.starts_with('[');
}

/// Several answers as `curl -i` prints them, one behind the other; empty where there is one at most. A head that no body follows belongs to
/// the next, as a proxy's does. What stands before the first is one where it tells a failure, and no command or title.
[[nodiscard]] inline std::vector<std::string_view> headed_answers(std::string_view text) {
  std::vector<std::size_t> begins;
  bool in_head = false;
  bool has_body = true;
  bool after_blank = true;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t begin = text.size() - rest.size();
    const std::string_view line = take_line(rest);
    const bool begins_head = status_of_line(line) && (in_head || continues_head(rest, after_blank));
    after_blank = trimmed(line).empty();
    if (begins_head) {
      if (has_body) begins.push_back(begin);
      in_head = true;
      has_body = false;
    } else if (in_head && header_of_line(line)) {
      continue;
    } else if (!after_blank) {
      if (begins.empty()) continue;
      in_head = false;
      has_body = true;
    } else {
      in_head = false;
    }
  }
  std::vector<std::string_view> answers;
  if (begins.size() < 2) return answers;
  const std::string_view lead = trimmed(text.substr(0, begins.front()));
  HttpResponse said;
  said.body = std::string{lead};
  if (!lead.empty() && tells_failure(lead, gemini::classify(said))) answers.push_back(lead);
  for (std::size_t i = 0; i < begins.size(); ++i)
    answers.push_back(text.substr(begins[i], i + 1 < begins.size() ? begins[i + 1] - begins[i] : std::string_view::npos));
  return answers;
}

/// Several JSON objects, however they are printed, one behind the other, each with the lines that stand before it; empty where there is one
/// at most. With lines between them, which may belong to what they speak of, only where each is an answer.
[[nodiscard]] inline std::vector<std::string_view> printed_objects(std::string_view text) {
  std::vector<std::string_view> objects;
  boost::json::parse_options options;
  options.max_depth = 512;
  std::size_t begin = 0;
  bool are_answers = true;
  bool has_lines = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (!rest.starts_with('{')) {
      const std::size_t length = std::min(rest.find('\n'), rest.size() - 1) + 1;
      has_lines = has_lines || !trimmed(rest.substr(0, length)).empty();
      at += length;
      continue;
    }
    boost::json::stream_parser parser{{}, options};
    boost::system::error_code error;
    const std::size_t read = parser.write_some(rest.data(), rest.size(), error);
    if (error || !parser.done()) return {};
    const boost::json::value value = parser.release();
    are_answers = are_answers && value.is_object() &&
                  (value.get_object().contains("error") || value.get_object().contains("candidates") ||
                   value.get_object().contains("promptFeedback"));
    at += read;
    objects.push_back(trimmed(text.substr(begin, at - begin)));
    begin = at;
  }
  if (objects.size() < 2 || (has_lines && !are_answers)) return {};
  objects.back() = trimmed(text.substr(static_cast<std::size_t>(objects.back().data() - text.data())));
  return objects;
}

/// The pieces of an input that are records of their own: each line where every line is a JSON object; else each line that begins with a
/// time or a level, with what follows it; else each of several answers or objects; else the whole.
[[nodiscard]] inline std::vector<std::string_view> pieces_of(std::string_view text) {
  std::vector<std::string_view> lines;
  std::vector<std::size_t> times;
  bool objects = true;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t begin = text.size() - rest.size();
    const std::string_view line = take_line(rest);
    if (trimmed(line).empty()) continue;
    if (begins_with_time(line) || begins_with_level(line)) times.push_back(begin);
    lines.push_back(line);
    objects = objects && object_of(line);
  }
  if (objects && lines.size() > 1) return lines;
  if (times.size() < 2 || !trimmed(text.substr(0, times.front())).empty()) {
    if (auto answers = headed_answers(text); !answers.empty()) return answers;
    if (auto printed = printed_objects(text); !printed.empty()) return printed;
    return {text};
  }
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < times.size(); ++i)
    pieces.push_back(text.substr(times[i], i + 1 < times.size() ? times[i + 1] - times[i] : std::string_view::npos));
  return pieces;
}

/// The archive of exchanges that a text is. Browsers nest the stacks of their scripts deeper than a parser takes unasked.
[[nodiscard]] inline std::vector<HttpResponse> archived_answers(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('{') || !text.ends_with('}') || !contains(text, "\"response\"")) return {};
  boost::json::parse_options options;
  options.max_depth = 512;
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error, {}, options);
  std::vector<HttpResponse> answers;
  if (!error && value.is_object())
    for (HarAnswer& answer : har_answers(value.get_object())) answers.push_back(std::move(answer.response));
  return answers;
}

[[nodiscard]] inline HttpResponse answer_of(std::string_view text) {
  HttpResponse response;
  const auto by_curl = curl_answers(text);
  if (!by_curl.empty()) text = by_curl.back();
  const bool headed = read_head(text, response);
  if (!headed)
    if (const auto object = object_of(text))
      if (auto exchange = exchange_of(*object)) return std::move(*exchange);
  response.body = with_go_maps_as_json(text);
  if (response.body.empty()) response.body = std::string{text};
  return response;
}

}  // namespace detail

/// Whether an input begins as `curl -i` or `curl -v` prints an answer.
[[nodiscard]] inline bool begins_with_answer(std::string_view input) noexcept {
  input = detail::trimmed(input);
  const std::string_view first = detail::take_line(input);
  return detail::status_of_line(first) || first.starts_with("* ") || first.starts_with("> ") || first.starts_with("< ");
}

/// The answers that an input holds, in order; at least one, which is empty when nothing was given.
///
/// With a status or a header the whole input is one record. Else JSON lines are one record a line, and log lines that each begin with a
/// time or a level one record each; of several outputs of `curl -i` or `curl -v`, or several JSON objects, one behind the other each is
/// one; everything else is one record. Heads as `curl -i` and `curl -v` print them, and log records of the form
/// {"status": 429, "body": "..."}, are taken apart; an archive of exchanges (HAR) is one record an exchange, as `har_answers` says. A
/// status given beside outranks one within.
[[nodiscard]] inline std::vector<HttpResponse> answers_of(std::string_view input, const DoctorHints& hints = {}) {
  constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};
  if (input.starts_with(byte_order_mark)) input.remove_prefix(byte_order_mark.size());
  std::vector<HttpResponse> answers;
  std::vector<HttpResponse> archived = detail::archived_answers(input);
  if (!hints.given()) {
    if (!archived.empty()) return archived;
    for (const std::string_view piece : detail::pieces_of(input)) {
      const auto by_curl = detail::curl_answers(piece);
      for (const std::string& each : by_curl) answers.push_back(detail::answer_of(each));
      if (by_curl.empty()) answers.push_back(detail::answer_of(piece));
    }
    return answers;
  }
  HttpResponse response = archived.size() == 1 ? std::move(archived.front()) : detail::answer_of(input);
  if (hints.status != 0) response.status = hints.status;
  response.headers.insert(response.headers.end(), hints.headers.begin(), hints.headers.end());
  answers.push_back(std::move(response));
  return answers;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
