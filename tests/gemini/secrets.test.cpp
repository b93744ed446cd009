// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/gemini/api_key.hpp>
#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/redact.hpp>

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>

using namespace ductile;
using namespace ductile::gemini;

namespace {
const std::string real_key = "AIzaSyD-not-a-real-key_0123456789abcdef";

template <class T>
concept Prints = requires(std::ostream& stream, const T& value) { stream << value; };
}  // namespace

static_assert(!Prints<ApiKey>);
static_assert(!std::convertible_to<ApiKey, std::string>);
static_assert(!std::convertible_to<ApiKey, std::string_view>);
static_assert(!std::convertible_to<std::string, ApiKey>);

TEST_CASE("What looks like a key is taken out of a text", "[gemini]") {
  struct Case {
    std::string_view text;
    std::string_view clean;
  };
  for (const Case& c : {Case{"Consumer 'api_key:AIzaSyEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMP' has", "Consumer 'api_key:[redacted]' has"},
                        Case{"key AQ.Ab8RN6I0123456789abcdefghijk!", "key [redacted]!"},
                        Case{"Authorization: Bearer abcdefgh.ijkl-mnop", "Authorization: Bearer [redacted]"},
                        Case{"GET /v1beta/models?key=abcdefgh12345678&alt=sse", "GET /v1beta/models?key=[redacted]&alt=sse"},
                        Case{"in words alone: aizasyexampleexampleexampleexampleexamp", "in words alone: [redacted]"},
                        Case{"token ya29.a0AfH6SMBabcdefgh", "token [redacted]"}, Case{"sk-proj-0123456789abcdefgh", "[redacted]"},
                        Case{"the risk-free task-list of AIza and AQ. and sk-x", "the risk-free task-list of AIza and AQ. and sk-x"},
                        Case{"key=abcdefgh1 key=abcdefgh2,", "key=[redacted] key=[redacted],"},
                        Case{"Bearer abcdefgh.1 aizasyexampleexampleexampleexampleexamp", "Bearer [redacted] [redacted]"}, Case{"", ""}}) {
    CAPTURE(c.text);
    CHECK(redacted(std::string{c.text}) == c.clean);
  }
}

TEST_CASE("The key that is known is taken out wherever it stands and whatever it looks like", "[gemini]") {
  CHECK(redacted("a=hunter22, b=hunter22", "hunter22") == "a=[redacted], b=[redacted]");
  CHECK(redacted("HUNTER22hunter22", "hunter22") == "[redacted][redacted]");
  CHECK(redacted("nothing", "") == "nothing");
}

TEST_CASE("A name is a secret's in any spelling, by how it ends", "[gemini]") {
  for (const std::string_view name : {"GEMINI_API_KEY", "apiKey", "--api-key", "gemini.api.key", "aws_secret_access_key", "passphrase",
                                      "REPLICATE_API_TOKEN", "X-Amz-Security-Token", "Ocp-Apim-Subscription-Key", "X-Auth-Key"}) {
    CAPTURE(name);
    CHECK(names_secret(name));
  }
  for (const std::string_view name : {"", "_", "key", "maxOutputTokens", "nextPageToken", "cookies", "passwords", "thoughtSignature"}) {
    CAPTURE(name);
    CHECK_FALSE(names_secret(name));
  }
}

TEST_CASE("A text for a log line is short, on one line and good UTF-8", "[gemini]") {
  CHECK(shortened("  two\nlines\t ", 100) == "two lines");
  CHECK(shortened("abcdef", 3) == "abc...");
  CHECK(shortened("\xC3\xA9\xC3\xA9", 3) == "\xC3\xA9...");  // never half of a character
  CHECK(shortened("a\xFF"
                  "b",
                  10) == "a?b");
  CHECK(shortened(std::string(10'000, 'x'), 500).size() == 503);
}

TEST_CASE("A key cannot break out of its header", "[gemini]") {
  CHECK(ApiKey{}.problem() == "api_key: is empty");
  CHECK_FALSE(ApiKey{"abc\r\nHost: evil"}.problem().empty());
  CHECK_FALSE(ApiKey{"a b"}.problem().empty());
  CHECK(ApiKey{"any-gateway's/key=of:its+own"}.problem().empty());
}

TEST_CASE("A classification never holds the key, even where the answer quotes it", "[gemini]") {
  AnswerContext context;
  context.secret = real_key;
  const std::string odd = "odd-gateway-key-17";
  for (const std::string_view key : {std::string_view{real_key}, std::string_view{odd}}) {
    context.secret = key;
    const std::string body =
        "{\"error\":{\"code\":403,\"status\":\"PERMISSION_DENIED\",\"message\":\"Consumer 'api_key:" + std::string{key} +
        "' has been suspended. finishReason: " + std::string{key} + "\"}}";
    const Classification said = classify_text(body, 403, context);
    CHECK(said.verdict.kind == Kind::permission);
    std::string all = said.message + said.model + said.grpc_status;
    for (const Evidence& evidence : said.evidence) all += evidence.where + evidence.what;
    CHECK(all.find(key) == std::string::npos);
  }
}
