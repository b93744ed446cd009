// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/verdict/judge.hpp>

#include "../support/catch.hpp"
#include "history.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace history;
using namespace std::chrono_literals;

namespace {

// A job that is failed by `id` each time, and waits so long in between.
std::vector<Entry> waits(const std::vector<Duration>& pauses, const std::string& id = "high-demand") {
  std::vector<Entry> entries{asked(0s, id)};
  Duration at{};
  for (const Duration pause : pauses) entries.push_back(asked(at += pause, id));
  return entries;
}

std::vector<Duration> times(int count, Duration pause) { return std::vector<Duration>(static_cast<std::size_t>(count), pause); }

std::vector<Duration> operator+(std::vector<Duration> left, const std::vector<Duration>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

void check_pace(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    INFO(each.what);
    // That the job is never drawn is another finding's.
    std::vector<Entry> entries = each.entries;
    entries.push_back(asked(entries.back().time - start + 10min, "ok-image"));
    CHECK(findings(entries) == each.found);
  }
}

}  // namespace

TEST_CASE("Repeating without a pause worth the name is found", "[mock][verdict]") {
  check_pace({{"at once, three times", waits(times(3, 10ms)), "no_backoff 4<3"},
              {"at once, five times", waits(times(5, 0s)), "no_backoff 4<3, 5<4, 6<5"},
              {"sixteen times within a second each", waits(times(16, 1s)), "no_backoff 16<15, 17<16"},
              {"broken connections too", waits(times(3, 1ms), "reset-before-headers"), "no_backoff 4<3"},
              // Near misses.
              {"twice at once", waits({0s, 0s, 4s}), ""},
              {"not in a row", waits({10ms, 10ms, 2s, 10ms, 10ms, 2s}), ""},
              {"21 ms", waits(times(3, 21ms)), ""},
              {"fourteen times a second", waits(times(14, 1s)), ""},
              {"the textbook: a second, doubled", waits({1s, 2s, 4s, 8s, 16s, 32s}), ""}});
}

TEST_CASE("Asking a failing model more than twenty times a minute for one job is found", "[mock][verdict]") {
  check_pace({{"every 2 s", waits(times(22, 2s)), "retry_storm 22<21, 23<22"},  // the first repeat begins the minute
                                                                                // Near misses.
              {"every 3 s", waits(times(40, 3s)), ""},
              {"a full minute of the client's own is no trouble of the service", waits(times(22, 2s), "rpm-paid"), ""}});
}

TEST_CASE("Retries inside retries are found from the third burst on", "[mock][verdict]") {
  const std::vector<Duration> three{1s, 2s, 30s};
  const std::vector<Duration> five{1s, 2s, 4s, 8s, 60s};
  check_pace({{"three attempts each, half a minute apart", waits(three + three + three), "nested_retries 8<7, 9<8"},
              {"an SDK's five attempts in a loop with a pause of a minute", waits(five + five + five),
               "nested_retries 12<11, 13<12, 14<13, 15<14"},
              // Near misses.
              {"two bursts", waits(three + three), ""},
              {"pauses of different lengths", waits({1s, 2s, 30s, 1s, 2s, 90s, 1s, 2s, 30s, 1s, 2s}), ""},
              {"bursts of different sizes", waits(three + five + three), ""},
              {"two attempts each", waits({2s, 30s, 2s, 30s, 2s, 30s, 2s, 30s}), ""},
              {"a steady pace", waits(times(12, 20s)), ""},
              {"the outer pause is hardly longer", waits({1s, 2s, 5s, 1s, 2s, 5s, 1s, 2s, 5s}), ""}});
}

TEST_CASE("Long pauses that the service asked for make no bursts", "[mock][verdict]") {
  std::vector<Entry> entries;
  for (int round = 0; round < 4; ++round)
    for (const Duration at : {0s, 1s, 3s}) entries.push_back(asked(round * 40s + at, "high-demand") | hint(at == 3s ? 30s : 0s));
  check_pace({{"hints", entries, ""}});
}

// A false accusation costs more trust than a miss: the backoffs in use, over 2000 jobs of 20 attempts that all fail.
TEST_CASE("Jittered backoff is hardly ever taken for a loop, a storm or bursts", "[mock][verdict]") {
  ductile::SplitMix64 random{1};
  const auto uniform = [&random] { return static_cast<double>(random() >> 11U) * 0x1.0p-53; };
  const auto seconds = [](double count) { return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{count}); };
  // `wait` of the number of the repeat and the wait before, both in seconds.
  const auto accused_of_2000 = [&](const auto& wait) {
    int count = 0;
    for (int job = 0; job < 2000; ++job) {
      std::vector<Duration> pauses;
      double last = 0;
      for (int repeat = 0; repeat < 20; ++repeat) pauses.push_back(seconds(last = wait(repeat, last)));
      std::vector<Entry> entries = waits(pauses);
      entries.push_back(asked(entries.back().time - start + 10min, "ok-image"));
      count += verdict(entries).clean() ? 0 : 1;
    }
    return count;
  };
  const auto full = [&](double base) {
    return [&, base](int repeat, double) { return uniform() * std::min(60.0, base * std::pow(2.0, repeat)); };
  };
  const auto decorrelated = [&](double base) {
    return [&, base](int, double last) { return std::min(60.0, base + uniform() * (3 * std::max(base, last) - base)); };
  };
  const auto plus_a_second = [&](int repeat, double) { return std::min(60.0, std::pow(2.0, repeat) + uniform()); };  // Google's SDKs
  CHECK(accused_of_2000(full(1)) <= 20);
  CHECK(accused_of_2000(full(0.1)) <= 20);
  CHECK(accused_of_2000(decorrelated(1)) <= 20);
  CHECK(accused_of_2000(decorrelated(0.1)) <= 100);
  CHECK(accused_of_2000(plus_a_second) == 0);
}

TEST_CASE("Coming back after one's own deadline is found, where the client says what is left of it", "[mock][verdict]") {
  check_pace({{"no time left, by its own word",
               {asked(0s, "internal") | time_left(10s), asked(12s, "internal") | time_left(0s)},
               "slept_past_deadline 2"},
              {"what is left has shrunk with time, and then it came late",
               {asked(0s, "internal") | time_left(60s), asked(20s, "internal") | time_left(40s), asked(70s, "internal") | time_left(10s)},
               "slept_past_deadline 3<2"},
              // Near misses.
              {"the same limit for each attempt",
               {asked(0s, "internal") | time_left(30s), asked(40s, "internal") | time_left(30s), asked(90s, "internal") | time_left(30s)},
               ""},
              {"in time",
               {asked(0s, "internal") | time_left(60s), asked(20s, "internal") | time_left(40s), asked(55s, "internal") | time_left(10s)},
               ""},
              {"another call for the same prompt",
               {asked(0s, "internal") | time_left(60s), asked(20s, "internal") | time_left(40s), asked(300s, "internal") | time_left(60s)},
               ""},
              {"it never says", {asked(0s, "internal"), asked(20s, "internal"), asked(300s, "internal")}, ""}});
}
