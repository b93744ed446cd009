// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "balloon.hpp"
#include "tiny_images.hpp"

#include <ductile/core/failure.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/gemini/client.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile::gemini;
using namespace ductile_test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

// Answers what it was told to, and remembers what it was asked.
struct ScriptedTransport {
  TransportResult answer = HttpResponse{200, {}, tiny::answer(tiny::png(1024, 1024))};
  std::vector<HttpRequest> requests{};
  std::vector<TransportLimits> limits{};

  TransportResult send(const HttpRequest& request, const TransportLimits& given) {
    requests.push_back(request);
    limits.push_back(given);
    return answer;
  }
};
static_assert(Transport<ScriptedTransport>);

ClientOptions options() {
  ClientOptions given;
  given.api_key = ApiKey{secret};
  given.base_url = "http://127.0.0.1:8080/";
  return given;
}

// Everything that a failure shows to anybody.
std::string all_of(const Failure& failure) {
  std::ostringstream text;
  text << failure << failure.message();
  for (const Evidence& evidence : failure.evidence()) text << evidence.where << evidence.what;
  if (const auto* response = failure.cause().get<HttpResponse>()) {
    text << response->body;
    for (const HttpHeader& field : response->headers) text << field.name << field.value;
  }
  if (const auto* error = failure.cause().get<TransportError>()) text << error->message;
  return text.str();
}

// An environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    if (value)
      ::setenv(name, value, 1);
    else
      ::unsetenv(name);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("The client asks generateContent of the model, with the key in its header and nowhere else", "[gemini]") {
  ScriptedTransport transport;
  const Client client{transport, options()};
  REQUIRE(client.generate(balloon, "gemini-3-pro-image"));
  REQUIRE(transport.requests.size() == 1);
  const HttpRequest& sent = transport.requests[0];
  CHECK(sent.method == "POST");
  CHECK(sent.url == "http://127.0.0.1:8080/v1beta/models/gemini-3-pro-image:generateContent");
  CHECK(header(sent.headers, "x-goog-api-key") == secret);
  CHECK(header(sent.headers, "content-type") == "application/json");
  CHECK(sent.body == to_json(balloon));
  CHECK(sent.url.find(secret) == std::string::npos);
  CHECK(sent.body.find(secret) == std::string::npos);
}

TEST_CASE("A model's name cannot lead the request elsewhere", "[gemini]") {
  ScriptedTransport transport;
  const Client client{transport, options()};
  REQUIRE(client.generate(balloon, "models/gemini-3-pro-image"));
  REQUIRE(client.generate(balloon, "../../upload?key=x#y"));
  CHECK(transport.requests[0].url == "http://127.0.0.1:8080/v1beta/models/gemini-3-pro-image:generateContent");
  CHECK(transport.requests[1].url == "http://127.0.0.1:8080/v1beta/models/..%2F..%2Fupload%3Fkey%3Dx%23y:generateContent");
}

TEST_CASE("A target may have a place and a key of its own", "[gemini]") {
  ScriptedTransport transport;
  const Client client{transport, options()};
  const ApiKey other{"another-key"};
  REQUIRE(client.generate(balloon, "m", {.base_url = "https://gateway.example/google", .api_key = &other}));
  CHECK(transport.requests[0].url == "https://gateway.example/google/v1beta/models/m:generateContent");
  CHECK(header(transport.requests[0].headers, "x-goog-api-key") == "another-key");
}

