// SPDX-License-Identifier: BSL-1.0

// The observer that other tests trust must itself see what is wrong.

#include "../support/catch.hpp"

#include <ductile/testing/recording_observer.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

template <class Event>
Event event(std::uint64_t call, Duration at) {
  Event made;
  made.call = call;
  made.at = Time{at};
  return made;
}

OperationEnded ended(std::uint64_t call, Duration at, std::uint32_t attempts) {
  auto made = event<OperationEnded>(call, at);
  made.attempts = attempts;
  return made;
}

template <class Event>
Event attempt(std::uint64_t call, Duration at, std::uint32_t number) {
  auto made = event<Event>(call, at);
  made.attempt.number = number;
  return made;
}

}  // namespace

TEST_CASE("A complete course has no faults", "[testing]") {
  RecordingObserver seen;
  seen.on(event<OperationBegan>(1, 0s));
  seen.on(event<OperationBegan>(2, 0s));  // another call between
  seen.on(attempt<AttemptBegan>(1, 1s, 1));
  seen.on(ended(2, 1s, 0));
  seen.on(attempt<AttemptEnded>(1, 2s, 1));
  seen.on(ended(1, 2s, 1));
  CHECK(seen.faults() == Lines{});
  CHECK(seen.events().size() == 6);
}

TEST_CASE("What is missing or out of order is named", "[testing]") {
  RecordingObserver seen;
  SECTION("a call that does not end") {
    seen.on(event<OperationBegan>(7, 0s));
    CHECK(seen.faults() == Lines{"call 7 did not end"});
  }
  SECTION("a call that never began") {
    seen.on(ended(1, 0s, 0));
    CHECK(seen.faults() == Lines{"out of order: 0 s, call 1: operation ended after 0 s: ok, attempts 0, target 0"});
  }
  SECTION("something after the end") {
    seen.on(event<OperationBegan>(1, 0s));
    seen.on(ended(1, 0s, 0));
    seen.on(event<Rejected>(1, 0s));
    CHECK(seen.faults().size() == 1);
  }
  SECTION("an attempt that does not end") {
    seen.on(event<OperationBegan>(1, 0s));
    seen.on(attempt<AttemptBegan>(1, 0s, 1));
    seen.on(ended(1, 0s, 1));
    CHECK(seen.faults().size() == 1);
  }
  SECTION("an attempt that ends twice") {
    seen.on(event<OperationBegan>(1, 0s));
    seen.on(attempt<AttemptBegan>(1, 0s, 1));
    seen.on(attempt<AttemptEnded>(1, 0s, 1));
    seen.on(attempt<AttemptEnded>(1, 0s, 1));
    seen.on(ended(1, 0s, 1));
    CHECK(seen.faults().size() == 1);
  }
  SECTION("an attempt that was left out of the count") {
    seen.on(event<OperationBegan>(1, 0s));
    seen.on(attempt<AttemptBegan>(1, 0s, 2));
    seen.on(attempt<AttemptEnded>(1, 0s, 2));
    seen.on(ended(1, 0s, 1));
    CHECK(seen.faults().size() == 2);
  }
  SECTION("a wait within an attempt") {
    seen.on(event<OperationBegan>(1, 0s));
    seen.on(attempt<AttemptBegan>(1, 0s, 1));
    seen.on(event<WaitBegan>(1, 0s));
    CHECK_FALSE(seen.faults().empty());
  }
  SECTION("a wait that ends as another") {
    seen.on(event<OperationBegan>(1, 0s));
    auto wait = event<WaitBegan>(1, 0s);
    wait.source = WaitSource::hint;
    seen.on(wait);
    seen.on(event<WaitEnded>(1, 0s));
    seen.on(ended(1, 0s, 0));
    CHECK(seen.faults().size() == 1);
  }
  SECTION("time that goes back") {
    seen.on(event<OperationBegan>(1, 5s));
    seen.on(ended(1, 4s, 0));
    CHECK(seen.faults() == Lines{"time went back: 4 s, call 1: operation ended after 0 s: ok, attempts 0, target 0"});
  }
}

TEST_CASE("What an event points to outlives the moment of telling", "[testing]") {
  RecordingObserver seen;
  {
    const Failure failure{Kind::quota};
    Trail trail;
    trail.add({});
    auto end = event<OperationEnded>(1, 0s);
    end.failure = &failure;
    end.trail = &trail;
    seen.on(end);
  }
  const auto ends = seen.all<OperationEnded>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].failure->kind() == Kind::quota);
  CHECK(ends[0].trail->size() == 1);
}

TEST_CASE("Times are printed exactly", "[testing]") {
  CHECK(describe(AnyEvent{event<OperationBegan>(1, 1500ms)}) == "1.5 s, call 1: operation began");
  CHECK(describe(AnyEvent{event<OperationBegan>(1, 24h + 1ns)}) == "86400.000000001 s, call 1: operation began");
  CHECK(describe(AnyEvent{event<OperationBegan>(1, -250ms)}) == "-0.25 s, call 1: operation began");
  auto rejected = event<Rejected>(3, 0s);
  rejected.by = Role::quota;
  rejected.why = Kind::quota;
  CHECK(describe(AnyEvent{rejected}) == "0 s, call 3: rejected by quota: quota, earliest the end of time, target 0");
}

TEST_CASE("Several threads may tell it", "[testing]") {
  RecordingObserver seen;
  std::vector<std::jthread> threads;
  for (std::uint64_t call = 1; call <= 4; ++call)
    threads.emplace_back([&seen, call] {
      for (int i = 0; i < 100; ++i) seen.on(event<Rejected>(call, 0s));
    });
  threads.clear();
  CHECK(seen.events().size() == 400);
}
