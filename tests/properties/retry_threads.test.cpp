// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/policies/retry.hpp>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

// What Retry with probe_at_hint knows of a target, under threads: of all calls that see a spent day at one moment, one tries at the hint.

using namespace ductile;
using namespace std::chrono_literals;

TEST_CASE("Of calls in two threads that see a spent day, exactly those try at the hint that would in one thread", "[properties]") {
  constexpr int threads = 2;
  constexpr int rounds = 20'000;
  const Retry retry{RetryOptions{.backoff = Constant{}, .hint_jitter = 0.0, .probe_at_hint = true}};
  Verdict spent = support::said(Kind::quota, 30s);
  spent.remedy = Remedy::next_day;

  // What happens in each round is known before: when it is, and whether the one that tries finds the day open.
  struct Round {
    Time at{};
    bool opens = false;
    bool one_may_try = false;  // the model's word
  };
  std::vector<Round> plan(rounds);
  SplitMix64 dice{1};
  Time at{};
  Time closed_until{};
  for (Round& round : plan) {
    at += std::chrono::seconds{20 + dice() % 40} + (dice() % 16 == 0 ? Duration{24h} : Duration{});
    round = {at, dice() % 4 != 0, at >= closed_until};
    if (round.one_may_try) closed_until = round.opens ? at + 30s : at + 30s + 24h;
  }

  RetryState state;
  std::atomic<int> tried{0};
  int wrong = 0;
  int tries = 0;
  std::size_t ended = 0;
  std::barrier all_together{threads, [&]() noexcept {
                              const int by = tried.exchange(0);
                              tries += by;
                              wrong += by == (plan[ended].one_may_try ? 1 : 0) ? 0 : 1;
                              ++ended;
                            }};
  std::barrier told{threads};
  std::vector<std::thread> running;
  for (int thread = 0; thread < threads; ++thread)
    running.emplace_back([&] {
      support::HandClock clock;
      for (const Round& round : plan) {
        clock.set(round.at.time_since_epoch());
        Retry<Constant>::Call call;
        const bool again = retry.settle(state, call, clock.now(), Attempt{}, spent).again();
        if (again) tried.fetch_add(1);
        told.arrive_and_wait();
        if (again && !round.opens) {
          clock.pass(30s);
          static_cast<void>(retry.settle(state, call, clock.now(), Attempt{}, spent));
        }
        all_together.arrive_and_wait();
      }
    });
  for (std::thread& thread : running) thread.join();
  CHECK(wrong == 0);
  CHECK(tries > rounds / 50);
  CHECK(tries < rounds);
}
