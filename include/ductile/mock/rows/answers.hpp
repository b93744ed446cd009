// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/rows/row.hpp>  // ByteFault, Form, Row

#include <array>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

// clang-format off

inline constexpr std::string_view image_answer =
    R"json([{"candidates": [{"content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": "${png}"}, "thoughtSignature": "${signature}"}]}, "finishReason": "STOP", "index": 0}]}])json";

/// 200s with what was asked for.
inline constexpr std::array good_answer_rows{
    Row{.id = "ok-image", .form = Form::answer, .text = image_answer},
    Row{.id = "ok-text-image", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "Here is ", "thoughtSignature": "${signature}"}]}, "index": 0}]},
                    {"candidates": [{"content": {"role": "model", "parts": [{"text": "your image."}]}, "index": 0}]},
                    {"candidates": [{"content": {"role": "model", "parts": [
                      {"inlineData": {"mimeType": "image/png", "data": "${png}"}, "thoughtSignature": "${signature}"}]},
                    "finishReason": "STOP", "index": 0}]}])json"},
    Row{.id = "ok-thought-image", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "**Planning the picture**\n\nA first draft.\n", "thought": true},
                      {"inlineData": {"mimeType": "image/png", "data": "${draft}"}, "thought": true}]}, "index": 0}],
                     "usageMetadata": {"thoughtsTokenCount": 240}},
                    {"candidates": [{"content": {"role": "model", "parts": [
                      {"inlineData": {"mimeType": "image/png", "data": "${png}"}, "thoughtSignature": "${signature}"}]},
                    "finishReason": "STOP", "index": 0}],
                     "usageMetadata": {"thoughtsTokenCount": 240}}])json"},
    Row{.id = "ok-text-only", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "A balloon is a bag filled with gas."}]},
                     "finishReason": "STOP", "index": 0}]}])json"},
    // In an odd shape that every client ought to take.
    Row{.id = "ok-byte-order-mark", .form = Form::answer, .text = image_answer, .fault = ByteFault::byte_order_mark},
    Row{.id = "ok-wrong-content-type", .form = Form::answer, .text = image_answer, .header = "Content-Type: text/html; charset=UTF-8"},
    Row{.id = "ok-http-1.0", .form = Form::answer, .text = image_answer, .fault = ByteFault::plain_http_1_0},
    Row{.id = "ok-image-30-mb", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": "${large_png}"}, "thoughtSignature": "${signature}"}]}, "finishReason": "STOP", "index": 0}]}])json"},
};

