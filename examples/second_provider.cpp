// SPDX-License-Identifier: BSL-1.0
//
// A second provider behind the first: another protocol, another client, its own idea of an error. A target of the chain is only a number;
// the operation looks at `attempt.target` and does what that target needs.
#include <ductile/ductile.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>
#include <ductile/transports/httplib.hpp>

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>
#include <variant>

using namespace std::chrono_literals;

namespace {

struct Picture {
  std::string bytes;
  std::string by;
};

// Stands in for the second provider, "Paintworks": always HTTP 200, and the truth in the body. Busy once.
class FakePaintworks {
 public:
  ductile::TransportResult send(const ductile::HttpRequest& request, const ductile::TransportLimits&) {
    ++requests_;
    if (ductile::header(request.headers, "authorization") != "Token a-token") return answer(R"({"state": "denied"})");
    if (requests_ == 1) return answer(R"({"state": "busy", "come_back_ms": 1500})");
    return answer(R"({"state": "done", "picture": "a picture of )" + request.body + R"("})");
  }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  static ductile::TransportResult answer(std::string body) { return ductile::HttpResponse{200, {}, std::move(body)}; }
  int requests_ = 0;
};

// [classifier]
// What an answer of Paintworks means. What it says nothing about, an ordinary HTTP service's classifier may judge.
struct PaintworksClassifier {
  ductile::Verdict operator()(const ductile::HttpResponse& response) const {
    ductile::Verdict verdict = ductile::HttpStatusClassifier{}(response);
    if (!verdict.ok()) return verdict;
    boost::system::error_code error;
    const boost::json::value body = boost::json::parse(response.body, error);
    const boost::json::object* answer = error ? nullptr : body.if_object();
    const boost::json::value* state = answer ? answer->if_contains("state") : nullptr;
    if (state && *state == "done") return verdict;
    verdict.reclassified = true;  // a 200 that is none
    verdict.kind = !state               ? ductile::Kind::other
                   : *state == "busy"   ? ductile::Kind::overload
                   : *state == "denied" ? ductile::Kind::auth
                                        : ductile::Kind::other;
    verdict.remedy = ductile::default_remedy(verdict.kind);
    if (const boost::json::value* wait = answer ? answer->if_contains("come_back_ms") : nullptr; wait && wait->is_int64())
      verdict.hint = std::chrono::milliseconds{wait->as_int64()};
    return verdict;
  }
};
// [/classifier]

// [client]
// One attempt at Paintworks.
template <ductile::Transport T>
ductile::Result<Picture> paint(T& transport, const std::string& prompt, ductile::Duration time_left) {
  const ductile::HttpRequest request{
      .method = "POST", .url = "https://paintworks.example/pictures", .headers = {{"Authorization", "Token a-token"}}, .body = prompt};
  ductile::TransportResult result = transport.send(request, {.total = time_left});
  if (auto* error = std::get_if<ductile::TransportError>(&result))
    return ductile::Failure{ductile::HttpStatusClassifier{}(*error), error->message};
  auto& response = std::get<ductile::HttpResponse>(result);
  const ductile::Verdict verdict = PaintworksClassifier{}(response);
  if (!verdict.ok()) return ductile::Failure{verdict, response.body.substr(0, 200), {}, ductile::Cause::of(std::move(response))};
  return Picture{boost::json::parse(response.body).at("picture").as_string().c_str(), "paintworks"};
}
// [/client]

}  // namespace

int main() {
  // The first provider is out of its day's quota.
  constexpr double scale = 60;
  ductile::mock::Server service{{.time_scale = scale}};
  service.engine().play({.episodes = {{.answer = "rpd-paid"}}}, service.clock().now());
  ductile::HttplibTransport network;
  ductile::gemini::ClientOptions options;
  options.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};
  options.base_url = service.url();
  options.pace = scale;
  const ductile::gemini::Client gemini{network, options};
  FakePaintworks paintworks;
  ductile::ScaledClock clock{scale, service.clock().now()};

  // [usage]
  enum : std::uint8_t { first, second };
  ductile::Pipeline pipeline{ductile::Deadline{5min},
                             ductile::FallbackChain{ductile::FallbackOptions{.targets = {{.name = "gemini"}, {.name = "paintworks"}}}},
                             ductile::Retry{}, ductile::AttemptTimeout{2min}};

  const std::string prompt = "a red balloon";
  const auto draw = [&](const ductile::Attempt& attempt) -> ductile::Result<Picture> {
    switch (attempt.target) {
      case first: {
        auto reply = gemini.generate({.prompt = prompt}, "gemini-3-pro-image", {.timeout = attempt.remaining(clock.now()())});
        if (!reply) return std::move(reply).error();
        return Picture{std::move(reply).value().bytes, "gemini"};
      }
      case second: return paint(paintworks, prompt, attempt.remaining(clock.now()()));
      default: return ductile::Failure{ductile::Kind::no_target};
    }
  };
  const ductile::Result<Picture> picture = pipeline.run(draw, clock);
  // [/usage]

  if (!picture) {
    std::cerr << ductile::describe(picture.error(), clock.now()()) << '\n';
    return 1;
  }
  std::cout << picture.value().bytes << ", by " << picture.value().by << ", attempt " << ductile::trips(picture) << '\n';
  return picture.value().by == "paintworks" && ductile::served_by(picture) == second && ductile::trips(picture) == 3 &&
                 paintworks.requests() == 2 && service.engine().journal().total() == 1
             ? 0
             : 1;
}
