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

struct Job {
  Time begins{};
  Duration deadline{};
};

// When each of the jobs was tried: the numbers of a resilient client around an operation that fails at once.
std::vector<std::vector<Time>> attempts_of(const std::vector<Job>& jobs, const gemini::ResilientOptions& options, std::uint64_t seed) {
  std::vector<std::vector<Time>> attempts(jobs.size());
  Simulation simulation{WallTime{}, seed};
  Pipeline pipeline{Deadline{options.deadline},      FallbackChain{options.fallback}, Retry{options.retry},
                    CircuitBreaker{options.breaker}, QuotaTracker{options.quota},     AttemptTimeout{options.attempt_timeout}};
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    const auto operation = [&simulation, &made = attempts[job]] {
      made.push_back(simulation.now()());
      return Simulated<Result<int>>{0s, Result<int>{Failure{Kind::overload}}};
    };
    simulation.call(pipeline, operation, [](const Result<int>&) {}, jobs[job].begins, {.deadline = jobs[job].deadline});
  }
  simulation.run();
  return attempts;
}

// All begin at once, and the breaker cannot know before the first has failed.
std::size_t later_attempts(const std::vector<std::vector<Time>>& attempts) {
  std::size_t later = 0;
  for (const std::vector<Time>& made : attempts)
    later += static_cast<std::size_t>(std::count_if(made.begin(), made.end(), [](Time at) { return at > Time{}; }));
  return later;
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
    CHECK(service.asked() == 1);       // by the first job; then its breaker is open
    CHECK(service.asked_well() == 5);  // every job
  }
}

TEST_CASE("Of four jobs that share one ill target each is tried at least five times", "[gemini]") {
  for (const Duration deadline : {12s, 60s})
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      const auto attempts = attempts_of(std::vector<Job>(4, {Time{}, deadline}), with_targets(1), seed);
      CAPTURE(seed, deadline.count());
      for (const std::vector<Time>& made : attempts) REQUIRE(made.size() >= 5);
      REQUIRE(later_attempts(attempts) <= static_cast<std::size_t>(deadline / 500ms));
    }
}

TEST_CASE("A rest that another call has begun does not keep a short one from its last chance", "[gemini]") {
  for (const std::size_t targets : {1U, 2U})
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      // Three jobs with time meet the open breakers, which tell them to come back at ten seconds; by then the fourth is over.
      const auto attempts = attempts_of({{Time{}, 1min}, {Time{}, 1min}, {Time{}, 1min}, {Time{4s}, 5s}}, with_targets(targets), seed);
      CAPTURE(seed, targets);
      REQUIRE(attempts.back().size() >= 2);
      REQUIRE(attempts.back().size() <= 10 * targets);
    }
}

TEST_CASE("A herd with short deadlines does not hammer an ill service", "[gemini]") {
  constexpr std::size_t jobs = 200;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto attempts = attempts_of(std::vector<Job>(jobs, {Time{}, 12s}), with_targets(1), seed);
    CAPTURE(seed);
    CHECK(later_attempts(attempts) >= 5);
    CHECK(later_attempts(attempts) <= 24 + 2);  // two in a second at most
    for (const std::vector<Time>& made : attempts) CHECK(std::count(made.begin(), made.end(), Time{}) <= 1);
  }
}
