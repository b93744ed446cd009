// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tiny_images.hpp"

#include <ductile/gemini/base64.hpp>

#include <string>

// What a stream of an image is made of.
namespace ductile_test {

inline std::string event(const std::string& json) { return "data: " + json + "\n\n"; }
inline std::string words(const std::string& text, const std::string& more = {}) {
  return R"({"candidates":[{"content":{"role":"model","parts":[{"text":")" + text + R"("}]})" + more + "}]}";
}
inline std::string image(const std::string& more = R"(,"finishReason":"STOP")") {
  return R"({"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":"image/png","data":")" +
         ductile::gemini::encode_base64(tiny::png(1024, 1024)) + R"("}}]})" + more +
         R"(}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":1369}})";
}
inline const std::string overload =
    R"({"error":{"code":503,"message":"This model is currently experiencing high demand.","status":"UNAVAILABLE"}})";
inline const std::string pretty_overload =
    "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"The model is overloaded. {Try} again later.\",\n    \"status\": "
    "\"UNAVAILABLE\"\n  "
    "}\n}\n";

}  // namespace ductile_test