TEST_CASE("The service is told how long it may work, in whole seconds and never less than ten", "[gemini]") {
  CHECK(server_timeout(1ms) == 10s);
  CHECK(server_timeout(10s) == 10s);
  CHECK(server_timeout(10'001ms) == 11s);
  CHECK(server_timeout(180s) == 180s);
  CHECK(server_timeout(Duration::max()) == 3600s);

  ScriptedTransport transport;
  const Client client{transport, options()};
  const auto told = [&](const ImageRequest& request, std::optional<Duration> timeout) {
    GenerateOptions how;
    how.timeout = timeout;
    REQUIRE(client.generate(request, "m", how).has_error() == request.image_size.has_value());
    return std::pair{std::string{header(transport.requests.back().headers, "X-Server-Timeout")}, transport.limits.back().total};
  };
  CHECK(told(balloon, 42'500ms) == std::pair{std::string{"43"}, Duration{42'500ms}});
  CHECK(told(balloon, 2s) == std::pair{std::string{"10"}, Duration{2s}});
  CHECK(told(balloon, std::nullopt).first == "120");
  ImageRequest large = balloon;
  large.image_size = ImageSize::four_k;  // answered with 1K: a failure, but asked
  CHECK(told(large, std::nullopt).first == "180");
}

TEST_CASE("A clock that runs faster than the computer's shortens the socket's limits, not the service's", "[gemini]") {
  ScriptedTransport transport;
  ClientOptions fast = options();
  fast.pace = 60;
  const Client client{transport, fast};
  REQUIRE(client.generate(balloon, "m", {.timeout = 120s}));
  CHECK(transport.limits[0].total == 2s);
  CHECK(transport.limits[0].idle == 5s);
  CHECK(header(transport.requests[0].headers, "X-Server-Timeout") == "120");
}

TEST_CASE("A failed answer becomes a failure with the service's words, the evidence and the raw answer", "[gemini]") {
  ScriptedTransport transport;
  const std::string body = R"({"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}})";
  transport.answer = HttpResponse{503, {{"Content-Type", "application/json"}}, body};
  const Client client{transport, options()};
  const auto result = client.generate(balloon, "gemini-3-pro-image");
  REQUIRE_FALSE(result);
  const Failure& failure = result.error();
  CHECK(failure.kind() == Kind::overload);
  CHECK(failure.remedy() == Remedy::after_delay);
  CHECK(failure.id() == FailureId{"overloaded"});
  CHECK(failure.says() == Says::service);
  CHECK(failure.message() == "The model is overloaded. Please try again later.");
  CHECK_FALSE(failure.evidence().empty());
  REQUIRE(failure.cause().get<HttpResponse>());
  CHECK(failure.cause().get<HttpResponse>()->body == body);
  CHECK(failure.cause().get<HttpResponse>()->status == 503);
}

TEST_CASE("A broken exchange becomes a failure of the transport that says whether it was sent", "[gemini]") {
  ScriptedTransport transport;
  transport.answer = TransportError{TransportFault::reset, Sent::unknown, "reset at http://127.0.0.1:8080", 0, 0};
  const Client client{transport, options()};
  const auto result = client.generate(balloon, "m");
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::network);
  CHECK(result.error().says() == Says::transport);
  CHECK(result.error().verdict().sent == Sent::unknown);
  REQUIRE(result.error().cause().get<TransportError>());
  CHECK(result.error().cause().get<TransportError>()->what == TransportFault::reset);
}

TEST_CASE("The key is in nothing that a failure shows, even where the other side sends it back", "[gemini]") {
  ScriptedTransport transport;
  const Client client{transport, options()};
  const std::vector<TransportResult> answers{
      HttpResponse{403, {{"x-echo", secret}}, R"({"error":{"code":403,"message":"Consumer ')" + secret + R"(' has been suspended."}})"},
      HttpResponse{500, {}, "<html><title>" + secret + "</title></html>"},
      HttpResponse{200, {}, R"({"candidates":[{"finishReason":")" + secret + R"("}],"modelVersion":")" + secret + R"("})"},
      HttpResponse{429, {}, "quota " + secret}, TransportError{TransportFault::other, Sent::unknown, "failed to send key=" + secret, 0, 0}};
  for (const TransportResult& answer : answers) {
    transport.answer = answer;
    const auto result = client.generate(balloon, "m");
    REQUIRE_FALSE(result);
    const std::string shown = all_of(result.error());
    CHECK(shown.find(secret) == std::string::npos);
    CHECK(shown.find("AIzaSyA") == std::string::npos);
  }
}

TEST_CASE("A large failed answer is kept in part", "[gemini]") {
  ScriptedTransport transport;
  transport.answer = HttpResponse{500, {}, std::string(5'000'000, 'x')};
  const auto result = Client{transport, options()}.generate(balloon, "m");
  REQUIRE_FALSE(result);
  CHECK(result.error().cause().get<HttpResponse>()->body.size() == 64 * 1024);
  CHECK(result.error().message().size() < 600);
}

