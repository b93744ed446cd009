// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>           // Duration
#include <ductile/detail/nearest_word.hpp>    // nearest_word
#include <ductile/mock/detail/json_text.hpp>  // fill, json_text, print_json
#include <ductile/mock/detail/words.hpp>      // token, word
#include <ductile/mock/dice.hpp>              // Dice
#include <ductile/mock/exchange.hpp>          // Answer
#include <ductile/mock/quota_errors.hpp>      // quota_error, QuotaWords
#include <ductile/mock/rows.hpp>              // all_answers, find_row, Form, Row
#include <ductile/mock/scene.hpp>             // Delivery, http_date, Scene

#include <boost/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

inline std::int64_t image_tokens(std::string_view model, std::string_view size) {
  if (model.starts_with("gemini-2.")) return 1290;
  if (model.find("pro") != model.npos) return size == "4K" ? 2000 : 1120;
  return size == "512" ? 747 : size == "2K" ? 1680 : size == "4K" ? 2520 : 1120;
}

struct Spent {
  std::int64_t text = 0;
  std::int64_t image = 0;
  std::int64_t images = 0;

  void add(const boost::json::object& piece, const Scene& scene) {
    const auto* candidates = piece.if_contains("candidates");
    if (!candidates || candidates->as_array().empty()) return;
    const auto* content = candidates->as_array()[0].as_object().if_contains("content");
    const auto* parts = content ? content->as_object().if_contains("parts") : nullptr;
    if (!parts || !parts->is_array()) return;
    for (const auto& part : parts->as_array()) {
      if (part.as_object().contains("thought")) continue;
      if (const auto* words = part.as_object().if_contains("text")) text += static_cast<std::int64_t>(words->as_string().size() / 4) + 1;
      if (!part.as_object().contains("inlineData")) continue;
      image += image_tokens(scene.model, scene.size);
      ++images;
    }
  }
};

/// What every 200 carries: the bill so far, the model that served, a name.
inline void sign(boost::json::object& piece, const Scene& scene, const Spent& spent) {
  namespace json = boost::json;
  json::object usage{{"promptTokenCount", scene.prompt_tokens}};
  std::int64_t total = scene.prompt_tokens + spent.text + spent.image;
  if (spent.text + spent.image > 0) usage["candidatesTokenCount"] = spent.text + spent.image;
  if (const auto* given = piece.if_contains("usageMetadata")) {
    for (const auto& [name, value] : given->as_object()) usage[name] = value;
    if (const auto* thoughts = given->as_object().if_contains("thoughtsTokenCount")) total += thoughts->as_int64();
  }
  usage["totalTokenCount"] = total;
  usage["promptTokensDetails"] = json::array{json::object{{"modality", "TEXT"}, {"tokenCount", scene.prompt_tokens}}};
  if (spent.image > 0) usage["candidatesTokensDetails"] = json::array{json::object{{"modality", "IMAGE"}, {"tokenCount", spent.image}}};
  if (!scene.service_tier.empty() && !usage.contains("serviceTier")) usage["serviceTier"] = scene.service_tier;
  piece["usageMetadata"] = std::move(usage);
  if (!piece.contains("modelVersion")) piece["modelVersion"] = scene.model;
  std::string name = token(scene, "response", 15);
  for (char& letter : name) letter = letter == '+' ? '-' : letter == '/' ? '_' : letter;
  piece["responseId"] = name;
}

/// The pieces of a stream in one: their parts in a row, and what the last one adds. An error among them is all that is left.
inline boost::json::object merged(const boost::json::array& pieces) {
  boost::json::object whole = pieces[0].as_object();
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const boost::json::object& piece = pieces[i].as_object();
    if (piece.contains("error")) return piece;
    for (const auto& [name, value] : piece) {
      if (name != "candidates") {
        whole[name] = value;
        continue;
      }
      boost::json::object candidate = value.as_array()[0].as_object();
      boost::json::array parts = whole["candidates"].as_array()[0].at("content").at("parts").as_array();
      for (const auto& part : candidate["content"].at("parts").as_array()) parts.push_back(part);
      candidate["content"].as_object()["parts"] = std::move(parts);
      whole["candidates"].as_array()[0] = std::move(candidate);
    }
  }
  return whole;
}

