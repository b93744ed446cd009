// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/late_store.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/quota_tracker.hpp>

using namespace ductile;
using namespace std::chrono_literals;
using support::at;
using support::LateStore;
using support::said;

namespace {

struct Stored {
  VirtualClock clock{};
  LateStore store{clock};

  auto options() { return QuotaOptions{.limits = {per_minute(2), images_per_minute(20)}, .images = 2, .tokens = 300, .store = &store}; }
  Time now() { return clock.now()(); }
};

struct Reply {
  [[nodiscard]] Cost cost() const noexcept { return {.tokens = 250, .images = 1}; }
};

// The stop token of a caller who wants the end from a moment on.
struct StopAt {
  VirtualClock* clock;
  Time time;
  [[nodiscard]] bool stop_requested() const noexcept { return clock->now()() >= time; }
};

CallOptions within(Duration deadline) {
  CallOptions options;
  options.deadline = deadline;
  return options;
}

}  // namespace

TEST_CASE("A store is asked for each attempt, with its cost, and told what it came to", "[policies]") {
  Stored stored;
  stored.store.answers({LateStore::grants(20ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  REQUIRE(pipeline.run([&] { return stored.clock.advance(30s), Reply{}; }, stored.clock));
  CHECK(stored.now() == at(30'020ms));
  REQUIRE(stored.store.tickets().size() == 1);
  CHECK(stored.store.tickets()[0] == QuotaTicket{.target = 0, .images = 2, .tokens = 300});
  REQUIRE(stored.store.settlements().size() == 1);
  const QuotaSettlement& settlement = stored.store.settlements()[0];
  CHECK(settlement.ticket == stored.store.tickets()[0]);
  CHECK(settlement.counts == QuotaCost{.requests = 1, .images = 1, .tokens = 250});
  CHECK(settlement.age == 30s);
  CHECK(settlement.full == QuotaDimension::none);
}

TEST_CASE("A store's limits are its own: the local ones do not hold anybody back while it answers", "[policies]") {
  Stored stored;
  Pipeline pipeline{QuotaTracker{stored.options()}};
  for (int i = 0; i < 10; ++i) REQUIRE(pipeline.run([] { return 1; }, stored.clock));
  CHECK(stored.now() == at(0s));
  CHECK(stored.store.granted() == 10);
  CHECK(stored.store.settlements().size() == 10);
}

TEST_CASE("Who is told later asks again then", "[policies]") {
  Stored stored;
  stored.store.answers({LateStore::says_later(at(12s), 5ms), LateStore::grants(5ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  REQUIRE(pipeline.run([] { return 1; }, stored.clock));
  CHECK(stored.now() == at(12'005ms));
  CHECK(stored.store.visits() == 2);
  CHECK(stored.store.settlements().size() == 1);
}

TEST_CASE("Who is told later than the deadline is refused before the wait", "[policies]") {
  Stored stored;
  stored.store.answers({LateStore::says_later(at(12s), 5ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  const auto result = pipeline.run([] { return 1; }, stored.clock, within(10s));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::rate_limit);
  CHECK(result.error().earliest_retry_at() == at(12s));
  CHECK(stored.now() == at(5ms));
  CHECK(stored.store.settlements().empty());
}

TEST_CASE("A later that is hours away is a day's window, and nobody sleeps for it", "[policies]") {
  Stored stored;
  stored.store.answers({LateStore::says_later(at(9h))});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  const auto result = pipeline.run([] { return 1; }, stored.clock);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::quota);
  CHECK(result.error().remedy() == Remedy::next_day);
  CHECK(result.error().earliest_retry_at() == at(9h));
}

TEST_CASE("A store that is lost leaves the ledger of this process, or nothing, by the options", "[policies]") {
  struct Loss {
    const char* how;
    LateStore::Answer answer;
    Duration noticed_after;
  };
  const auto loss = GENERATE(values<Loss>({{"it fails", LateStore::fails(10ms), 10ms},
                                           {"it never answers", LateStore::is_silent(), 250ms},
                                           {"it answers after the waiter has left", LateStore::grants(251ms), 250ms}}));
  CAPTURE(loss.how);
  Stored stored;
  stored.store.answers({loss.answer});
  const Duration lost_after = loss.noticed_after;
  auto options = stored.options();

  // Open: two requests fit the local minute, the third waits.
  const QuotaTracker open{options};
  QuotaTracker<2>::State state{open};
  Pipeline pipeline{with_state(open, state)};
  REQUIRE(pipeline.run([] { return 1; }, stored.clock));
  CHECK(stored.now() == at(lost_after));
  REQUIRE(pipeline.run([] { return 1; }, stored.clock));
  REQUIRE(pipeline.run([] { return 1; }, stored.clock));
  CHECK(stored.now() >= at(61s));

  // Closed: refused, with what is worth trying.
  options.when_store_fails = StoreLoss::fail_closed;
  Pipeline closed{QuotaTracker{options}};
  const auto result = closed.run([] { return 1; }, stored.clock);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::store_unavailable);
  CHECK(result.error().remedy() == Remedy::immediately);

  // What was granted unheard the store gives back itself: nobody settles it.
  stored.clock.advance(1s);
  CHECK(stored.store.waiting() == 0);
  CHECK(stored.store.granted() == 0);
  CHECK(stored.store.settlements().empty());
}

TEST_CASE("The local ledger remembers what a store granted before it was lost", "[policies]") {
  Stored stored;
  stored.store.answers({LateStore::grants(), LateStore::grants(), LateStore::fails()});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  REQUIRE(pipeline.run([] { return 1; }, stored.clock));
  REQUIRE(pipeline.run([] { return 1; }, stored.clock));
  REQUIRE(pipeline.run([] { return 1; }, stored.clock));
  CHECK(stored.now() == at(61s));
  CHECK(stored.store.settlements().size() == 2);
}

TEST_CASE("A deadline that comes before the store's answer ends the wait", "[policies]") {
  Stored stored;
  stored.store.answers({LateStore::grants(100ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  const auto result = pipeline.run([] { return 1; }, stored.clock, within(40ms));
  REQUIRE_FALSE(result);
  CHECK(stored.now() == at(40ms));
  stored.clock.advance(1s);
  CHECK(stored.store.granted_unheard() == 1);
  CHECK(stored.store.settlements().empty());
}

TEST_CASE("A caller who stops while the store is asked leaves nothing behind", "[policies]") {
  Stored stored;
  stored.store.answers({LateStore::grants(100ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  SECTION("before the answer") {
    stored.clock.at(at(40ms), [] {});  // waits look at the stop token when something happens
    const auto result = pipeline.run([] { return 1; }, stored.clock, StopAt{&stored.clock, at(40ms)});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == Kind::cancelled);
    stored.clock.advance(1s);
    CHECK(stored.store.granted() == 0);
    CHECK(stored.store.granted_unheard() == 1);
    CHECK(stored.store.settlements().empty());
  }
  SECTION("with the answer") {
    const auto result = pipeline.run([] { return 1; }, stored.clock, StopAt{&stored.clock, at(100ms)});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == Kind::cancelled);
    CHECK(stored.store.granted() == 1);
    REQUIRE(stored.store.settlements().size() == 1);
    CHECK(stored.store.settlements()[0].counts == QuotaCost{.requests = 0});
  }
}

TEST_CASE("A store is told what the service said of the window", "[policies]") {
  Stored stored;
  Pipeline pipeline{QuotaTracker{stored.options()}};
  Verdict verdict = said(Kind::rate_limit, 20s);
  verdict.dimension = QuotaDimension::images_per_minute;
  verdict.limit = 10;
  REQUIRE_FALSE(pipeline.run([&]() -> Result<int> { return Failure{verdict}; }, stored.clock));
  REQUIRE(stored.store.settlements().size() == 1);
  const QuotaSettlement& settlement = stored.store.settlements()[0];
  CHECK(settlement.counts == QuotaCost{.requests = 0});
  CHECK(settlement.full == QuotaDimension::images_per_minute);
  CHECK(settlement.closed_for == 20s);
  CHECK(settlement.limit == 10);
}

TEST_CASE("Each grant that was heard is settled exactly once, however the store behaves", "[policies]") {
  Stored stored;
  SplitMix64 draws{7};
  auto options = stored.options();
  options.limits[0] = per_minute(1000);
  options.limits[1] = images_per_minute(1000);
  Pipeline pipeline{QuotaTracker{options}};
  std::uint64_t attempts = 0;
  for (int call = 0; call < 2000; ++call) {
    const Duration delay = std::chrono::milliseconds{draws() % 300};
    switch (draws() % 5) {
      case 0: stored.store.answers({LateStore::says_later(stored.now() + delay, delay), LateStore::grants(delay)}); break;
      case 1: stored.store.answers({LateStore::fails(delay)}); break;
      case 2: stored.store.answers({LateStore::is_silent()}); break;
      default: stored.store.answers({LateStore::grants(delay)}); break;
    }
    const auto kind = static_cast<Kind>(draws() % 22);
    static_cast<void>(pipeline.run(
        [&]() -> Result<int> {
          ++attempts;
          if (kind == Kind::ok) return 1;
          return Failure{said(kind)};
        },
        stored.clock, within(std::chrono::milliseconds{draws() % 500 + 1})));
  }
  stored.clock.advance(1min);
  CHECK(attempts > 500);
  CHECK(stored.store.granted() > 500);
  CHECK(stored.store.granted_unheard() > 50);
  CHECK(stored.store.settlements().size() == stored.store.granted());
  CHECK(stored.store.waiting() == 0);
}
