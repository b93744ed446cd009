// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>         // HttpResponse
#include <ductile/detail/ascii.hpp>           // contains, lowered, trimmed, whole_number
#include <ductile/gemini/classification.hpp>  // Classification, Confidence
#include <ductile/gemini/classifier.hpp>      // classify
#include <ductile/gemini/failures.hpp>        // find_failure, verdict_of
#include <ductile/gemini/names.hpp>           // grpc_status_of, grpc_statuses
#include <ductile/gemini/redact.hpp>          // redacted, shortened

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// What people write by hand of a failure: "503 overloaded", "no image", "grpc 14". No program says so little, and a classifier that
// decides about retries does not guess at it; to somebody who asks, a guess that is called one is of use.
namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

struct Shorthand {
  std::string_view words;  ///< In lower case.
  std::string_view id;
  int status = 0;  ///< Only beside this status, or none; 0: beside any.
};

/// The first that stands in the line decides.
inline constexpr auto shorthands = std::to_array<Shorthand>({
    {"limit 0", "limit-zero", 429},
    {"limit is 0", "limit-zero", 429},
    {"overload", "overloaded", 503},
    {"high demand", "high-demand", 503},
    {"busy", "overloaded", 503},
    {"no capacity", "capacity-503", 503},
    {"out of capacity", "capacity-503", 503},
    {"spend cap", "spend-cap-monthly", 429},
    {"spending cap", "spend-cap-monthly", 429},
    {"no credit", "prepay-depleted-429", 429},
    {"out of credit", "prepay-depleted-429", 429},
    {"daily", "rpd-paid", 429},
    {"quota", "quota-no-details", 429},
    {"rate limit", "rate-generic", 429},
    {"rate-limit", "rate-generic", 429},
    {"ratelimit", "rate-generic", 429},
    {"throttl", "rate-generic", 429},
    {"model not found", "model-not-found", 404},
    {"no such model", "model-not-found", 404},
    {"unknown model", "model-not-found", 404},
    {"model retired", "model-retired-listed", 404},
    {"model deprecated", "model-retired-listed", 404},
    {"model is gone", "model-retired-listed", 404},
    {"unknown name", "unknown-field", 400},
    {"unknown field", "unknown-field", 400},
    {"billing", "billing-disabled"},
    {"location not supported", "location-unsupported", 400},
    {"country not supported", "location-unsupported", 400},
    {"region not supported", "location-unsupported", 400},
    {"no image", "no-image", 200},
    {"no candidates", "candidates-empty", 200},
    {"empty response", "body-empty", 200},
    {"empty answer", "body-empty", 200},
    {"empty body", "body-empty", 200},
    {"max_tokens", "max-tokens-no-image", 200},
    {"max tokens", "max-tokens-no-image", 200},
    {"recitation", "recitation", 200},
    {"prohibited", "image-prohibited", 200},
    {"image blocked", "image-safety", 200},
    {"image filtered", "image-safety", 200},
    {"prompt blocked", "prompt-blocked-safety", 200},
    {"blocked by safety", "prompt-blocked-safety", 200},
    {"content blocked", "prompt-blocked-safety", 200},
    {"safety block", "prompt-blocked-safety", 200},
    {"safety filter", "prompt-blocked-safety", 200},
    {"err_cert", "tls-failure"},
    {"err_ssl", "tls-failure"},
    {"certificate", "tls-failure"},
    {"ssl error", "tls-failure"},
    {"tls error", "tls-failure"},
    {"err_tunnel", "proxy-block-page-403"},
    {"dns", "dns-failure"},
    {"could not resolve", "dns-failure"},
    {"cannot resolve", "dns-failure"},
    {"err_aborted", "cancelled-499"},
    {"cancelled", "cancelled-499", 499},
    {"canceled", "cancelled-499", 499},
    {"unavailable", "service-unavailable", 503},
    {"internal", "internal", 500},
});

static_assert(std::ranges::all_of(shorthands, [](const Shorthand& known) { return gemini::find_failure(known.id) != nullptr; }));

