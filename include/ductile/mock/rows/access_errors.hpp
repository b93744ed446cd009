// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/rows/row.hpp>  // Form, Row

#include <array>

namespace ductile::inline DUCTILE_VERSION::mock {

// clang-format off

/// Who may not do this, or has to pay first: 401, 402, 403. Projects and keys are made up.
inline constexpr std::array access_error_rows{
    Row{.id = "oauth-expected", .status = 401, .grpc = "UNAUTHENTICATED",
        .text = "API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials that assert a "
                "principal. See https://cloud.google.com/docs/authentication",
        .details = R"json({"@type": "ErrorInfo", "reason": "CREDENTIALS_MISSING", "domain": "googleapis.com",
          "metadata": {"method": "google.cloud.aiplatform.v1beta1.PredictionService.GenerateContent", "service": "aiplatform.googleapis.com"}})json"},
    Row{.id = "access-token-type-unsupported", .status = 401, .grpc = "UNAUTHENTICATED",
        .text = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
                "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        .details = R"json({"@type": "ErrorInfo", "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED", "domain": "googleapis.com",
          "metadata": {"method": "google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent", "service": "generativelanguage.googleapis.com"}})json"},
    Row{.id = "access-token-expired", .status = 401, .grpc = "UNAUTHENTICATED",
        .text = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
                "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        .details = R"json({"@type": "ErrorInfo", "reason": "ACCESS_TOKEN_EXPIRED", "domain": "googleapis.com",
          "metadata": {"method": "google.cloud.aiplatform.v1beta1.PredictionService.GenerateContent", "service": "aiplatform.googleapis.com"}})json"},
    Row{.id = "prepay-depleted-402", .status = 402, .grpc = "RESOURCE_EXHAUSTED",
        .text = "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and "
                "billing."},
    Row{.id = "key-missing", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of "
                "API consumer identity to call this API."},
    Row{.id = "key-leaked", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Your API key was reported as leaked. Please use another API key."},
    Row{.id = "service-disabled", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Gemini API has not been used in project 123456789012 before or it is disabled. Enable it by visiting "
                "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=123456789012 then "
                "retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
        .details = R"json({"@type": "ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "serviceTitle": "Gemini API",
                         "consumer": "projects/123456789012", "containerInfo": "123456789012",
                         "activationUrl": "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=123456789012"}},
                      {"@type": "LocalizedMessage", "locale": "en-US", "message": "${message}"},
                      {"@type": "Help", "links": [{"description": "Google developers console API activation",
                         "url": "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=123456789012"}]})json"},
    Row{.id = "api-key-service-blocked", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Requests to this API generativelanguage.googleapis.com method "
                "google.ai.generativelanguage.${version}.GenerativeService.GenerateContent are blocked.",
        .details = R"json({"@type": "ErrorInfo", "reason": "API_KEY_SERVICE_BLOCKED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "consumer": "projects/123456789012",
                         "apiName": "generativelanguage.googleapis.com",
                         "methodName": "google.ai.generativelanguage.${version}.GenerativeService.GenerateContent"}},
                      {"@type": "LocalizedMessage", "locale": "en-US", "message": "${message}"})json"},
    Row{.id = "api-key-referrer-blocked", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Requests from referer <empty> are blocked.",
        .details = R"json({"@type": "ErrorInfo", "reason": "API_KEY_HTTP_REFERRER_BLOCKED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "consumer": "projects/123456789012", "httpReferrer": "<empty>"}},
                      {"@type": "LocalizedMessage", "locale": "en-US", "message": "${message}"})json"},
    Row{.id = "api-key-ip-blocked", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "The provided API key has an IP address restriction. The originating IP address of the call (203.0.113.7) violates this "
                "restriction.",
        .details = R"json({"@type": "ErrorInfo", "reason": "API_KEY_IP_ADDRESS_BLOCKED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "consumer": "projects/123456789012", "callerIp": "203.0.113.7"}},
                      {"@type": "LocalizedMessage", "locale": "en-US", "message": "${message}"})json"},
    Row{.id = "api-key-android-blocked", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Requests from this Android client application <empty> are blocked.",
        .details = R"json({"@type": "ErrorInfo", "reason": "API_KEY_ANDROID_APP_BLOCKED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "consumer": "projects/123456789012", "androidPackage": "<empty>"}},
                      {"@type": "LocalizedMessage", "locale": "en-US", "message": "${message}"})json"},
    Row{.id = "api-key-ios-blocked", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Requests from this iOS client application <empty> are blocked.",
        .details = R"json({"@type": "ErrorInfo", "reason": "API_KEY_IOS_APP_BLOCKED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "consumer": "projects/123456789012", "iosBundleId": "<empty>"}},
                      {"@type": "LocalizedMessage", "locale": "en-US", "message": "${message}"})json"},
    Row{.id = "billing-country-restricted", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Access to generativelanguage.googleapis.com is restricted from your billing country and was denied for "
                "projects/123456789012."},
    Row{.id = "billing-disabled", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "This API method requires billing to be enabled. Please enable billing on project #123456789012 by visiting "
                "https://console.developers.google.com/billing/enable?project=123456789012 then retry. If you enabled billing for this "
                "project recently, wait a few minutes for the action to propagate to our systems and retry.",
        .details = R"json({"@type": "Help", "links": [{"description": "Google developers console billing",
                         "url": "https://console.developers.google.com/billing/enable?project=123456789012"}]},
                      {"@type": "ErrorInfo", "reason": "BILLING_DISABLED", "domain": "googleapis.com",
                       "metadata": {"service": "generativelanguage.googleapis.com", "consumer": "projects/123456789012"}})json"},
    Row{.id = "consumer-suspended", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Permission denied: Consumer 'api_key:AIzaSyEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMP' has been suspended.",
        .details = R"json({"@type": "ErrorInfo", "reason": "CONSUMER_SUSPENDED", "domain": "googleapis.com",
          "metadata": {"service": "generativelanguage.googleapis.com", "consumer": "projects/123456789012"}})json"},
    Row{.id = "account-tos-ban", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Gemini has been disabled in this account for violation of Terms of\n\t\tService. If you believe this is an error, please "
                "contact Google Cloud Support, or email\n\t\tgemini-code-assist-user-feedback@example.com.",
        .legacy = "forbidden"},
    Row{.id = "model-no-access", .status = 403, .grpc = "PERMISSION_DENIED", .text = "The caller does not have permission"},
    Row{.id = "vertex-iam", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "Permission 'aiplatform.endpoints.predict' denied on resource "
                "'//aiplatform.googleapis.com/projects/example-project/locations/us-central1/publishers/google/models/${model}' (or it may "
                "not exist)."},
    Row{.id = "validation-required", .status = 403, .grpc = "PERMISSION_DENIED", .text = "Validation required to continue.",
        .details = R"json({"@type": "ErrorInfo", "reason": "VALIDATION_REQUIRED", "domain": "cloudcode-pa.googleapis.com", "metadata": {}},
          {"@type": "Help", "links": [
            {"description": "Further action is required to use this service. Navigate to the following URL to complete verification:\n\nhttps://accounts.example.com/signin/continue?...\n",
             "url": "https://accounts.example.com/signin/continue?sarp=1&scc=1&continue=..."},
            {"description": "Learn more", "url": "https://support.google.com/accounts?p=al_alert"}]})json"},
    Row{.id = "seat-missing", .status = 403, .grpc = "PERMISSION_DENIED",
        .text = "You must be a named user on your organization's\nGemini Code Assist Standard edition subscription to use this service. "
                "Please contact your\nadministrator to request an entitlement to Gemini Code Assist Standard edition.",
        .legacy = "forbidden"},
    Row{.id = "gateway-wraps-403", .status = 403, .form = Form::json,
        .text = R"json({"type": "error", "error": {"id": "err_retry_exhausted", "type": "permission_error",
          "message": "All 3 attempts failed. Last status: 403 Forbidden. Error: HTTP 403: {\n  \"error\": {\n    \"code\": 403,\n    \"message\": \"Gemini has been disabled in this account for violation of Terms of\\n\\t\\tService. If you believe this is an error, please contact Google Cloud Support, or email\\n\\t\\tgemini-code-assist-user-feedback@example.com.\",\n    \"status\": \"PERMISSION_DENIED\"\n  }\n}\n"}})json"},
    Row{.id = "proxy-block-page-403", .status = 403, .form = Form::html,
        .text = R"html(<!DOCTYPE html>
<html class="no-js" lang="en-US">
<head>
<title>Attention Required! | Cloudflare</title>
<meta charset="UTF-8" />
<meta name="robots" content="noindex, nofollow" />
</head>
<body>
<div id="cf-wrapper"><div id="cf-error-details">
<h1>Sorry, you have been blocked</h1>
<h2>You are unable to access example.com</h2>
<p>This website is using a security service to protect itself from online attacks.</p>
</div></div>
</body>
</html>
)html",
        .header = "Server: cloudflare"},
};

// clang-format on

}  // namespace ductile::inline DUCTILE_VERSION::mock
