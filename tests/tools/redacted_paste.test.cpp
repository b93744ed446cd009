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
      {"has not been used in project 884411223344 before. Visit https://x/overview?project=884411223344 then retry.",
       "has not been used in project [project] before. Visit https://x/overview?project=[project] then retry."},
      {"the project 12 of the list", "the project 12 of the list"},
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

TEST_CASE("A secret is masked by its name, wherever a paste has it", "[doctor]") {
  for (const std::string_view paste : {
           "x-goog-api-key: S3CRET",
           "GEMINI_API_KEY=S3CRET node app.js",
           "{'Authorization': 'Basic S3CRET', 'a': 1}",
           "Cookie: SID=S3CRET; HSID=S3CRET",
           "set-cookie: [ 'a=S3CRET; Path=/' ]",
           R"({"headers":[{"name":"x-goog-api-key","value":"S3CRET"}]})",
           R"({"cookies":[{"name":"SID","value":"S3CRET"},{"name":"b","value":"S3CRET","path":"/"}]})",
           R"({\"apiKey\": \"S3CRET\"})",
           "https://h/v1beta/models?key=S3CRET&alt=sse",
           "https://h/o?alt=media&token=S3CRET",
           R"("client_secret" : "S3CRET")",
           R"("queryString":[{"name":"key","value":"S3CRET"}])",
           "{\n            \"name\": \"Cookie\",\n            \"value\": \"a=S3CRET\"\n          }",
           R"("queryString":[{"name":"access_token", "value":"S3CRET"}])",
           R"("private_key": "-----BEGIN PRIVATE KEY-----\nS3CRET\n-----END PRIVATE KEY-----\n")",
           "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDS3CRETbcdefghij\nS3CRET==\n-----END PRIVATE "
           "KEY-----\n",
           "-----BEGIN RSA PRIVATE KEY----- MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQD S3CRET... and more",
           "aws_secret_access_key=S3CRET",
           "AoIBAQDS3CRET\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDS3CRETbcdefgh\nS3CRET==\n-----END PRIVATE KEY-----\n",
           "and its end:\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDS3CRETbcdefgh\nS3CRET==\n503 overloaded",
           R"(...xyz\nS3CRET==\n-----END PRIVATE KEY-----\n", "a": 1)",
           "S3CRET== -----END CERTIFICATE-----",
           "[('x-goog-api-key', 'S3CRET'), ('accept', 'x')]",
           "rawHeaders: [ 'x-api-key', 'S3CRET' ]",
           "mytool --token S3CRET --out x",
           "token=\"S3CRET and S3CRET\"",
           "session=S3CRET; path=/",
           "X-Api-Key S3CRET12345 was refused",
           "<apiKey>S3CRET</apiKey>",
           "\x1B[31mx-goog-api-key\x1B[0m: S3CRET",
           "HTTPS_PROXY=bob:S3CRET@proxy.corp:3128",
           "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDS3CRETbcdefghhhhhhhhhhhhh\nS3CRETabcdefghijklmnopqrstuvwxyz1234\n",
           "curl -u bob:S3CRET https://h/",
           "curl -sS https://h/ -ubob:S3CRET",
           "curl --user 'bob:S3CRET with blanks' https://h/",
           "curl https://h/ \\\n  --proxy-user=bob:S3CRET",
           "curl -x http://h:3128 -U bob:S3CRET https://h/",
           "Authorization: Basic Ym9iOlMzQ1JFVA== and S3CRET",
           "proxy wants Basic S3CRETpibzpi here",
           "clientSecret: 'S3CRET'",
           "\"private_key_id\": \"S3CRET\"",
           "mytool --api-key S3CRET --out x",
           "mytool --api-key=S3CRET --out x",
           "api_key:\n  S3CRET\nmodel: x\n",
           "api_key: |\n  S3CRET\n",
           "{\n  \"api_key\":\n    \"S3CRET\"\n}",
           "http://bob:S3CRET@localhost:3128",
           "Proxy https://alice:S3CRET@proxy.corp:3128 refused",
           "ghp_S3CRET7e42F292c6912E7710c838347Ae178B4a 503 overloaded",
           "xoxb-123456789012-S3CRETgHiJkLmNoPq",
           "https://storage.googleapis.com/b/o?X-Goog-Signature=S3CRETabcd&x=1",
       }) {
    CAPTURE(paste);
    CHECK(redacted_paste(paste).find("S3CRET") == std::string::npos);
    CHECK(redacted_paste(paste).find("[redacted]") != std::string::npos);
    CHECK(redacted_paste(redacted_paste(paste)) == redacted_paste(paste));
  }
  CHECK(redacted_paste("token eyJhbGciOiJSUzI1NiIsImtpZCI6.eyJpc3MiOiJodHRwcyJ9.c2lnbmF0dXJl end") == "token [redacted] end");
  CHECK(redacted_paste("thoughtSignature: CiQB0e2Kb7Xv3nQm9Lr4Tz8Wc1Yd5Gf6Hj2Ks0Pa7Bn3VmQ1w2E3r4").find("Bn3Vm") == std::string::npos);
}

TEST_CASE("What only looks like a secret stays: names of quotas, paths, and words about keys", "[doctor]") {
  for (const std::string_view paste : {"quotaId: GenerateContentPaidTierInputTokensPerModelPerMinute-PaidTier2-FreeTier",
                                       "API key not valid. Please pass a valid API key.",
                                       "/usr/lib/python3/dist-packages/google/genai/Client3/models2/errors1.py",
                                       "the cookie was refused, and the password too",
                                       "--api-key --out x",
                                       "API_KEY_INVALID: API key expired",
                                       "https://h:8080/a@b and https://h/x:y@z",
                                       "maxOutputTokens: 12",
                                       "x-goog-api-key:\nHTTP/1.1 503 Service Unavailable",
                                       "Method doesn't allow unregistered callers (no authorization)",
                                       "docker run -u 1000:1000 x",
                                       "nextPageToken: abcdef",
                                       "the token was refused",
                                       "an unexpected token, and a session that ended",
                                       "api_key and model",
                                       "proxy=on, mail=off",
                                       "curl -u bob https://h/",
                                       "a basic question: which one",
                                       "-----END of it, and more",
                                       "Basic authentication is off"}) {
    CAPTURE(paste);
    CHECK(redacted_paste(paste) == paste);
  }
}