/// Longer texts are a program's, or a story, in which such words stand for other things.
inline constexpr std::size_t longest_shorthand = 120;

/// The first number of the line that stands alone and that `fits` takes; 0 when there is none.
template <class Fits>
[[nodiscard]] int number_in(std::string_view words, const Fits& fits) {
  const auto of_name = [](char c) {
    return ductile::detail::is_letter(c) || ductile::detail::is_digit(c) || c == '_' || c == '.' || c == '-';
  };
  for (std::size_t at = 0; at < words.size();) {
    std::size_t end = at;
    while (end < words.size() && of_name(words[end])) ++end;
    const bool is_port = at > 1 && words[at - 1] == ':' && of_name(words[at - 2]);  // "host:443"
    const auto number = end - at <= 3 && !is_port ? ductile::detail::whole_number(words.substr(at, end - at)) : std::nullopt;
    if (number && fits(*number)) return static_cast<int>(*number);
    at = end + 1;
  }
  return 0;
}

/// "grpc-status: 8", "gRPC status 14": the name of that number, where gRPC is named.
[[nodiscard]] inline std::string_view grpc_by_number(std::string_view words) {
  if (!ductile::detail::contains(words, "grpc")) return {};
  const int number = number_in(words, [](auto value) { return value >= 1 && value <= 16; });
  const auto* const known = std::ranges::find(gemini::grpc_statuses, number, &gemini::GrpcStatus::number);
  return number == 0 || known == gemini::grpc_statuses.end() ? std::string_view{} : known->name;
}

/// The same paste with the status where a program would have put it; none when it says no status.
[[nodiscard]] inline std::optional<HttpResponse> with_status_named(std::string_view line, std::string_view words) {
  const std::string_view by_name = gemini::grpc_status_of(line);
  const std::string_view grpc = by_name.empty() || by_name == "OK" ? grpc_by_number(words) : by_name;
  if (!grpc.empty()) return HttpResponse{.status = 0, .headers = {}, .body = "rpc error: status: " + std::string{grpc}};
  const int status = number_in(words, [](auto value) { return value >= 400 && value < 600; });
  if (status == 0) return std::nullopt;
  return HttpResponse{.status = 0, .headers = {}, .body = "HTTP " + std::to_string(status) + ": " + std::string{line}};
}

}  // namespace detail

/// What a line that somebody wrote by hand most likely means; none when it is longer than such a line, or says nothing known.
[[nodiscard]] inline std::optional<gemini::Classification> read_shorthand(std::string_view paste,
                                                                          const gemini::AnswerContext& context = {}) {
  const std::string_view line = ductile::detail::trimmed(paste);
  if (line.empty() || line.size() > detail::longest_shorthand || line.find_first_of("{}<>\n") != line.npos) return std::nullopt;
  const std::string words = ductile::detail::lowered(line);
  std::optional<gemini::Classification> said;
  if (const auto named = detail::with_status_named(line, words)) said = gemini::classify(*named, context);
  const int status = said ? said->http_status : 0;
  const bool by_status_alone = !said || said->confidence == gemini::Confidence::guess;
  if (by_status_alone)
    for (const detail::Shorthand& known : detail::shorthands) {
      const bool fits = status == 0 || known.status == 0 || known.status == status;
      if (!fits || !ductile::detail::contains(words, known.words)) continue;
      gemini::Classification guess;
      guess.verdict = gemini::verdict_of(*gemini::find_failure(known.id));
      guess.confidence = gemini::Confidence::guess;
      guess.http_status = status;
      guess.evidence.push_back({"a word of the paste", std::string{known.words}});
      if (status != 0) guess.evidence.push_back({"HTTP status", std::to_string(status)});
      if (guess.verdict.remedy == Remedy::next_day) guess.verdict.dimension = QuotaDimension::requests_per_day;
      guess.limit_zero = known.id == "limit-zero";
      said = std::move(guess);
      break;
    }
  if (said) said->message = gemini::shortened(gemini::redacted(std::string{line}, context.secret), detail::longest_shorthand);
  return said;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
