// SPDX-License-Identifier: BSL-1.0

#include "../support/catch.hpp"

#include <ductile/core/clock.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

struct StopsWhen {
  bool set = false;
  [[nodiscard]] bool stop_requested() const { return set; }
};

}  // namespace

TEST_CASE("SplitMix64 gives the numbers of its authors", "[core][clock]") {
  SplitMix64 from_seed{1234567};
  // The sequence that the reference implementation gives for this seed.
  for (const std::uint64_t expected :
       {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL, 4593380528125082431ULL, 16408922859458223821ULL})
    CHECK(from_seed() == expected);
  SplitMix64 from_zero;
  CHECK(from_zero() == 0xe220a8397b1dcdafULL);
}

TEST_CASE("A uniform number is from 0 to below 1", "[core][clock]") {
  VirtualClock clock;
  const Now now = clock.now();
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double draw = now.uniform();
    REQUIRE((draw >= 0.0 && draw < 1.0));
    sum += draw;
  }
  CHECK(std::abs(sum / 10'000 - 0.5) < 0.02);
}

TEST_CASE("The coarse clock is never early, and late by no more than it says", "[core][clock]") {
  Duration least = Duration::max();
  for (int i = 0; i < 1000; ++i) {
    const Time before = Now{}();
    const Time coarse = Now{}.coarse();
    REQUIRE(coarse <= Now{}());
    least = std::min(least, before - coarse);  // what is too late once may have been interrupted
  }
  CHECK(least <= Now::coarse_lag);
  VirtualClock clock;
  clock.advance(5s);
  CHECK(clock.now().coarse() == Time{5s});
  const Now read = clock.now().read();
  clock.advance(5s);
  CHECK(read.coarse() == Time{5s});
}

TEST_CASE("A scaled clock with a seed throws the same dice again, and without one others", "[core][clock]") {
  const auto rolls = [](auto&&... seed) {
    ScaledClock clock{1.0, WallTime{}, seed...};
    return std::array{clock.now().random(), clock.now().random(), clock.now().random()};
  };
  SplitMix64 expected{7};
  CHECK(rolls(7U) == std::array{expected(), expected(), expected()});
  CHECK(rolls() != rolls());
}

TEST_CASE("A reading that was taken stays, until it is asked for afresh", "[core][clock]") {
  VirtualClock clock;
  const Now now = clock.now();
  CHECK_FALSE(now.is_read());
  const Now read = now.read();
  CHECK(read.is_read());
  clock.advance(5s);
  CHECK(now() == Time{5s});
  CHECK(read() == Time{});
  CHECK(read.afresh()() == Time{5s});
  CHECK(read.read()() == Time{});  // reading a reading changes nothing
}

TEST_CASE("The computer's clocks are read without a source", "[core][clock]") {
  const Now now;
  const auto before = std::chrono::steady_clock::now();
  const Time reading = now();
  const auto after = std::chrono::steady_clock::now();
  CHECK(before <= reading);
  CHECK(reading <= after);
  const Duration off = now.wall() - std::chrono::system_clock::now();
  CHECK(std::chrono::abs(off) < 10s);
  CHECK(now.random() != now.random());
}

TEST_CASE("later stops at the end of time", "[core][clock]") {
  CHECK(later(Time{2s}, 3s) == Time{5s});
  CHECK(later(Time{2s}, -3s) == Time{-1s});
  CHECK(later(Time{2s}, Duration::max()) == end_of_time);
  CHECK(later(end_of_time, 1ns) == end_of_time);
  CHECK(later(Time{}, Duration::max() - 1ns) == end_of_time - 1ns);
}

TEST_CASE("A virtual clock stands still until somebody waits", "[core][clock]") {
  const WallTime start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
  VirtualClock clock{start};
  CHECK(clock.now()() == Time{});
  CHECK(clock.now().wall() == start);
  clock.sleep_until(Time{90min}, NoStop{});
  CHECK(clock.now()() == Time{90min});
  CHECK(clock.now().wall() == start + 90min);
  clock.sleep_until(Time{1s}, NoStop{});  // has passed
  CHECK(clock.now()() == Time{90min});
}

TEST_CASE("What is planned on a virtual clock happens on the way, in order", "[core][clock]") {
  VirtualClock clock;
  std::vector<std::string> told;
  const auto tell = [&](const char* what) {
    return [&told, &clock, what] { told.push_back(std::to_string(clock.now()().time_since_epoch() / 1s) + what); };
  };
  clock.at(Time{3s}, tell("c"));
  clock.at(Time{1s}, tell("a"));
  clock.at(Time{3s}, tell("d"));
  clock.at(Time{2s}, [&] { clock.at(Time{2s}, tell("b")); });  // planned while it happens
  clock.at(Time{9s}, tell("later"));
  clock.advance(5s);
  CHECK(told == std::vector<std::string>{"1a", "2b", "3c", "3d"});
  CHECK(clock.now()() == Time{5s});
  clock.at(Time{1s}, tell("late"));  // a moment that has passed is now
  clock.advance(0s);
  CHECK(told.back() == "5late");
}

TEST_CASE("A wait on a virtual clock ends with what it waits for", "[core][clock]") {
  VirtualClock clock;
  SECTION("a stop") {
    StopsWhen stop;
    clock.at(Time{2s}, [&] { stop.set = true; });
    clock.sleep_until(Time{1h}, stop);
    CHECK(clock.now()() == Time{2s});
  }
  SECTION("a grant") {
    BlockingWaiter waiter;
    clock.at(Time{2s}, [&] { waiter.granted({}); });
    clock.at(Time{3s}, [] { FAIL("the wait was over"); });
    clock.wait_until(waiter, Time{1h}, NoStop{});
    CHECK(waiter.done());
    CHECK(clock.now()() == Time{2s});
  }
  SECTION("its moment") {
    BlockingWaiter waiter;
    clock.wait_until(waiter, Time{4s}, StopsWhen{});
    CHECK_FALSE(waiter.done());
    CHECK(clock.now()() == Time{4s});
  }
}

TEST_CASE("A virtual clock's dice are seeded", "[core][clock]") {
  VirtualClock one{WallTime{}, 7};
  VirtualClock same{WallTime{}, 7};
  VirtualClock other{WallTime{}, 8};
  const std::uint64_t first = one.now().random();
  CHECK(first == same.now().random());
  CHECK(first != other.now().random());
}

TEST_CASE("A scaled clock runs as much faster as it says", "[core][clock]") {
  const WallTime start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25}};
  ScaledClock clock{10'000, start};
  CHECK(clock.factor() == 10'000);
  const auto real_before = std::chrono::steady_clock::now();
  const Time before = clock.now()();
  clock.sleep_until(before + 100s, NoStop{});  // 10 ms
  const Time after = clock.now()();
  const auto real = std::chrono::steady_clock::now() - real_before;
  CHECK(after - before >= 100s);
  CHECK(after - before <= real * 10'000 + 1s);
  CHECK(clock.now().wall() - start >= 100s);
  CHECK(clock.now().wall() - start <= (std::chrono::steady_clock::now() - real_before) * 10'000 + 10s);
}

TEST_CASE("A scaled clock waits at a gate no longer than asked, and knows waits without end", "[core][clock]") {
  ScaledClock fast{10'000};
  BlockingWaiter never;
  const auto real_before = std::chrono::steady_clock::now();
  fast.wait_until(never, fast.now()() + 100s, NoStop{});
  CHECK_FALSE(never.done());
  CHECK(std::chrono::steady_clock::now() - real_before < 5s);
  ScaledClock slow{0.001};
  BlockingWaiter granted;
  granted.granted({});
  slow.wait_until(granted, end_of_time, NoStop{});  // must not overflow
  CHECK(granted.done());
  slow.sleep_until(end_of_time, StopsWhen{true});
}

TEST_CASE("A scale out of range is refused with range and value", "[core][clock]") {
  CHECK_NOTHROW(ScaledClock{0.001});
  CHECK_NOTHROW(ScaledClock{100'000});
  CHECK_THROWS_WITH(ScaledClock{0}, "ScaledClock: factor must be from 0.001 to 100000; it is 0");
  CHECK_THROWS_AS(ScaledClock{100'001}, ConfigError);
  CHECK_THROWS_AS(ScaledClock{-1}, ConfigError);
  CHECK_THROWS_AS(ScaledClock{std::numeric_limits<double>::quiet_NaN()}, ConfigError);
}

TEST_CASE("The computer's clock ends a wait when it is stopped or granted", "[core][clock]") {
  const SystemClock clock;
  clock.sleep_until(end_of_time, StopsWhen{true});
  BlockingWaiter waiter;
  clock.wait_until(waiter, end_of_time, StopsWhen{true});
  CHECK_FALSE(waiter.done());
  waiter.granted({Grant::Status::later, Time{4s}});
  clock.wait_until(waiter, end_of_time, NoStop{});
  CHECK(waiter.wait().at == Time{4s});
}
