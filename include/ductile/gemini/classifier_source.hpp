// SPDX-License-Identifier: BSL-1.0
#pragma once

// What classifier.hpp declares; see source.hpp.
#include <ductile/classify/retry_after.hpp>
#include <ductile/core/kind.hpp>       // Billed, Kind, Remedy, Says, Sent
#include <ductile/core/transport.hpp>  // HttpHeader, HttpResponse, TransportError, TransportFault
#include <ductile/core/verdict.hpp>
#include <ductile/detail/ascii.hpp>  // same_word, trimmed, whole_number
#include <ductile/gemini/classification.hpp>
#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/detail/facts.hpp>
#include <ductile/gemini/detail/judge.hpp>
#include <ductile/gemini/failures.hpp>
#include <ductile/gemini/names.hpp>  // grpc_statuses
#include <ductile/gemini/redact.hpp>
#include <ductile/gemini/response.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// NOLINTBEGIN(misc-definitions-in-headers): meant for one unit
namespace ductile::inline DUCTILE_VERSION::gemini {

Classification classify_text(std::string_view text, int http_status, const AnswerContext& context) {
  detail::Facts facts = detail::facts_of(text);
  if (detail::is_refusal(facts.status) && facts.status_level >= 0) facts = detail::facts_of(text, detail::Reading::all, facts.status_level);
  detail::Judge judge{facts, text, http_status, context};
  if (!judge.holds_no_answer()) return std::move(judge).judge();
  const detail::Facts told = detail::facts_of(text, detail::Reading::told);
  return detail::Judge{told, text, http_status, context}.judge();
}

namespace detail {

[[nodiscard]] inline std::string_view header(const HttpResponse& response, std::string_view name) {
  const auto found =
      std::ranges::find_if(response.headers, [name](const HttpHeader& header) { return ductile::detail::same_word(header.name, name); });
  return found == response.headers.end() ? std::string_view{} : std::string_view{found->value};
}

[[nodiscard]] inline std::string percent_decoded(std::string_view written) {
  std::string plain;
  for (std::size_t at = 0; at < written.size(); ++at) {
    unsigned char byte = 0;
    const std::string_view digits = written.substr(at).substr(0, 3);
    const auto parsed = std::from_chars(digits.data() + std::min<std::size_t>(1, digits.size()), digits.data() + digits.size(), byte, 16);
    const bool decoded = digits.size() == 3 && digits.front() == '%' && parsed.ptr == digits.data() + digits.size();
    plain.push_back(decoded ? static_cast<char>(byte) : written[at]);
    if (decoded) at += 2;
  }
  return plain;
}

/// What an answer of gRPC without a body says in its head (a response of trailers alone), as the envelope that it would be; empty where it
/// says nothing. Source: "gRPC over HTTP2", Responses and "Percent-Encoded".
[[nodiscard]] inline std::string envelope_of_head(const HttpResponse& response) {
  const auto number = ductile::detail::whole_number(header(response, "grpc-status"));
  const auto known = std::ranges::find_if(grpc_statuses, [number](const GrpcStatus& status) { return number == status.number; });
  if (known == grpc_statuses.end() || known->number == 0) return {};
  const boost::json::object error{
      {"code", known->http}, {"message", percent_decoded(header(response, "grpc-message"))}, {"status", known->name}};
  return boost::json::serialize(boost::json::object{{"error", error}});
}

inline void add_header_hint(Classification& result, const HttpResponse& response) {
  const auto said = retry_after(response.headers, response.received);
  if (!said || (result.retry_after && *result.retry_after >= *said)) return;
  result.retry_after = said;
  result.verdict.hint = rounded_up(*said);
  result.evidence.push_back(
      {"header Retry-After", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(result.verdict.hint).count()) + " s"});
}

/// An answer of which nothing came, although its head announced a body.
[[nodiscard]] inline bool lost_its_body(const HttpResponse& response) {
  if (response.status < 200 || response.status >= 300 || !ductile::detail::trimmed(response.body).empty()) return false;
  return ductile::detail::whole_number(header(response, "content-length")).value_or(0) > 0;
}

[[nodiscard]] inline Classification classification_of(const ReplyFault& fault, Classification known) {
  const FailureRow* row = find_failure(fault.id.text());
  known.verdict = row ? verdict_of(*row) : known.verdict;
  known.confidence = Confidence::certain;
  known.evidence.insert(known.evidence.begin(), {fault.where, fault.what});
  if (known.message.empty()) known.message = fault.what;
  return known;
}

}  // namespace detail

