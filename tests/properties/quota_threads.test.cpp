// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/policies/quota_tracker.hpp>

#include <array>
#include <atomic>
#include <barrier>
#include <map>
#include <thread>
#include <vector>

// QuotaTracker under threads. Time is one atomic number, so that what is admitted can be compared with what may be, exactly.

using namespace ductile;
using namespace std::chrono_literals;

namespace {

class SharedClock : private TimeSource {
 public:
  Now now() noexcept { return Now{*this}; }
  void pass(Duration span) noexcept { time_ += span.count(); }

 private:
  Time steady() noexcept override { return Time{Duration{time_}}; }
  WallTime wall() noexcept override { return WallTime{Duration{time_}}; }
  std::uint64_t random() noexcept override { return 0; }

  std::atomic<Duration::rep> time_{0};
};

constexpr int threads = 4;

template <class Body>
void in_threads(Body body) {
  std::vector<std::thread> running;
  for (int thread = 0; thread < threads; ++thread) running.emplace_back(body, thread);
  for (std::thread& thread : running) thread.join();
}

}  // namespace

TEST_CASE("Threads that compete for a window get exactly what is in it", "[properties]") {
  using Tracker = QuotaTracker<2>;
  constexpr std::int64_t requests = 60;
  constexpr std::int64_t images = 40;
  constexpr int minutes = 3000;
  const auto compete = [&](const QuotaOptions<2>& options) {
    const Tracker tracker{options};
    Tracker::State state{tracker};
    SharedClock clock;
    std::vector<std::atomic<std::int64_t>> went(minutes);
    std::vector<std::array<QuotaUsage, 2>> usages;
    std::barrier all_together{threads, [&]() noexcept {
                                usages.push_back(tracker.usage(state, clock.now()));
                                clock.pass(61s);
                              }};
    in_threads([&](int) {
      for (std::size_t minute = 0; minute < minutes; ++minute) {
        Attempt attempt;
        attempt.deadline = clock.now()();  // now or never
        Tracker::Call call;
        while (tracker.admit(state, call, clock.now(), attempt) == Admission::go()) ++went[minute];
        all_together.arrive_and_wait();
      }
    });
    for (const auto& in_a_minute : went) CHECK(in_a_minute == images);
    for (const auto& usage : usages) {  // who got only one of the two has given it back
      CHECK(usage[0].used == images);
      CHECK(usage[1].used == images);
    }
  };
  SECTION("sliding") { compete(QuotaOptions{.limits = {per_minute(requests), images_per_minute(images)}}); }
  SECTION("fixed") { compete(QuotaOptions{.limits = {fixed(per_minute(requests)), fixed(images_per_minute(images))}}); }
}

TEST_CASE("At no interleaving does a span hold more than its limit", "[properties]") {
  using Tracker = QuotaTracker<2>;
  constexpr std::int64_t requests = 400;
  constexpr std::int64_t images = 300;
  const std::array<Tracker, 2> trackers{
      Tracker{QuotaOptions{.limits = {per_minute(requests), images_per_minute(images)}, .images = 3}},
      Tracker{QuotaOptions{.limits = {per_minute(requests / 2), images_per_minute(images)}, .images = 3}}};
  Tracker::State state{trackers[0]};
  SharedClock clock;
  struct Charge {
    std::uint32_t tick;
    std::int64_t requests;
    std::int64_t images;
  };
  std::array<std::vector<Charge>, threads> charges;

  in_threads([&](int thread) {
    SplitMix64 draws{static_cast<std::uint64_t>(thread)};
    const Tracker& tracker = trackers[thread == 0 ? 1 : 0];
    std::vector<Charge>& mine = charges[static_cast<std::size_t>(thread)];
    std::vector<Tracker::Call> out;
    const auto end_one = [&] {
      const auto kind = draws() % 4;
      Verdict verdict;
      Charge charge{out.back().tick, 1, 3};
      if (kind == 0) {
        verdict = support::abandoned(Sent::no);
        charge.requests = charge.images = 0;
      } else if (kind == 1) {
        verdict.images = 2;
        charge.images = 2;
      }
      tracker.settle(state, out.back(), clock.now(), Attempt{}, verdict);
      out.pop_back();
      mine.push_back(charge);
    };
    for (int step = 0; step < 20'000; ++step) {
      Attempt attempt;
      if (draws() % 3 != 0) attempt.deadline = clock.now()() + std::chrono::seconds{draws() % 90};
      Tracker::Call call;
      const Admission answer = tracker.admit(state, call, clock.now(), attempt);
      if (answer.form() == Admission::Form::go || answer.form() == Admission::Form::go_at) out.push_back(call);
      if (out.size() > 20 || (!out.empty() && draws() % 2 == 0)) end_one();
      if (draws() % 8 == 0) clock.pass(std::chrono::milliseconds{draws() % 200});
    }
    while (!out.empty()) end_one();
  });

  std::map<std::uint32_t, Charge> by_tick;
  std::int64_t all = 0;
  for (const auto& mine : charges)
    for (const Charge& charge : mine) {
      Charge& sum = by_tick[charge.tick];
      sum.requests += charge.requests;
      sum.images += charge.images;
      all += charge.requests;
    }
  std::int64_t most_requests = 0;
  std::int64_t most_images = 0;
  for (auto begin = by_tick.begin(); begin != by_tick.end(); ++begin) {
    Charge sum{};
    for (auto tick = begin; tick != by_tick.end() && tick->first <= begin->first + 60; ++tick) {
      sum.requests += tick->second.requests;
      sum.images += tick->second.images;
    }
    most_requests = std::max(most_requests, sum.requests);
    most_images = std::max(most_images, sum.images);
  }
  CHECK(most_requests <= requests);
  CHECK(most_images <= images);
  CHECK(most_images > images / 2);  // it was tight
  CHECK(all > 500);

  // Nothing is left over: two windows later everything is free again.
  clock.pass(4min);
  const auto usage = trackers[0].usage(state, clock.now());
  CHECK(usage[0].used == 0);
  CHECK(usage[1].used == 0);
}
