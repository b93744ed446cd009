// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/rows/row.hpp>  // Form, Row

#include <array>

namespace ductile::inline DUCTILE_VERSION::mock {

// clang-format off

/// 429 in every meaning: a window, a day, a balance, the service's own capacity, a reseller's. Those of the quotas that the mock itself
/// keeps are made from facts instead (`mock/quota_errors.hpp`).
inline constexpr std::array limit_error_rows{
    Row{.id = "rate-generic", .status = 429, .grpc = "RESOURCE_EXHAUSTED", .text = "Resource has been exhausted (e.g. check quota)."},
    Row{.id = "rate-no-details-2026", .status = 429, .grpc = "RESOURCE_EXHAUSTED", .text = "Resource exhausted. Please try again later."},
    Row{.id = "quota-no-details", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "You exceeded your current quota, please check your plan and billing details. For more information on this error, head "
                "to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: "
                "https://ai.dev/rate-limit. "},
    Row{.id = "limit-zero-words", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "${model} doesn't have a free quota tier. For more information on this error, head to: "
                "https://ai.google.dev/gemini-api/docs/rate-limits."},
    Row{.id = "region-rate", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Quota exceeded for quota metric 'Generate Content API requests per minute' and limit 'GenerateContent request limit per "
                "minute for a region' of service 'generativelanguage.googleapis.com' for consumer 'project_number:123456789012'.",
        .details = R"json({"@type": "ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "quota_location": "us-east2", "quota_limit_value": "60",
                         "quota_limit": "GenerateContentRequestsPerMinutePerProjectPerRegion",
                         "quota_metric": "generativelanguage.googleapis.com/generate_content_requests", "consumer": "projects/123456789012"}},
                      {"@type": "Help", "links": [{"description": "Request a higher quota limit.",
                         "url": "https://cloud.google.com/docs/quotas/help/request_increase"}]})json"},
    Row{.id = "region-limit-zero", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Quota exceeded for quota metric 'Generate Content API requests per minute' and limit 'GenerateContent request limit per "
                "minute for a region' of service 'generativelanguage.googleapis.com' for consumer 'project_number:123456789012'.",
        .details = R"json({"@type": "ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "quota_location": "us-west4", "quota_limit_value": "0",
                         "quota_limit": "GenerateContentRequestsPerMinutePerProjectPerRegion",
                         "quota_metric": "generativelanguage.googleapis.com/generate_content_requests", "consumer": "projects/123456789012"}},
                      {"@type": "Help", "links": [{"description": "Request a higher quota limit.",
                         "url": "https://cloud.google.com/docs/quotas/help/request_increase"}]})json"},
    Row{.id = "region-api-requests-zero", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Quota exceeded for quota metric 'API requests' and limit 'Request limit per minute for a region' of service "
                "'generativelanguage.googleapis.com' for consumer 'project_number:123456789012'.",
        .details = R"json({"@type": "ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "quota_location": "europe-west1", "quota_limit_value": "0",
                         "quota_limit": "ApiRequestsPerMinutePerProjectPerRegion", "quota_unit": "1/min/{project}/{region}",
                         "quota_metric": "generativelanguage.googleapis.com/api_requests", "consumer": "projects/123456789012"}},
                      {"@type": "Help", "links": [{"description": "Request a higher quota limit.",
                         "url": "https://cloud.google.com/docs/quotas/help/request_increase"}]})json"},
    Row{.id = "region-rate-embed", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Quota exceeded for quota metric 'Batch Embed Content API requests' and limit 'Batch embed contents request limit per "
                "minute for a region' of service 'generativelanguage.googleapis.com' for consumer 'project_number:123456789012'.",
        .details = R"json({"@type": "ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "quota_location": "us-east4", "quota_limit_value": "150",
                         "quota_limit": "BatchEmbedContentsRequestsPerMinutePerProjectPerRegion",
                         "quota_metric": "generativelanguage.googleapis.com/batch_embed_contents_requests", "consumer": "projects/123456789012"}})json"},
    // Nobody has published this body; the words are a guess.
    Row{.id = "spend-rate", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Your project has exceeded its spend-based rate limit. Please retry after the rolling 10 minute window, or upgrade your "
                "tier. For more information, head to: https://ai.google.dev/gemini-api/docs/rate-limits."},
    Row{.id = "spend-cap-monthly", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Your project has exceeded its monthly spending cap. Please go to AI Studio at https://ai.studio/spend"},
    Row{.id = "prepay-depleted-429", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and "
                "billing."},
    Row{.id = "credits-g1-empty", .status = 429, .grpc = "RESOURCE_EXHAUSTED", .text = "Resource has been exhausted (e.g. check quota).",
        .details = R"json({"@type": "ErrorInfo", "reason": "INSUFFICIENT_G1_CREDITS_BALANCE"})json"},
    Row{.id = "vertex-dsq", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Resource exhausted. Please try again later. Please refer to "
                "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."},
    Row{.id = "vertex-tpm", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Quota exceeded for aiplatform.googleapis.com/online_prediction_input_tokens_per_minute_per_base_model with base model: "
                "${model}. Please submit a quota increase request. "
                "https://cloud.google.com/vertex-ai/docs/generative-ai/quotas-genai."},
    Row{.id = "capacity-429", .status = 429, .grpc = "RESOURCE_EXHAUSTED", .text = "No capacity available for model ${model} on the server",
        .details = R"json({"@type": "ErrorInfo", "reason": "MODEL_CAPACITY_EXHAUSTED", "domain": "cloudcode-pa.googleapis.com",
          "metadata": {"model": "${model}"}})json",
        .legacy = "rateLimitExceeded"},
    Row{.id = "user-quota-weekly", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "You have exhausted your capacity on this model. Your quota will reset after 161h39m41s.",
        .details = R"json({"@type": "ErrorInfo", "reason": "QUOTA_EXHAUSTED", "domain": "cloudcode-pa.googleapis.com",
                       "metadata": {"uiMessage": "true", "model": "${model}", "quotaResetDelay": "161h39m41.300432511s",
                         "quotaResetTimeStamp": "${in_a_week}"}},
                      {"@type": "RetryInfo", "retryDelay": "581981.300432511s"})json"},
    Row{.id = "user-quota-short", .status = 429, .grpc = "RESOURCE_EXHAUSTED",
        .text = "You have exhausted your capacity on this model. Your quota will reset after 26s.",
        .details = R"json({"@type": "ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "cloudcode-pa.googleapis.com",
          "metadata": {"uiMessage": "true", "model": "${model}"}})json",
        .legacy = "rateLimitExceeded"},
    Row{.id = "applet-ip-limit", .status = 429, .form = Form::text,
        .text = "Too many requests from this IP, please try again after 15 minutes."},
    Row{.id = "gateway-saturated", .status = 429, .form = Form::json,
        .text = R"json({"error": {"message": "当前分组上游负载已饱和，请稍后再试 (request id: 20260521174921838127707FxeB1sRH)", "type": "upstream_error", "param": "404", "code": "bad_response_status_code"}})json"},
    Row{.id = "gateway-saturated-rate", .status = 429, .form = Form::json,
        .text = R"json({"error": {"message": "当前分组上游负载已饱和，请稍后再试 (request id: 2024052310260941388718971918754)", "type": "requests", "param": "", "code": "rate_limit_exceeded"}})json"},
    Row{.id = "gateway-saturated-contradictory", .status = 429, .form = Form::json,
        .text = R"json({"error": {"message": "当前分组上游负载已饱和，请稍后再试", "localized_message": "Unknown error", "type": "insufficient_quota", "param": "", "code": "insufficient_quota"}})json"},
    Row{.id = "openrouter-upstream", .status = 429, .form = Form::json,
        .text = R"json({"error": {"message": "Provider returned error", "code": 429, "metadata": {"raw": "google/${model} is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations", "provider_name": "Google AI Studio"}}})json"},
    Row{.id = "openai-insufficient-quota", .status = 429, .form = Form::json,
        .text = R"json({"error": {"message": "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.", "type": "insufficient_quota", "param": null, "code": "insufficient_quota"}})json"},
};

// clang-format on

}  // namespace ductile::inline DUCTILE_VERSION::mock