std::variant<ImageReply, Classification> read_answer(const HttpResponse& response, const ReplyExpectation& expected,
                                                     const AnswerContext& context) {
  const bool empty = ductile::detail::trimmed(response.body).empty();
  const std::string said_in_head = empty ? detail::envelope_of_head(response) : std::string{};
  Classification result = classify_text(said_in_head.empty() ? response.body : said_in_head, response.status, context);
  if (said_in_head.empty() && detail::lost_its_body(response))
    return detail::classification_of({"wrong-content-length", "header Content-Length", "announces a body; none came"}, std::move(result));
  if (!result.ok()) {
    detail::add_header_hint(result, response);
    return result;
  }
  auto read = read_reply(response.body, expected);
  if (auto* reply = std::get_if<ImageReply>(&read)) return std::move(*reply);
  return detail::classification_of(std::get<ReplyFault>(read), std::move(result));
}

Classification classify(const HttpResponse& response, const AnswerContext& context) {
  auto answer = read_answer(response, {}, context);
  if (auto* failed = std::get_if<Classification>(&answer)) return std::move(*failed);
  const ImageReply& reply = std::get<ImageReply>(answer);
  Classification result;
  result.verdict.billed = Billed::yes;
  result.verdict.images = reply.cost().images;
  result.verdict.tokens = reply.cost().tokens;
  result.confidence = Confidence::certain;
  result.http_status = response.status;
  result.model = reply.model_version;
  return result;
}

Classification classify(const TransportError& error, const AnswerContext& context) {
  const auto row_id = [&error]() -> std::string_view {
    switch (error.what) {
      case TransportFault::resolve: return "dns-failure";
      case TransportFault::refused: return "connect-refused";
      case TransportFault::connect_timeout: return "connect-timeout";
      case TransportFault::tls: return "tls-failure";
      case TransportFault::reset: return error.status == 0 ? "reset-before-headers" : "reset-mid-body";
      case TransportFault::closed: return "half-close-no-reply";
      case TransportFault::idle_timeout: return "idle-timeout";
      case TransportFault::total_timeout: return error.received == 0 ? "client-deadline" : "slow-drip";
      case TransportFault::truncated: return "wrong-content-length";
      case TransportFault::too_large:
      case TransportFault::cancelled:
      case TransportFault::other: break;
    }
    return {};
  };
  Classification result;
  Verdict& verdict = result.verdict;
  if (const FailureRow* row = find_failure(row_id())) {
    verdict = verdict_of(*row);
  } else {
    const bool cancelled = error.what == TransportFault::cancelled;
    verdict.kind = cancelled ? Kind::cancelled : Kind::network;
    // An answer too large to take will be as large again.
    verdict.remedy = cancelled || error.what == TransportFault::too_large ? Remedy::never : Remedy::immediately;
    verdict.billed = Billed::maybe;
  }
  verdict.says = error.what == TransportFault::cancelled ? Says::caller : Says::transport;
  verdict.sent = error.sent;
  verdict.reclassified = false;  // what broke was no success to the transport
  if (error.sent == Sent::no) verdict.billed = Billed::no;
  result.confidence = Confidence::certain;
  result.http_status = error.status;
  result.model = std::string{context.model};
  result.message = shortened(redacted(error.message, context.secret), detail::longest_message);
  result.evidence.push_back(
      {"transport", std::string{name(error.what)} + (error.received > 0 ? " after " + std::to_string(error.received) + " bytes" : "")});
  return result;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
// NOLINTEND(misc-definitions-in-headers)
