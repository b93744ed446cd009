// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>      // QuotaDimension
#include <ductile/core/verdict.hpp>   // Duration
#include <ductile/mock/quota.hpp>     // QuotaViolation
#include <ductile/mock/rows/row.hpp>  // Row

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What a 429 about a quota says. Everything may be missing, and the hint may be a lie: the service's are.
struct QuotaWords {
  std::vector<QuotaViolation> violations{};  ///< None: the body does not say which window.
  bool free = false;
  std::string_view suffix{};   ///< Of the quota ids, instead of the tier's.
  bool value_as_text = false;  ///< A zero is written out, and not left away as proto3 does.
  std::optional<Duration> hint{};
};

/// Whether nothing longer than a minute is full, so that a short wait helps.
[[nodiscard]] inline bool only_minutes(const std::vector<QuotaViolation>& violations) {
  return std::none_of(violations.begin(), violations.end(), [](const QuotaViolation& violation) {
    return violation.limit == 0 || violation.dimension == QuotaDimension::requests_per_day ||
           violation.dimension == QuotaDimension::tokens_per_day;
  });
}

/// Seconds as protobuf prints a duration: "19.369401572s".
[[nodiscard]] inline std::string duration_text(Duration span) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(span);
  std::string text = std::to_string(whole.count());
  if (const auto nanoseconds = (span - whole).count()) {
    std::string fraction = std::to_string(1'000'000'000 + nanoseconds);
    fraction.front() = '.';
    while (fraction.back() == '0') fraction.pop_back();
    text += fraction;
  }
  return text + 's';
}

namespace detail {

struct QuotaName {
  std::string metric;
  std::string id;
};

inline QuotaName quota_name(QuotaDimension dimension, const QuotaWords& words) {
  const std::string metrics = "generativelanguage.googleapis.com/";
  const std::string tier = words.free ? "free_tier" : "paid_tier";
  const std::string suffix = !words.suffix.empty() ? std::string{words.suffix} : words.free ? "-FreeTier" : "";
  switch (dimension) {
    case QuotaDimension::tokens_per_minute:
      return {metrics + "generate_content_" + tier + "_input_token_count",
              words.free ? "GenerateContentInputTokensPerModelPerMinute-FreeTier" : "GenerateContentPaidTierInputTokensPerModelPerMinute"};
    case QuotaDimension::tokens_per_day:
      return {metrics + "generate_content_" + tier + "_input_token_count", "GenerateContentInputTokensPerModelPerDay" + suffix};
    case QuotaDimension::images_per_minute:
      // The documentation names this window; nobody has published its id. Made in the grammar of the others.
      return {metrics + "generate_content_" + tier + "_images", "GenerateImagesPerMinutePerProjectPerModel" + suffix};
    case QuotaDimension::requests_per_day:
      return {metrics + (words.free ? "generate_content_free_tier_requests" : "generate_requests_per_model_per_day"),
              "GenerateRequestsPerDayPerProjectPerModel" + suffix};
    default:
      return {words.suffix.empty() ? metrics + "generate_content_" + tier + "_requests" : metrics + "generate_content_requests",
              "GenerateRequestsPerMinutePerProjectPerModel" + suffix};
  }
}

}  // namespace detail

/// The body of a 429 about a quota of `model`, in the sentence of row `id`.
[[nodiscard]] inline boost::json::value quota_error(const QuotaWords& words, std::string_view id, std::string_view model) {
  std::string message =
      id == "rate-generic"
          ? "Resource has been exhausted (e.g. check quota)."
          : "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: "
            "https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. ";
  boost::json::array violations;
  for (const QuotaViolation& violation : words.violations) {
    const detail::QuotaName name = detail::quota_name(violation.dimension, words);
    message.append("\n* Quota exceeded for metric: ").append(name.metric);
    message.append(", limit: ").append(std::to_string(violation.limit)).append(", model: ").append(model);
    boost::json::object entry{
        {"quotaMetric", name.metric}, {"quotaId", name.id}, {"quotaDimensions", {{"location", "global"}, {"model", model}}}};
    if (violation.limit != 0 || words.value_as_text) entry["quotaValue"] = std::to_string(violation.limit);
    violations.push_back(std::move(entry));
  }
  boost::json::array details;
  const std::string type = "type.googleapis.com/google.rpc.";
  if (!violations.empty()) {
    details.push_back({{"@type", type + "Help"},
                       {"links", boost::json::array{{{"description", "Learn more about Gemini API quotas"},
                                                     {"url", "https://ai.google.dev/gemini-api/docs/rate-limits"}}}}});
    details.push_back({{"@type", type + "QuotaFailure"}, {"violations", std::move(violations)}});
  }
  if (words.hint) {
    message.append("\nPlease retry in ").append(duration_text(*words.hint)).append(".");
    // The two differ: the message has the fraction, the detail drops it.
    details.push_back(
        {{"@type", type + "RetryInfo"}, {"retryDelay", duration_text(std::chrono::floor<std::chrono::seconds>(*words.hint))}});
  }
  boost::json::object error{{"code", 429}, {"message", message}, {"status", "RESOURCE_EXHAUSTED"}};
  if (!details.empty()) error["details"] = std::move(details);
  return {{"error", std::move(error)}};
}