TEST_CASE("What is wrong before anything is sent is said, and nothing is sent", "[gemini]") {
  struct Case {
    std::string_view what;
    void (*spoil)(ClientOptions&, ImageRequest&, GenerateOptions&);
    Kind kind;
    std::string_view text;
  };
  static const ApiKey torn{"two\r\nlines"};
  for (const Case& c : {
           Case{"no key", [](ClientOptions& o, ImageRequest&, GenerateOptions&) { o.api_key = ApiKey{}; }, Kind::auth, "api_key: is empty"},
           Case{"a torn key", [](ClientOptions&, ImageRequest&, GenerateOptions& h) { h.api_key = &torn; }, Kind::auth, "line break"},
           Case{"no scheme", [](ClientOptions& o, ImageRequest&, GenerateOptions&) { o.base_url = "example.com"; }, Kind::bad_request,
                "base_url: must begin with https:// or http://; it is \"example.com\""},
           Case{"a query", [](ClientOptions&, ImageRequest&, GenerateOptions& h) { h.base_url = "https://x/?key=abcdefgh12345"; },
                Kind::bad_request, "must have no query"},
           Case{"a password", [](ClientOptions& o, ImageRequest&, GenerateOptions&) { o.base_url = "https://me:pw@x"; }, Kind::bad_request,
                "must have no name and no password"},
           Case{"a version", [](ClientOptions& o, ImageRequest&, GenerateOptions&) { o.api_version = "v1/../x"; }, Kind::bad_request,
                "api_version"},
           Case{"a limit", [](ClientOptions& o, ImageRequest&, GenerateOptions&) { o.idle_limit = 0s; }, Kind::bad_request, "idle_limit"},
           Case{"a size", [](ClientOptions& o, ImageRequest&, GenerateOptions&) { o.max_response_bytes = 10; }, Kind::bad_request,
                "it is 10"},
           Case{"a pace", [](ClientOptions& o, ImageRequest&, GenerateOptions&) { o.pace = -1; }, Kind::bad_request, "pace: must be from"},
           Case{"a request", [](ClientOptions&, ImageRequest& r, GenerateOptions&) { r.aspect_ratio = "7:3"; }, Kind::bad_request, "7:3"},
       }) {
    CAPTURE(c.what);
    ScriptedTransport transport;
    ClientOptions given = options();
    ImageRequest request = balloon;
    GenerateOptions how;
    c.spoil(given, request, how);
    const auto result = Client{transport, given}.generate(request, "gemini-3-pro-image", how);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == c.kind);
    CHECK(result.error().says() == Says::operation);
    CHECK(result.error().verdict().sent == Sent::no);
    CHECK(result.error().verdict().billed == Billed::no);
    CHECK_THAT(result.error().message(), ContainsSubstring(std::string{c.text}));
    CHECK(result.error().message().find("abcdefgh12345") == std::string::npos);
    CHECK(transport.requests.empty());
  }
}

TEST_CASE("The environment names key, place and version as it does for the service's own clients", "[gemini]") {
  const Variable google{"GOOGLE_API_KEY", nullptr};
  const Variable gemini{"GEMINI_API_KEY", nullptr};
  const Variable url{"GOOGLE_GEMINI_BASE_URL", nullptr};
  const Variable version{"GOOGLE_GENAI_API_VERSION", nullptr};
  CHECK(client_options_from_environment().api_key.empty());
  CHECK(client_options_from_environment().base_url == "https://generativelanguage.googleapis.com");
  CHECK(client_options_from_environment().api_version == "v1beta");
  {
    const Variable second{"GEMINI_API_KEY", "second"};
    CHECK(client_options_from_environment().api_key.reveal() == "second");
    const Variable first{"GOOGLE_API_KEY", "first"};
    CHECK(client_options_from_environment().api_key.reveal() == "first");
    const Variable here{"GOOGLE_GEMINI_BASE_URL", "http://localhost:1"};
    const Variable beta{"GOOGLE_GENAI_API_VERSION", "beta"};
    CHECK(client_options_from_environment().base_url == "http://localhost:1");
    CHECK(client_options_from_environment().api_version == "v1beta");
    const Variable alpha{"GOOGLE_GENAI_API_VERSION", "v1alpha"};
    CHECK(client_options_from_environment().api_version == "v1alpha");
  }
}
