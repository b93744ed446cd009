// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/redacted_paste.hpp>

#include "../support/catch.hpp"

#include <string>
#include <string_view>

using ductile::tools::redacted_paste;

TEST_CASE("A paste for others names no key, no image, no project and no person", "[doctor]") {
  struct Row {
    std::string given;
    std::string_view shown;
  };
  const std::string image(200, 'A');
  const Row rows[]{
      {"nothing to hide: 503 UNAVAILABLE", "nothing to hide: 503 UNAVAILABLE"},
      {"\"data\": \"" + image + "\"", "\"data\": \"[base64, 200 letters]\""},
      {"projects/my-own-project-1234/locations/global", "projects/[project]/locations/global"},
      {"\"consumer\": \"projects/123456789012\"", "\"consumer\": \"projects/[project]\""},
      {"ask jane.doe+x@example.com for it", "ask [address] for it"},
      {"@type: type.googleapis.com/google.rpc.Help", "@type: type.googleapis.com/google.rpc.Help"},
      {"https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro-image:generateContent",
       "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro-image:generateContent"},
  };
  for (const Row& row : rows) CHECK(redacted_paste(row.given) == row.shown);
  const std::string key = "AIzaSyA1234567890abcdefghijklmnopqrstuv";
  CHECK(redacted_paste("x-goog-api-key: " + key).find(key) == std::string::npos);
  CHECK(redacted_paste("my secret is s3cr3t-s3cr3t", "s3cr3t-s3cr3t").find("s3cr3t") == std::string::npos);
}
