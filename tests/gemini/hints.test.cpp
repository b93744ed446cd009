// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/gemini/classifier.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <string>
#include <vector>

// From the words of an answer to the wait that follows: the largest hint wins, rounded up, with jitter upwards and after.

using namespace ductile;
using namespace std::chrono_literals;

namespace {

std::string minute_full(const std::string& retry_info, const std::string& retry_in) {
  std::string body = R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota.)";
  if (!retry_in.empty()) body += R"(\nPlease retry in )" + retry_in + ".";
  body +=
      R"(","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]})";
  if (!retry_info.empty()) body += R"(,{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":")" + retry_info + R"("})";
  return body + "]}}";
}

struct Row {
  std::vector<HttpHeader> headers;
  std::string retry_info;
  std::string retry_in;
  Duration wait;  // zero: no hint, so the backoff of 100 ms
};

const std::vector<Row>& rows() {
  static const std::string noon = "Tue, 24 Nov 2026 12:00:00 GMT";
  static const std::vector<Row> all{{{}, "", "", 0s},
                                    {{}, "36s", "", 36s},
                                    {{}, "34.4s", "", 35s},
                                    {{}, "0s", "", 0s},
                                    {{}, "900.2ms", "", 1s},
                                    {{}, "", "58.93s", 59s},
                                    {{}, "", "1m2.5s", 63s},
                                    {{}, "", "1.5ms", 1s},
                                    {{}, "36s", "36.96s", 37s},
                                    {{}, "45.837906927s", "12s", 46s},
                                    {{{"Retry-After", "50"}}, "36s", "36.96s", 50s},
                                    {{{"Retry-After", "5"}}, "36s", "", 36s},
                                    {{{"retry-after-ms", "41500"}}, "36s", "", 42s},
                                    {{{"Retry-After", "40"}, {"retry-after-ms", "41500"}}, "", "41.6s", 42s},
                                    {{{"Date", noon}, {"Retry-After", "Tue, 24 Nov 2026 12:00:45 GMT"}}, "36s", "", 45s},
                                    {{{"Date", noon}, {"Retry-After", "Tuesday, 24-Nov-26 12:00:45 GMT"}}, "", "", 45s},
                                    {{{"Date", noon}, {"Retry-After", "Tue Nov 24 12:00:45 2026"}}, "", "", 45s},
                                    {{{"Date", noon}, {"Retry-After", "Tue, 24 Nov 2026 11:59:00 GMT"}}, "", "", 0s},
                                    {{{"Date", noon}, {"Retry-After", "Tue, 24 Nov 2026 11:59:00 GMT"}}, "7s", "", 7s},
                                    {{{"Retry-After", "Tue, 24 Nov 2026 12:00:45 GMT"}}, "7s", "", 7s},
                                    {{}, "", "2h3m4.5s", 2h + 3min + 5s},
                                    {{{"Retry-After", "86400"}}, "", "", 24h}};
  return all;
}

}  // namespace

EVERY_DRIVER("What an answer asks to wait is waited, and no more than a tenth longer", "[gemini]") {
  for (std::size_t i = 0; i < rows().size(); ++i) {
    const Row& row = rows()[i];
    if (row.wait > 10min) continue;
    CAPTURE(i, row.retry_info, row.retry_in);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const auto anew = driver.another(seed);
      Pipeline pipeline{Retry{RetryOptions{.attempts = 2, .backoff = Constant{.wait = 100ms}}}};
      const auto result = anew->run(
          pipeline, [&] { return HttpResponse{429, row.headers, minute_full(row.retry_info, row.retry_in)}; }, gemini::Classifier{});
      REQUIRE_FALSE(result);
      CHECK(result.error().verdict().hint == row.wait);
      const Duration waited = anew->now()().time_since_epoch();
      const Duration least = row.wait > 0s ? row.wait : 100ms;
      CHECK(waited >= least);
      CHECK(waited <= (row.wait > 0s ? row.wait * 11 / 10 : least));
    }
  }
}

EVERY_DRIVER("A hint that cannot be waited for is reported as the moment from which trying can help", "[gemini]") {
  for (std::size_t i = 0; i < rows().size(); ++i) {
    const Row& row = rows()[i];
    if (row.wait == 0s) continue;
    CAPTURE(i, row.retry_info, row.retry_in);
    const auto anew = driver.another();
    Pipeline pipeline{Deadline{500ms}, Retry{RetryOptions{.attempts = 2, .backoff = Constant{.wait = 100ms}}}};
    const auto result = anew->run(
        pipeline, [&] { return HttpResponse{429, row.headers, minute_full(row.retry_info, row.retry_in)}; }, gemini::Classifier{});
    REQUIRE_FALSE(result);
    CHECK(result.error().attempts() == 1);
    CHECK(anew->now()() == Time{});  // nobody slept
    REQUIRE(result.error().earliest_retry_at());
    CHECK(*result.error().earliest_retry_at() >= Time{row.wait});
    CHECK(*result.error().earliest_retry_at() <= Time{row.wait * 11 / 10});
  }
}