/// 200s that are a failure: blocked, withheld, empty, cut or not what was asked for.
inline constexpr std::array bad_answer_rows{
    // The prompt was blocked; nothing was made.
    Row{.id = "prompt-blocked-safety", .form = Form::answer,
        .text = R"json([{"promptFeedback": {"blockReason": "SAFETY",
                     "safetyRatings": [{"category": "${harm}", "probability": "${harm_probability}", "blocked": true}]}}])json"},
    Row{.id = "prompt-blocked-prohibited", .form = Form::answer,
        .text = R"json([{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT",
                     "safetyRatings": [{"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "probability": "HIGH", "blocked": true}]}}])json"},
    Row{.id = "prompt-blocked-prohibited-sse", .form = Form::answer,
        .text = R"json([{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}])json"},
    Row{.id = "prompt-blocked-image-safety", .form = Form::answer,
        .text = R"json([{"candidates": [], "promptFeedback": {"blockReason": "IMAGE_SAFETY"}}])json"},
    Row{.id = "prompt-blocked-other", .form = Form::answer, .text = R"json([{"promptFeedback": {"blockReason": "OTHER"}}])json"},
    Row{.id = "prompt-blocked-blocklist", .form = Form::answer, .text = R"json([{"promptFeedback": {"blockReason": "BLOCKLIST"}}])json"},

    // The image was made and is kept back.
    Row{.id = "image-safety", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"parts": null}, "finishReason": "IMAGE_SAFETY", "index": 0,
          "finishMessage": "Unable to show the generated image. The image was filtered out because it violated Google's Responsible AI practices. Try rephrasing the prompt. If you think this was an error, send feedback."}]}])json"},
    Row{.id = "image-safety-text", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "I can't create that."}]}, "finishReason": "IMAGE_SAFETY", "index": 0}]}])json"},
    Row{.id = "safety-finish", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {}, "finishReason": "SAFETY", "index": 0,
                     "safetyRatings": [{"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "probability": "HIGH", "blocked": true},
                                       {"category": "HARM_CATEGORY_HATE_SPEECH", "probability": "NEGLIGIBLE"},
                                       {"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"},
                                       {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "NEGLIGIBLE"}]}]}])json"},
    Row{.id = "image-prohibited", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model"}, "finishReason": "IMAGE_PROHIBITED_CONTENT", "index": 0,
          "finishMessage": "Unable to show the generated image. The image was filtered out because it violated Google's Responsible AI practices. Try rephrasing the prompt. If you think this was an error, send feedback. Support code: 11030041."}]}])json"},
    Row{.id = "image-third-party", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model"}, "finishReason": "IMAGE_PROHIBITED_CONTENT", "index": 0,
          "finishMessage": "Unable to show the generated image due to interests of third-party content providers. Please edit your prompt and try again. If you think this was an error, send feedback. Support code: 35561574."}]}])json"},
    Row{.id = "image-prohibited-after-thoughts", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model"}, "finishReason": "IMAGE_PROHIBITED_CONTENT",
          "finishMessage": "The model output could not be generated. This output contains sensitive words that violate Google's Responsible AI practices. If you think this was an error, send feedback. Support code: 42876398."}],
          "usageMetadata": {"thoughtsTokenCount": 240}}])json"},
    Row{.id = "image-recitation", .form = Form::answer, .text = R"json([{"candidates": [{"finishReason": "IMAGE_RECITATION", "index": 0}]}])json"},
    Row{.id = "recitation", .form = Form::answer,
        .text = R"json([{"candidates": [{"finishReason": "RECITATION", "index": 0,
                     "safetyRatings": [{"category": "HARM_CATEGORY_HATE_SPEECH", "probability": "NEGLIGIBLE"},
                                       {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "NEGLIGIBLE"},
                                       {"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"},
                                       {"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "probability": "NEGLIGIBLE"}]}]}])json"},
    Row{.id = "escalation", .form = Form::answer, .text = R"json([{"candidates": [{"finishReason": "ESCALATION", "index": 0}]}])json"},

    // No image came of it.
    Row{.id = "image-other", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {}, "finishReason": "IMAGE_OTHER", "index": 0,
          "finishMessage": "Unable to show the generated image. The model could not generate the image based on the prompt provided. You will not be charged for this request. Try rephrasing the prompt. If you think this was an error, send feedback."}]}])json"},
    Row{.id = "image-other-bare", .form = Form::answer,
        .text = R"json([{"candidates": [{"finishReason": "IMAGE_OTHER", "index": 0,
          "finishMessage": "Unable to show the generated image. The model could not generate the image based on the prompt provided."}]}])json"},
    Row{.id = "no-image", .form = Form::answer, .text = R"json([{"candidates": [{"finishReason": "NO_IMAGE", "index": 0}]}])json"},
    Row{.id = "no-image-text", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "I cannot draw that"}]}, "finishReason": "NO_IMAGE", "index": 0}]}])json"},
    Row{.id = "text-only-stop", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "What style would you like the image to have?"}]}, "finishReason": "STOP", "index": 0}]}])json"},
    Row{.id = "stop-no-parts", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model"}, "finishReason": "STOP", "index": 0}]}])json"},
    Row{.id = "candidates-empty", .form = Form::answer, .text = R"json([{"candidates": []}])json"},
    Row{.id = "body-empty", .form = Form::text},
    Row{.id = "body-empty-object", .form = Form::json, .text = "{}"},
    Row{.id = "max-tokens-no-image", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"parts": []}, "finishReason": "MAX_TOKENS", "index": 0}], "usageMetadata": {"thoughtsTokenCount": 2999}}])json"},
    Row{.id = "only-thought-image", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [
                     {"text": "**Planning the picture**\n\nA first draft.\n", "thought": true},
                     {"inlineData": {"mimeType": "image/png", "data": "${draft}"}, "thought": true}]},
                   "finishReason": "STOP", "index": 0}], "usageMetadata": {"thoughtsTokenCount": 240}}])json"},
    Row{.id = "inline-data-empty", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": ""}}]}, "finishReason": "STOP", "index": 0}]}])json"},
    Row{.id = "inline-data-corrupt", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": "${corrupt}"}}]}, "finishReason": "STOP", "index": 0}]}])json"},
    Row{.id = "inline-data-cut", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": "${half_png}"}}]}, "finishReason": "STOP", "index": 0}]}])json"},
    Row{.id = "image-dimensions-mismatch", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": "${other_size}"}}]}, "finishReason": "STOP", "index": 0}]}])json"},
    Row{.id = "model-substituted", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": "${png}"}, "thoughtSignature": "${signature}"}]}, "finishReason": "STOP", "index": 0}], "modelVersion": "gemini-3.8-flash"}])json"},
    Row{.id = "tier-downgraded", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": "${png}"}, "thoughtSignature": "${signature}"}]}, "finishReason": "STOP", "index": 0}], "usageMetadata": {"serviceTier": "standard"}}])json",
        .header = "x-gemini-service-tier: standard"},

    // The model went wrong, or the account did.
    Row{.id = "malformed-function-call", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {}, "finishReason": "MALFORMED_FUNCTION_CALL", "index": 0, "finishMessage": "Malformed function call: print(default_api.create(name='test'))"}]}])json"},
    Row{.id = "unexpected-tool-call", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": "UNEXPECTED_TOOL_CALL", "index": 0,
          "finishMessage": "Unexpected tool call: Model tried to call an undeclared function: default:get_climate_related_entities"}]}])json"},
    Row{.id = "malformed-response", .form = Form::answer, .text = R"json([{"candidates": [{"finishReason": "MALFORMED_RESPONSE", "index": 0}]}])json"},
    Row{.id = "missing-thought-signature", .form = Form::answer,
        .text = R"json([{"candidates": [{"finishReason": "MISSING_THOUGHT_SIGNATURE", "index": 0}]}])json"},
    Row{.id = "account-limited", .form = Form::answer, .text = R"json([{"candidates": [{"finishReason": "PUP_LIMITED_DISABLED", "index": 0}]}])json"},
    Row{.id = "continuation", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "Still "}]}, "finishReason": "CONTINUATION", "continuationToken": "${signature}", "index": 0}]}])json"},
    Row{.id = "finish-unknown", .form = Form::answer, .text = R"json([{"candidates": [{"finishReason": "SOMETHING_NEW", "index": 0}]}])json"},

    // Streams that go wrong on the way. Asked for in one piece, they say the same in one piece.
    Row{.id = "sse-other", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "Xin chào."}]}, "finishReason": "OTHER", "index": 0}]}])json"},
    Row{.id = "sse-blocked-mid", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "Here is "}]}, "index": 0}]},
                    {"candidates": [{"content": {"role": "model", "parts": [{"text": "No"}]}, "finishReason": "PROHIBITED_CONTENT", "index": 0}],
                     "promptFeedback": {"blockReason": "PROHIBITED_CONTENT",
                       "safetyRatings": [{"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "probability": "NEGLIGIBLE"},
                                         {"category": "HARM_CATEGORY_HATE_SPEECH", "probability": "NEGLIGIBLE"},
                                         {"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"},
                                         {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "NEGLIGIBLE"}]}}])json"},
    Row{.id = "sse-error-event", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "Here is "}]}, "index": 0}]},
                    {"error": {"code": 503, "message": "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.", "status": "UNAVAILABLE"}}])json"},
    Row{.id = "sse-error-tail-raw", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "Here is "}]}, "index": 0}]},
                    {"error": {"code": 503, "message": "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.", "status": "UNAVAILABLE"}}])json"},
    Row{.id = "sse-no-finish", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "Here is "}]}, "index": 0}]}])json"},
};

// clang-format on

}  // namespace ductile::inline DUCTILE_VERSION::mock
