// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "tiny_images.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/gemini/resilient.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// Short deadlines before an ill service: the breaker opens for 10 s, and a call that cannot outlast that is tried all the same.

using namespace ductile;
using namespace std::chrono_literals;

namespace {

// A service that answers 503 at once, or a little later; remembers when it was asked, and for which model.
class Overloaded {
 public:
  explicit Overloaded(VirtualClock& clock, Duration latency = {}, std::string well = {})
      : clock_(clock), latency_(latency), well_(std::move(well)) {}

  TransportResult send(const HttpRequest& request, const TransportLimits&) {
    clock_.advance(latency_);
    if (!well_.empty() && request.url.find(well_) != std::string::npos) {
      ++asked_well_;
      return HttpResponse{200, {}, tiny::answer(tiny::png(1024, 1024))};
    }
    ++asked_;
    return HttpResponse{503, {}, R"({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}})"};
  }

  [[nodiscard]] unsigned asked() const noexcept { return asked_; }
  [[nodiscard]] unsigned asked_well() const noexcept { return asked_well_; }

 private:
  VirtualClock& clock_;
  Duration latency_;
  std::string well_;
  unsigned asked_ = 0;
  unsigned asked_well_ = 0;
};

gemini::ClientOptions with_key() {
  gemini::ClientOptions options;
  options.api_key = gemini::ApiKey{"a-key-for-the-mock"};
  return options;
}

gemini::ResilientOptions with_targets(std::size_t targets) {
  gemini::ResilientOptions options;
  options.fallback.targets.resize(targets);
  return options;
}

// The numbers of a resilient client around an operation that fails at once; when it was called.
std::vector<Time> calls_of_a_herd(const gemini::ResilientOptions& options, std::size_t jobs, Duration deadline, std::uint64_t seed) {
  std::vector<Time> calls;
  Simulation simulation{WallTime{}, seed};
  Pipeline pipeline{Deadline{deadline},          FallbackChain{options.fallback},
                    Retry{options.retry},        CircuitBreaker{options.breaker},
                    QuotaTracker{options.quota}, AttemptTimeout{options.attempt_timeout}};
  const auto operation = [&] {
    calls.push_back(simulation.now()());
    return Simulated<Result<int>>{0s, Result<int>{Failure{Kind::overload}}};
  };
  for (std::size_t job = 0; job < jobs; ++job) simulation.call(pipeline, operation, [](const Result<int>&) {});
  simulation.run();
  return calls;
}

}  // namespace

TEST_CASE("With one target and a short deadline, overload is tried at least five times", "[gemini]") {
  for (const Duration deadline : {6s, 12s, 13s, 15s, 20s, 25s, 60s})
    for (const Duration latency : {0ms, 100ms})
      for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        VirtualClock clock{WallTime{}, seed};
        Overloaded service{clock, latency};
        auto client = gemini::resilient(service, with_key(), with_targets(1));
        const auto image = client.generate({.prompt = "a lighthouse"}, {.deadline = deadline}, NoStop{}, clock);
        CAPTURE(seed, deadline.count(), latency.count());
        REQUIRE_FALSE(image);
        REQUIRE(image.error().attempts() == service.asked());
        REQUIRE(service.asked() >= 5);
        REQUIRE(service.asked() <= 5 + static_cast<unsigned>(deadline / 2s));  // it is no hammer either
      }
}

TEST_CASE("While another target is well, nobody passes an open breaker", "[gemini]") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    VirtualClock clock{WallTime{}, seed};
    Overloaded service{clock, 0s, "gemini-nano-banana-2.1"};
    auto client = gemini::resilient(service, with_key());
    for (int job = 0; job < 5; ++job) CHECK(client.generate({.prompt = "a lighthouse"}, {.deadline = 12s}, NoStop{}, clock));
    CAPTURE(seed);
    CHECK(service.asked() == 2);       // both by the first job; then its breaker is open
    CHECK(service.asked_well() == 5);  // every job
  }
}

TEST_CASE("A herd with short deadlines does not hammer an ill service", "[gemini]") {
  constexpr std::size_t jobs = 200;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<Time> calls = calls_of_a_herd(with_targets(1), jobs, 12s, seed);
    CAPTURE(seed);
    // All begin at once, and the breaker cannot know before the first has failed. After that, two in a second at most.
    const auto later_calls = static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [](Time at) { return at > Time{}; }));
    CHECK(later_calls >= 5);
    CHECK(later_calls <= 24 + 2);
    CHECK(calls.size() - later_calls <= jobs);
  }
}