/// The catalogue row of a refusal for what is `full`, when the body says `words`: without a word about the window only the sentence is
/// left.
[[nodiscard]] inline std::string_view quota_row(const std::vector<QuotaViolation>& full, const QuotaWords& words) {
  const bool free = words.free;
  if (full.size() == 1 && full.front().dimension == QuotaDimension::spend) return "spend-rate";
  if (words.violations.empty()) return only_minutes(full) ? "rate-generic" : "quota-no-details";
  const auto is_day = [](const QuotaViolation& violation) { return violation.dimension == QuotaDimension::requests_per_day; };
  for (const QuotaViolation& violation : full)
    if (violation.limit == 0) return free ? "limit-zero" : "limit-zero-paid";
  if (full.size() > 1 && std::any_of(full.begin(), full.end(), is_day)) return "multi-violation";
  switch (full.front().dimension) {
    case QuotaDimension::requests_per_day: return free ? "rpd-free" : "rpd-paid";
    case QuotaDimension::tokens_per_day: return "tpd-free";
    case QuotaDimension::tokens_per_minute: return free ? "tpm-free" : "tpm-paid";
    case QuotaDimension::images_per_minute: return "ipm";
    default: return free ? "rpm-free" : "rpm-paid";
  }
}

/// The words of a quota row that is asked for by its id, with figures as they have been seen; none for other rows.
[[nodiscard]] inline std::optional<QuotaWords> canned_quota_words(std::string_view id) {
  using Dimension = QuotaDimension;
  using std::chrono::milliseconds;
  const auto one = [](Dimension dimension, std::int64_t limit, bool free, milliseconds hint) {
    return QuotaWords{.violations = {{dimension, limit, hint}}, .free = free, .hint = hint};
  };
  if (id == "rpm-free") return one(Dimension::requests_per_minute, 5, true, milliseconds{19'369});
  if (id == "rpm-paid") return one(Dimension::requests_per_minute, 20, false, milliseconds{27'481});
  if (id == "tpm-free") return one(Dimension::tokens_per_minute, 250'000, true, milliseconds{26'214});
  if (id == "tpm-paid") return one(Dimension::tokens_per_minute, 10'000, false, milliseconds{40'025});
  if (id == "tpd-free") return one(Dimension::tokens_per_day, 1'000'000, true, milliseconds{51'902});
  if (id == "rpd-free") return one(Dimension::requests_per_day, 20, true, milliseconds{5'886});
  if (id == "rpd-paid") return one(Dimension::requests_per_day, 250, false, milliseconds{36'963});
  if (id == "ipm") return one(Dimension::images_per_minute, 10, false, milliseconds{31'774});
  if (id == "limit-zero-paid") return one(Dimension::requests_per_day, 0, false, milliseconds{23'663});
  if (id == "multi-violation")
    return QuotaWords{.violations = {{Dimension::tokens_per_minute, 32'000, {}},
                                     {Dimension::requests_per_minute, 15, {}},
                                     {Dimension::requests_per_day, 50, {}}},
                      .free = true,
                      .hint = milliseconds{42'118}};
  if (id == "limit-zero")
    return QuotaWords{.violations = {{Dimension::tokens_per_minute, 0, {}},
                                     {Dimension::requests_per_minute, 0, {}},
                                     {Dimension::requests_per_day, 0, {}},
                                     {Dimension::tokens_per_day, 0, {}}},
                      .free = true,
                      .hint = milliseconds{20'044}};
  if (id == "limit-zero-explicit" || id == "shared-project-rpm")
    return QuotaWords{.violations = {{Dimension::requests_per_minute, id == "limit-zero-explicit" ? 0 : 60, {}}},
                      .suffix = "-SharedProject",
                      .value_as_text = true,
                      .hint = milliseconds{12'503}};
  return std::nullopt;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
