// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/rows/row.hpp>  // Form, Row

#include <array>

namespace ductile::inline DUCTILE_VERSION::mock {

// clang-format off

/// What is wrong with the request or with where it comes from: 400, 404 and the rarer ones.
inline constexpr std::array request_error_rows{
    // 400: the request
    Row{.id = "invalid-argument-generic", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Request contains an invalid argument.", .legacy = "badRequest"},
    Row{.id = "unknown-field", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Invalid JSON payload received. Unknown name \"aspectRatio\" at 'generation_config': Cannot find field.",
        .details = R"json({"@type": "BadRequest", "fieldViolations": [{"field": "generation_config", "description": "${message}"}]})json"},
    Row{.id = "unknown-field-old-version", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Invalid JSON payload received. Unknown name \"responseModalities\" at 'generation_config': Cannot find field.",
        .details = R"json({"@type": "BadRequest", "fieldViolations": [{"field": "generation_config", "description": "${message}"}]})json"},
    Row{.id = "aspect-ratio-invalid", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "* GenerateContentRequest.generation_config.image_config.aspect_ratio: aspect_ratio must be one of ${ratios}.\n"},
    Row{.id = "image-size-invalid", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "* GenerateContentRequest.generation_config.image_config.image_size: image_size must be one of ${sizes}.\n"},
    Row{.id = "image-size-px", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "* GenerateContentRequest.generation_config.image_config.image_size: '512px' is not a supported image size.\n"},
    Row{.id = "modality-unsupported", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Model does not support the requested response modalities: image"},
    Row{.id = "base64-data-url", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Invalid value at 'contents[0].parts[1].inline_data.data' (TYPE_BYTES), "
                "Base64 decoding failed for \"data:image/png;base64\"",
        .details = R"json({"@type": "BadRequest",
          "fieldViolations": [{"field": "contents[0].parts[1].inline_data.data", "description": "${message}"}]})json"},
    Row{.id = "input-image-unprocessable", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting"},
    Row{.id = "input-image-invalid", .status = 400, .grpc = "INVALID_ARGUMENT", .text = "Provided image is not valid."},
    Row{.id = "mime-unsupported", .status = 400, .grpc = "INVALID_ARGUMENT", .text = "Unsupported MIME type: bad/mime_type"},
    Row{.id = "thought-signature-missing", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Image part is missing a thought_signature in content position 2, part position 1. Please refer to "
                "https://ai.google.dev/gemini-api/docs/thought-signatures#model-behavior for more details."},
    Row{.id = "thinking-budget-invalid", .status = 400, .grpc = "INVALID_ARGUMENT", .text = "The thinking budget (52428) is invalid."},
    Row{.id = "thinking-config-contradiction", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Unable to submit request because Thinking_config.include_thoughts is only enabled when thinking is enabled.. "
                "Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"},
    Row{.id = "deadline-too-short", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Manually set deadline 5s is too short. Minimum allowed deadline is 10s."},
    Row{.id = "turn-order", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Please ensure that function call turn comes immediately after a user turn or after a function response turn."},
    Row{.id = "token-count-exceeded", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "The input token count (3475108) exceeds the maximum number of tokens allowed (1048576)."},
    Row{.id = "tool-type-conflict", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "The GenerateContentRequest proto is invalid:\n  * tools[0].tool_type: one_of 'tool_type' has more than one initialized "
                "field: google_search, url_context"},
    Row{.id = "payload-too-large-400", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Request payload size exceeds the limit: 20971520 bytes."},
    Row{.id = "interactions-only-model", .status = 400, .grpc = "INVALID_ARGUMENT", .text = "This model only supports Interactions API."},

    // 400: the key, the account, the country
    Row{.id = "api-key-invalid", .status = 400, .grpc = "INVALID_ARGUMENT", .text = "API key not valid. Please pass a valid API key.",
        .details = R"json({"@type": "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com"}},
                      {"@type": "LocalizedMessage", "locale": "en-US", "message": "${message}"})json"},
    Row{.id = "api-key-expired", .status = 400, .grpc = "INVALID_ARGUMENT", .text = "API key expired. Please renew the API key.",
        .details = R"json({"@type": "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com"}},
                      {"@type": "LocalizedMessage", "locale": "en-US", "message": "${message}"})json"},
    Row{.id = "api-key-not-found", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "API Key not found. Please pass a valid API key.",
        .details = R"json({"@type": "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com"}},
                      {"@type": "LocalizedMessage", "locale": "en-US", "message": "${message}"})json"},
    Row{.id = "precondition-check-failed", .status = 400, .grpc = "FAILED_PRECONDITION", .text = "Precondition check failed."},
    Row{.id = "billing-required-imagen", .status = 400, .grpc = "INVALID_ARGUMENT",
        .text = "Imagen API is only accessible to billed users at this time."},
    Row{.id = "free-tier-region", .status = 400, .grpc = "FAILED_PRECONDITION",
        .text = "User location is not supported for the API use without a billing account linked."},
    Row{.id = "free-tier-region-new-text", .status = 400, .grpc = "FAILED_PRECONDITION",
        .text = "Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio."},
    Row{.id = "location-unsupported", .status = 400, .grpc = "FAILED_PRECONDITION",
        .text = "User location is not supported for the API use."},

    // 400 and thereabouts: something in between
    Row{.id = "empty-400", .status = 400, .form = Form::text},
    Row{.id = "gateway-wraps-400", .status = 400, .form = Form::json,
        .text = R"json({"error": {"message": "Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting (request id: 2025052708305369174592432902753) (request id: 2025052708305367684256186414086)", "type": "", "param": "", "code": 400}})json"},
    Row{.id = "upstream-error-json-in-string", .status = 400, .grpc = "UPSTREAM_ERROR",
        .text = "{\n  \"error\": {\n    \"code\": 400,\n    \"message\": \"Request contains an invalid argument.\",\n"
                "    \"status\": \"INVALID_ARGUMENT\"\n  }\n}\n"},
    Row{.id = "sdk-stand-in-400", .status = 400, .form = Form::json,
        .text = R"json({"error": {"message": "exception parsing response", "code": 400, "status": "Bad Request"}})json"},
    Row{.id = "azure-content-filter", .status = 400, .form = Form::json,
        .text = R"json({"error": {"message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
          "type": null, "param": "prompt", "code": "content_filter", "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation",
          "content_filter_result": {"hate": {"filtered": false, "severity": "safe"}, "violence": {"filtered": true, "severity": "medium"}}}}})json"},
    Row{.id = "gateway-image-safety", .status = 400, .form = Form::json,
        .text = R"json({"error": {"message": "Gemini image generation blocked [IMAGE_SAFETY]: The generated image was blocked due to safety policy violation, please modify your prompt and try again (request id: 20260711100232144984950t8z13Rop)",
          "type": "upstream_error", "param": "", "code": "bad_response"}})json"},
    Row{.id = "region-blocked-html-fragment", .status = 500, .form = Form::json,
        .text = R"json({"error": {"code": "500", "details": "e-appear{height:48px;width:48px}}.data:empty{display:none}.data{border-radius:5px;color:#8e8ea0;max-width:420px;text-align:center;width:100%}.data ul{list-style:none;padding:0}.blocked-icon{color:#ef4444}.message{align-items:center;display:flex;font-size:1.5rem;gap:1rem;justify-content:center}.explanation{font-size:.9rem;line-height:1.5;max-width:420px;opacity:50%;text-align:center;width:100%}"}})json"},

    // 404
    Row{.id = "model-not-found", .status = 404, .grpc = "NOT_FOUND",
        .text = "models/${model} is not found for API version ${version}, or is not supported for ${method}. "
                "Call ListModels to see the list of available models and their supported methods."},
    Row{.id = "model-not-found-sse", .status = 404, .grpc = "NOT_FOUND",
        .text = "models/${model} is not found for API version ${version}, or is not supported for ${method}. "
                "Call ListModels to see the list of available models and their supported methods.",
        .details = R"json({"@type": "DebugInfo", "detail": "[ORIGINAL ERROR] generic::not_found: ${message} [google.rpc.error_details_ext] { message: \"${message}\" }"})json",
        .header = "Content-Type: text/event-stream"},
    Row{.id = "model-closed-to-new-users", .status = 404, .grpc = "NOT_FOUND",
        .text = "This model models/${model} is no longer available to new users. Please update your code to use "
                "models/gemini-3-pro-image for the latest features and improvements. We recommend you to use the Interactions API "
                "(https://ai.google.dev/gemini-api/docs/get-started)."},
    Row{.id = "model-retired-listed", .status = 404, .grpc = "NOT_FOUND",
        .text = "This model models/${model} is no longer available. Please update your code to use a newer model for the latest features "
                "and improvements."},
    Row{.id = "entity-not-found", .status = 404, .grpc = "NOT_FOUND", .text = "Requested entity was not found."},
    Row{.id = "vertex-model-not-found", .status = 404, .grpc = "NOT_FOUND",
        .text = "Publisher Model 'projects/example-project/locations/us-central1/publishers/google/models/${model}' was not found or your "
                "project does not have access to it. Please ensure you are using a valid model version. For more information, see: "
                "https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"},
    Row{.id = "path-not-found-html", .status = 404, .form = Form::html,
        .text = R"html(<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
  <title>Error 404 (Not Found)!!1</title>
  <a href=//www.google.com/><span id=logo aria-label=Google></span></a>
  <p><b>404.</b> <ins>That’s an error.</ins>
  <p>The requested URL <code>${path}</code> was not found on this server.  <ins>That’s all we know.</ins>
)html"},

    // The rest of the 4xx
    Row{.id = "request-timeout-408", .status = 408, .form = Form::html,
        .text = "<html><head><title>408 Request Timeout</title></head><body><h1>Request Timeout</h1>"
                "<p>Server timed out waiting for the request.</p></body></html>\n"},
    Row{.id = "aborted-409", .status = 409, .grpc = "ABORTED", .text = "The operation was aborted."},
    Row{.id = "body-too-large-413", .status = 413, .form = Form::text,
        .text = "Maximum request body size 1048576 exceeded, actual body size 1056562"},
    Row{.id = "body-too-large-413-html", .status = 413, .form = Form::html,
        .text = R"html(<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 413 (Request Entity Too Large)!!1</title>
  <a href=//www.google.com/><span id=logo aria-label=Google></span></a>
  <p><b>413.</b> <ins>That’s an error.</ins>
  <p>Your client issued a request that was too large.  <ins>That’s all we know.</ins>
)html"},
    Row{.id = "uri-too-long-414", .status = 414, .form = Form::html,
        .text = R"html(<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 414 (Request-URI Too Large)!!1</title>
  <a href=//www.google.com/><span id=logo aria-label=Google></span></a>
  <p><b>414.</b> <ins>That’s an error.</ins>
  <p>The requested URL is too large to process.  <ins>That’s all we know.</ins>
)html"},
    Row{.id = "out-of-range-416", .status = 416, .form = Form::json,
        .text = R"json({"error": {"code": "out_of_range", "message": "The parameter is out of range."}})json"},
    Row{.id = "cancelled-499", .status = 499, .grpc = "CANCELLED", .text = "The operation was cancelled.", .legacy = "backendError"},
};

// clang-format on

}  // namespace ductile::inline DUCTILE_VERSION::mock