inline void put_error(Answer& answer, const boost::json::value& body, const Scene& scene) {
  const bool array = scene.delivery == Delivery::array || scene.delivery == Delivery::openai;
  std::string text = array ? "[" : "";
  print_json(text, body);
  answer.pieces = {text + (array ? "\n]\n" : "\n")};
  answer.content_type = scene.delivery == Delivery::events ? "text/event-stream" : "application/json; charset=UTF-8";
}

inline boost::json::value error_envelope(const Row& row, const Scene& scene) {
  namespace json = boost::json;
  Scene said = scene;
  if (said.message.empty()) said.message = fill(row.text, [&](std::string_view name) { return word(name, scene); });
  json::object error{{"code", row.status}, {"message", said.message}};
  if (!row.legacy.empty())
    error["errors"] = json::array{json::object{{"message", said.message}, {"domain", "global"}, {"reason", row.legacy}}};
  error["status"] = row.grpc;
  if (!scene.violations.empty()) {
    json::array violations;
    for (const FieldViolation& each : scene.violations) {
      json::object violation;
      if (!each.field.empty()) violation["field"] = each.field;  // the request itself has no name
      violation["description"] = each.description;
      violations.push_back(std::move(violation));
    }
    error["details"] =
        json::array{json::object{{"@type", "type.googleapis.com/google.rpc.BadRequest"}, {"fieldViolations", std::move(violations)}}};
  } else if (!row.details.empty()) {
    json::value details = json::parse("[" + std::string{row.details} + "]");
    fill(details, [&](std::string_view name) { return word(name, said); });
    for (json::value& detail : details.as_array()) {
      json::value& type = detail.as_object()["@type"];
      type = "type.googleapis.com/google.rpc." + std::string{type.as_string()};
    }
    error["details"] = std::move(details);
  }
  return {{"error", std::move(error)}};
}

inline void put_answer(Answer& answer, const Row& row, const Scene& scene) {
  namespace json = boost::json;
  json::value parsed = json::parse(row.text);
  fill(parsed, [&](std::string_view name) {
    std::string said = word(name, scene);
    if (name == "png" || name == "large_png") answer.picture = Dice::hash(said);
    if (name == "signature") answer.signature = Dice::hash(said);
    return said;
  });
  json::array& pieces = parsed.as_array();
  const bool streamed = is_streamed(scene.delivery);
  if (!streamed) pieces = json::array{merged(pieces)};
  Spent spent;
  for (json::value& piece : pieces) {
    if (piece.as_object().contains("error")) continue;
    spent.add(piece.as_object(), scene);
    sign(piece.as_object(), scene, spent);
    const auto* thoughts = piece.at("usageMetadata").as_object().if_contains("thoughtsTokenCount");
    answer.usage = {.input_tokens = scene.prompt_tokens,
                    .text_tokens = spent.text + (thoughts ? thoughts->as_int64() : 0),
                    .image_tokens = spent.image,
                    .images = spent.images};
  }
  if (!streamed) {
    if (const auto* error = pieces[0].as_object().if_contains("error")) {
      answer.status = static_cast<int>(error->at("code").as_int64());
      return put_error(answer, pieces[0], scene);
    }
    answer.content_type = "application/json; charset=UTF-8";
    answer.pieces = {json_text(pieces[0])};
    return;
  }
  answer.streamed = true;
  answer.content_type = scene.delivery == Delivery::events ? "text/event-stream" : "application/json; charset=UTF-8";
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool raw_tail = row.id == "sse-error-tail-raw" && i + 1 == pieces.size();
    if (scene.delivery == Delivery::array) {
      std::string text = i == 0 ? "[" : ",\n";
      print_json(text, pieces[i]);
      answer.pieces.push_back(text + (i + 1 == pieces.size() ? "\n]\n" : "\n"));
    } else if (raw_tail) {
      answer.pieces.push_back(json_text(pieces[i]));
    } else {
      answer.pieces.push_back("data: " + json::serialize(pieces[i]) + "\n\n");
    }
  }
}

inline void put_headers(Answer& answer, const Scene& scene) {
  answer.headers.insert(answer.headers.begin(), {{"Date", http_date(scene.time)},
                                                 {"Server", "scaffolding on HTTPServer2"},
                                                 {"Vary", "Origin, X-Origin, Referer"},
                                                 {"X-XSS-Protection", "0"},
                                                 {"X-Frame-Options", "SAMEORIGIN"},
                                                 {"X-Content-Type-Options", "nosniff"},
                                                 {"x-gemini-service-tier", scene.service_tier.empty() ? "standard" : scene.service_tier}});
}

