// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/rows/row.hpp>  // Form, Row

#include <array>

namespace ductile::inline DUCTILE_VERSION::mock {

// clang-format off

/// 5xx: the service's own trouble, and that of what stands in front of it.
inline constexpr std::array server_error_rows{
    Row{.id = "internal", .status = 500, .grpc = "INTERNAL", .text = "Internal error encountered."},
    Row{.id = "internal-report", .status = 500, .grpc = "INTERNAL",
        .text = "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting"},
    Row{.id = "internal-array", .status = 500, .grpc = "INTERNAL", .text = "Internal error encountered."},
    Row{.id = "unknown-500", .status = 500, .grpc = "UNKNOWN", .text = "Unknown error."},
    Row{.id = "gateway-hides-429", .status = 500, .form = Form::json,
        .text = R"json({"error": {"code": "http_error", "message": "Internal server error during gemini_generate_content"}})json"},
    Row{.id = "internal-openai-wrapped", .status = 500, .form = Form::json,
        .text = R"json({"error": {"message": "Internal error encountered.", "type": "server_error", "code": "server_error"}})json"},
    Row{.id = "unimplemented-501", .status = 501, .grpc = "UNIMPLEMENTED",
        .text = "Operation is not implemented, or supported, or enabled."},
    Row{.id = "bad-gateway-html", .status = 502, .form = Form::html,
        .text = R"html(<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
  <title>Error 502 (Server Error)!!1</title>
  <style>
    *{margin:0;padding:0}html,code{font:15px/22px arial,sans-serif}html{background:#fff;color:#222;padding:15px}
  </style>
  <a href=//www.google.com/><span id=logo aria-label=Google></span></a>
  <p><b>502.</b> <ins>That’s an error.</ins>
  <p>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.  <ins>That’s all we know.</ins>
)html"},
    Row{.id = "overloaded", .status = 503, .grpc = "UNAVAILABLE", .text = "The model is overloaded. Please try again later."},
    Row{.id = "high-demand", .status = 503, .grpc = "UNAVAILABLE",
        .text = "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later."},
    Row{.id = "service-unavailable", .status = 503, .grpc = "UNAVAILABLE", .text = "The service is currently unavailable.",
        .legacy = "backendError"},
    Row{.id = "temporarily-unavailable", .status = 503, .grpc = "UNAVAILABLE", .text = "Service Temporarily Unavailable"},
    Row{.id = "deadline-503", .status = 503, .grpc = "UNAVAILABLE", .text = "Deadline expired before operation could complete."},
    Row{.id = "capacity-503", .status = 503, .grpc = "UNAVAILABLE", .text = "No capacity available for model ${model} on the server",
        .details = R"json({"@type": "ErrorInfo", "reason": "MODEL_CAPACITY_EXHAUSTED", "domain": "cloudcode-pa.googleapis.com",
                       "metadata": {"model": "${model}"}},
                      {"@type": "RetryInfo", "retryDelay": "40s"})json"},
    Row{.id = "visibility-check", .status = 503, .grpc = "UNAVAILABLE",
        .text = "Visibility check was unavailable. Please retry the request and contact support if the problem persists",
        .legacy = "backendError"},
    Row{.id = "batch-get-503", .status = 503, .grpc = "UNAVAILABLE",
        .text = "The service is currently unavailable."},  // no words of its own: only the minute it takes gives it away
    Row{.id = "envoy-503", .status = 503, .form = Form::text,
        .text = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, transport failure "
                "reason: delayed connect error: Connection refused"},
    Row{.id = "retired-503-gateway", .status = 503, .form = Form::json,
        .text = R"json({"error": {"message": "No available channel for model ${model}: the model has been withdrawn by its provider", "type": "new_api_error", "param": "", "code": "model_not_found"}})json"},
    Row{.id = "deadline-504", .status = 504, .grpc = "DEADLINE_EXCEEDED", .text = "Deadline expired before operation could complete."},
    Row{.id = "deadline-504-doc-text", .status = 504, .grpc = "DEADLINE_EXCEEDED",
        .text = "The service is unable to finish processing within the deadline."},
    Row{.id = "cloudflare-524", .status = 524, .form = Form::html,
        .text = R"html(<!DOCTYPE html>
<html lang="en-US">
<head><title>example.com | 524: A timeout occurred</title></head>
<body>
<h1>A timeout occurred <span>Error code 524</span></h1>
<h3>If you're the owner of this website:</h3>
<p>Please refer to the <a href="https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/error-524/">Error 524</a> article.</p>
</body>
</html>
)html",
        .header = "Server: cloudflare"},
};

// clang-format on

}  // namespace ductile::inline DUCTILE_VERSION::mock
