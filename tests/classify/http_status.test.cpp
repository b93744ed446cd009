// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/classify/http_status.hpp>
#include <ductile/core/error_classifier.hpp>
#include <ductile/core/kind.hpp>
#include <ductile/core/now.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/core/verdict.hpp>

#include <chrono>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

static_assert(ErrorClassifier<HttpStatusClassifier, HttpResponse>);
static_assert(ErrorClassifier<HttpStatusClassifier, TransportError>);
static_assert(!ErrorClassifier<HttpStatusClassifier, int>);

TEST_CASE("A plain service's response is judged by its status", "[classify]") {
  struct Case {
    int status;
    Kind kind;
    Remedy remedy;
  };
  for (const Case& c : {Case{200, Kind::ok, Remedy::never},
                        Case{204, Kind::ok, Remedy::never},
                        Case{302, Kind::network, Remedy::never},
                        Case{400, Kind::bad_request, Remedy::never},
                        Case{401, Kind::auth, Remedy::never},
                        Case{402, Kind::quota, Remedy::never},
                        Case{403, Kind::permission, Remedy::never},
                        Case{404, Kind::not_found, Remedy::other_model},
                        Case{407, Kind::network, Remedy::never},
                        Case{408, Kind::timeout, Remedy::immediately},
                        Case{413, Kind::payload_too_large, Remedy::never},
                        Case{418, Kind::bad_request, Remedy::never},
                        Case{429, Kind::rate_limit, Remedy::after_delay},
                        Case{499, Kind::cancelled, Remedy::immediately},
                        Case{500, Kind::internal, Remedy::immediately},
                        Case{501, Kind::bad_request, Remedy::never},
                        Case{502, Kind::internal, Remedy::after_delay},
                        Case{503, Kind::overload, Remedy::after_delay},
                        Case{504, Kind::timeout, Remedy::after_delay},
                        Case{505, Kind::bad_request, Remedy::never},
                        Case{511, Kind::network, Remedy::never},
                        Case{520, Kind::network, Remedy::after_delay},
                        Case{524, Kind::timeout, Remedy::after_delay},
                        Case{526, Kind::network, Remedy::never},
                        Case{527, Kind::network, Remedy::after_delay},
                        Case{529, Kind::overload, Remedy::after_delay},
                        Case{530, Kind::network, Remedy::after_delay},
                        Case{531, Kind::internal, Remedy::immediately},
                        Case{599, Kind::internal, Remedy::immediately},
                        Case{0, Kind::other, Remedy::never},
                        Case{1000, Kind::other, Remedy::never}}) {
    CAPTURE(c.status);
    const Verdict verdict = HttpStatusClassifier{}(HttpResponse{c.status, {}, {}});
    CHECK(verdict.kind == c.kind);
    CHECK(verdict.remedy == c.remedy);
    CHECK(verdict.says == Says::service);
  }
}

TEST_CASE("Retry-After becomes the hint of a failure, and of a success nothing", "[classify]") {
  CHECK(HttpStatusClassifier{}(HttpResponse{503, {{"Retry-After", "12"}}, {}}).hint == 12s);
  CHECK(HttpStatusClassifier{}(HttpResponse{429, {{"retry-after-ms", "1200"}}, {}}).hint == 2s);
  CHECK(HttpStatusClassifier{}(HttpResponse{200, {{"Retry-After", "12"}}, {}}).hint == 0s);
}

TEST_CASE("A date to retry after is held against the moment in which the answer came where it has no Date", "[classify]") {
  const std::vector<HttpHeader> headers{{"Retry-After", "Tue, 24 Nov 2026 12:01:00 GMT"}};
  const WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};
  CHECK(HttpStatusClassifier{}(HttpResponse{503, headers, {}, noon}).hint == 60s);
  CHECK(HttpStatusClassifier{}(HttpResponse{503, headers, {}}).hint == 0s);
}

TEST_CASE("A broken exchange is judged by how it broke, and keeps whether it was sent", "[classify]") {
  const Verdict refused = HttpStatusClassifier{}(TransportError{TransportFault::refused, Sent::no, "", 0, 0});
  CHECK(refused.kind == Kind::network);
  CHECK(refused.says == Says::transport);
  CHECK(refused.sent == Sent::no);
  CHECK(refused.billed == Billed::no);

  const Verdict stalled = HttpStatusClassifier{}(TransportError{TransportFault::idle_timeout, Sent::unknown, "", 0, 0});
  CHECK(stalled.kind == Kind::timeout);
  CHECK(stalled.sent == Sent::unknown);
  CHECK(stalled.billed == Billed::maybe);

  const Verdict stopped = HttpStatusClassifier{}(TransportError{TransportFault::cancelled, Sent::unknown, "", 0, 0});
  CHECK(stopped.kind == Kind::cancelled);
  CHECK(stopped.says == Says::caller);
  CHECK(stopped.remedy == Remedy::never);
}

TEST_CASE("Every fault of a transport has a name of its own and a kind", "[classify]") {
  for (int i = 0; i <= static_cast<int>(TransportFault::other); ++i) {
    const auto fault = static_cast<TransportFault>(i);
    CAPTURE(name(fault));
    for (int j = 0; j < i; ++j) CHECK(name(fault) != name(static_cast<TransportFault>(j)));
    const Kind kind = HttpStatusClassifier{}(TransportError{fault, Sent::unknown, "", 0, 0}).kind;
    CHECK((kind == Kind::network || kind == Kind::timeout || kind == Kind::cancelled));
  }
}