inline void put_row_header(Answer& answer, std::string_view line) {
  if (line.empty()) return;
  const std::size_t colon = line.find(": ");
  const std::string name{line.substr(0, colon)};
  const std::string value{line.substr(colon + 2)};
  if (name == "Content-Type") {
    answer.content_type = value;
    return;
  }
  std::erase_if(answer.headers, [&](const HttpHeader& old) { return old.name == name; });
  answer.headers.push_back({name, value});
}

}  // namespace detail

/// How long the service keeps silent in a row that is silence: longer than a client should wait.
inline constexpr Duration silence_lasts = std::chrono::minutes{6};
/// And at least so long by the computer's clock: a client that has not joined the service's time knows no other.
inline constexpr Duration silence_lasts_really = std::chrono::seconds{10};

namespace detail {

// What of a fault is done to the body itself.
inline void apply_fault(Answer& answer) {
  if (answer.fault == ByteFault::cut_body) {
    std::string body = answer.body();
    body.resize(body.size() / 2);
    answer.pieces = {std::move(body)};
  }
  if (answer.fault == ByteFault::byte_order_mark) {
    answer.fault = ByteFault::none;
    answer.pieces.front().insert(0, "\xEF\xBB\xBF");
  }
  if (answer.fault == ByteFault::stall && !answer.streamed) {
    answer.fault = ByteFault::silence;
    answer.pieces.clear();
  }
  if (answer.fault == ByteFault::silence) {
    answer.latency = silence_lasts;
    answer.at_least = silence_lasts_really;
  }
}

}  // namespace detail

/// The answer of one row, in the shape that the client asked for.
///
/// Errors   None for the rows of the table. Cost: with an image, what drawing it costs.
/// Threads  Pure.
[[nodiscard]] inline Answer reply(const Row& row, const Scene& scene) {
  Answer answer{.id = std::string{row.id}, .status = row.status, .fault = row.fault};
  detail::put_headers(answer, scene);
  switch (row.form) {
    case Form::error: detail::put_error(answer, detail::error_envelope(row, scene), scene); break;
    case Form::answer: detail::put_answer(answer, row, scene); break;
    case Form::json: {
      boost::json::value body = boost::json::parse(row.text);
      detail::fill(body, [&](std::string_view name) { return detail::word(name, scene); });
      answer.content_type = "application/json; charset=UTF-8";
      answer.pieces = {boost::json::serialize(body)};
      break;
    }
    case Form::text:
    case Form::html:
      answer.content_type = row.form == Form::html ? "text/html; charset=UTF-8" : "text/plain";
      answer.pieces = {detail::fill(row.text, [&](std::string_view name) { return detail::word(name, scene); })};
      break;
  }
  detail::put_row_header(answer, row.header);
  detail::apply_fault(answer);
  return answer;
}

/// Does to the bytes of `answer` what the row `fault`, one of the transport's, does to its own. It is that row then: a client sees no more.
inline void lay_fault(const Row& fault, Answer& answer) {
  answer.id = fault.id;
  answer.fault = fault.fault;
  detail::apply_fault(answer);
}

/// A 429 about a quota in these words.
[[nodiscard]] inline Answer quota_reply(std::string_view id, const QuotaWords& words, const Scene& scene) {
  Answer answer{.id = std::string{id}, .status = 429};
  detail::put_headers(answer, scene);
  detail::put_error(answer, quota_error(words, id, Quota::bucket(scene.model)), scene);
  return answer;
}

/// The answer of any row by its id, quota rows included; for unknown ids a 400 of the mock's own that says so.
[[nodiscard]] inline Answer reply(std::string_view id, const Scene& scene) {
  if (const Row* row = find_row(id)) return reply(*row, scene);
  if (const auto words = canned_quota_words(id)) return quota_reply(id, *words, scene);
  const std::string_view nearest = ductile::detail::nearest_word(id, all_answers());
  Answer answer{.id = "unknown-scenario", .status = 400, .content_type = "application/json; charset=UTF-8"};
  answer.pieces = {
      detail::json_text({{"error",
                          {{"code", 400},
                           {"message", "ductile mock: there is no scenario '" + std::string{id} + "'; " +
                                           (nearest.empty() ? std::string{} : "the nearest is '" + std::string{nearest} + "'; ") +
                                           "`ductile mock --list` has them all"},
                           {"status", "INVALID_ARGUMENT"}}}})};
  return answer;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
