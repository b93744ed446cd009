// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/joined_mock.hpp>

#include "../support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace ductile;
using namespace ductile::tools;

namespace {
struct OneAnswer {
  TransportResult answer;
  std::vector<std::string> urls{};

  TransportResult send(const HttpRequest& request, const TransportLimits&) {
    urls.push_back(request.url);
    return answer;
  }
};
HttpResponse page(int status, const std::string& body) {
  HttpResponse response;
  response.status = status;
  response.body = body;
  return response;
}
}  // namespace

TEST_CASE("a mock is joined by its clock", "[tools]") {
  OneAnswer mock{page(200, R"({"now": "2026-11-24T10:00:00Z", "unix_s": 1795514400.5, "time_scale": 60})")};
  CHECK(join_mock(mock, "http://h:1/gateway//", 60).time_since_epoch() == std::chrono::milliseconds{1795514400500});
  CHECK(mock.urls == std::vector<std::string>{"http://h:1/gateway/_ductile/clock"});
}

TEST_CASE("what is no mock, or runs at another pace, is refused in a sentence", "[tools]") {
  struct Row {
    TransportResult answer;
    Ending ending;
    std::string says;
  };
  const auto row = GENERATE(values<Row>({
      {page(404, "no"), Ending::usage, "--time-scale joins a ductile mock, and http://h is none: it has no clock"},
      {page(200, "<html>"), Ending::usage, "its clock cannot be read"},
      {page(200, "[]"), Ending::usage, "its clock cannot be read"},
      {page(200, R"({"time_scale": "60", "unix_s": 1})"), Ending::usage, "its clock cannot be read"},
      {page(200, R"({"time_scale": 30.5, "unix_s": 1})"), Ending::usage, "--time-scale must be the mock's own, 30.5; it is 60"},
      {TransportError{TransportFault::refused, Sent::no, "refused at http://h"}, Ending::failed,
       "--time-scale joins a ductile mock, and none answers: refused at http://h"},
  }));
  OneAnswer mock{row.answer};
  try {
    (void)join_mock(mock, "http://h", 60);
    FAIL("joined what is no mock");
  } catch (const Problem& problem) {
    CHECK(problem.ending() == row.ending);
    CHECK_THAT(problem.what(), Catch::Matchers::ContainsSubstring(row.says));
  }
}
