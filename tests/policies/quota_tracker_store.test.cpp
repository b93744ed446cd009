// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/late_store.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/quota_tracker.hpp>

using namespace ductile;
using namespace std::chrono_literals;
using ductile_test::Driver;
using support::at;
using support::LateStore;
using support::said;

namespace {

template <class Clock>
struct Stored {
  explicit Stored(Clock& given) : clock(given) {}

  Clock& clock;
  LateStore store{clock};

  auto options() { return QuotaOptions{.limits = {per_minute(2), images_per_minute(20)}, .images = 2, .tokens = 300, .store = &store}; }
  Time now() { return clock.now()(); }
};

struct StoreReply {
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

EVERY_DRIVER("A store is asked for each attempt, with its cost, and told what it came to", "[policies]") {
  Stored stored{driver};
  stored.store.answers({LateStore::grants(20ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  REQUIRE(driver.run(pipeline, [] { return Simulated{30s, StoreReply{}}; }));
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

EVERY_DRIVER("A store's limits are its own: the local ones do not hold anybody back while it answers", "[policies]") {
  Stored stored{driver};
  Pipeline pipeline{QuotaTracker{stored.options()}};
  for (int i = 0; i < 10; ++i) REQUIRE(driver.run(pipeline, [] { return 1; }));
  CHECK(stored.now() == at(0s));
  CHECK(stored.store.granted() == 10);
  CHECK(stored.store.settlements().size() == 10);
}

EVERY_DRIVER("Who is told later asks again then", "[policies]") {
  Stored stored{driver};
  stored.store.answers({LateStore::says_later(at(12s), 5ms), LateStore::grants(5ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  REQUIRE(driver.run(pipeline, [] { return 1; }));
  CHECK(stored.now() == at(12'005ms));
  CHECK(stored.store.visits() == 2);
  CHECK(stored.store.settlements().size() == 1);
}

EVERY_DRIVER("Who is told later than the deadline is refused before the wait", "[policies]") {
  Stored stored{driver};
  stored.store.answers({LateStore::says_later(at(12s), 5ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  const auto result = driver.run(pipeline, [] { return 1; }, within(10s));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::rate_limit);
  CHECK(result.error().earliest_retry_at() == at(12s));
  CHECK(stored.now() == at(5ms));
  CHECK(stored.store.settlements().empty());
}

EVERY_DRIVER("A later that is hours away is a day's window, and nobody sleeps for it", "[policies]") {
  Stored stored{driver};
  stored.store.answers({LateStore::says_later(at(9h))});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  const auto result = driver.run(pipeline, [] { return 1; });
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::quota);
  CHECK(result.error().remedy() == Remedy::next_day);
  CHECK(result.error().earliest_retry_at() == at(9h));
}

EVERY_DRIVER("A store that is lost leaves the ledger of this process, or nothing, by the options", "[policies]") {
  struct Loss {
    const char* how;
    LateStore::Answer answer;
    Duration noticed_after;
  };
  const auto loss = GENERATE(values<Loss>({{"it fails", LateStore::fails(10ms), 10ms},
                                           {"it never answers", LateStore::is_silent(), 250ms},
                                           {"it answers after the waiter has left", LateStore::grants(251ms), 250ms}}));
  CAPTURE(loss.how);
  Stored stored{driver};
  stored.store.answers({loss.answer});
  const Duration lost_after = loss.noticed_after;
  auto options = stored.options();

  // Open: two requests fit the local minute, the third waits.
  const QuotaTracker open{options};
  QuotaTracker<2>::State state{open};
  Pipeline pipeline{with_state(open, state)};
  REQUIRE(driver.run(pipeline, [] { return 1; }));
  CHECK(stored.now() == at(lost_after));
  REQUIRE(driver.run(pipeline, [] { return 1; }));
  REQUIRE(driver.run(pipeline, [] { return 1; }));
  CHECK(stored.now() >= at(61s));

  // Closed: refused, with what is worth trying.
  options.when_store_fails = StoreLoss::fail_closed;
  Pipeline closed{QuotaTracker{options}};
  const auto result = driver.run(closed, [] { return 1; });
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::store_unavailable);
  CHECK(result.error().remedy() == Remedy::immediately);

  // What was granted unheard the store gives back itself: nobody settles it.
  driver.advance(1s);
  CHECK(stored.store.waiting() == 0);
  CHECK(stored.store.granted() == 0);
  CHECK(stored.store.settlements().empty());
}

EVERY_DRIVER("The store is waited for as long as the options say", "[policies]") {
  Stored stored{driver};
  stored.store.answers({LateStore::grants(39ms), LateStore::grants(41ms)});
  auto options = stored.options();
  options.store_patience = 40ms;
  options.when_store_fails = StoreLoss::fail_closed;
  Pipeline pipeline{QuotaTracker{options}};
  CHECK(driver.run(pipeline, [] { return 1; }));
  CHECK(stored.now() == at(39ms));
  const auto result = driver.run(pipeline, [] { return 1; });
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::store_unavailable);
  CHECK(stored.now() == at(79ms));
}

EVERY_DRIVER("The local ledger remembers what a store granted before it was lost", "[policies]") {
  Stored stored{driver};
  stored.store.answers({LateStore::grants(), LateStore::grants(), LateStore::fails()});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  REQUIRE(driver.run(pipeline, [] { return 1; }));
  REQUIRE(driver.run(pipeline, [] { return 1; }));
  REQUIRE(driver.run(pipeline, [] { return 1; }));
  CHECK(stored.now() == at(61s));
  CHECK(stored.store.settlements().size() == 2);
}

EVERY_DRIVER("A deadline that comes before the store's answer ends the wait", "[policies]") {
  Stored stored{driver};
  stored.store.answers({LateStore::grants(100ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  const auto result = driver.run(pipeline, [] { return 1; }, within(40ms));
  REQUIRE_FALSE(result);
  CHECK(stored.now() == at(40ms));
  driver.advance(1s);
  CHECK(stored.store.granted_unheard() == 1);
  CHECK(stored.store.settlements().empty());
}

EVERY_DRIVER("A caller who stops while the store is asked leaves nothing behind", "[policies]") {
  Stored stored{driver};
  stored.store.answers({LateStore::grants(100ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  driver.at(at(40ms), [&] { driver.stop(); });
  const auto result = driver.run(pipeline, [] { return 1; });
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::cancelled);
  driver.advance(1s);
  CHECK(stored.store.granted() == 0);
  CHECK(stored.store.granted_unheard() == 1);
  CHECK(stored.store.settlements().empty());
}

// Only a stop token can be true from the very moment of the answer on.
TEST_CASE("A caller who stops when the store answers gives back what it granted", "[policies]") {
  VirtualClock clock;
  Stored stored{clock};
  stored.store.answers({LateStore::grants(100ms)});
  Pipeline pipeline{QuotaTracker{stored.options()}};
  const auto result = pipeline.run([] { return 1; }, clock, StopAt{&clock, at(100ms)});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::cancelled);
  CHECK(stored.store.granted() == 1);
  REQUIRE(stored.store.settlements().size() == 1);
  CHECK(stored.store.settlements()[0].counts == QuotaCost{.requests = 0});
}

EVERY_DRIVER("A store is told what the service said of the window", "[policies]") {
  Stored stored{driver};
  Pipeline pipeline{QuotaTracker{stored.options()}};
  Verdict verdict = said(Kind::rate_limit, 20s);
  verdict.dimension = QuotaDimension::images_per_minute;
  verdict.limit = 10;
  REQUIRE_FALSE(driver.run(pipeline, [&]() -> Result<int> { return Failure{verdict}; }));
  REQUIRE(stored.store.settlements().size() == 1);
  const QuotaSettlement& settlement = stored.store.settlements()[0];
  CHECK(settlement.counts == QuotaCost{.requests = 0});
  CHECK(settlement.full == QuotaDimension::images_per_minute);
  CHECK(settlement.closed_for == 20s);
  CHECK(settlement.limit == 10);
}

EVERY_DRIVER("Each grant that was heard is settled exactly once, however the store behaves", "[policies]") {
  Stored stored{driver};
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
    static_cast<void>(driver.run(
        pipeline,
        [&]() -> Result<int> {
          ++attempts;
          if (kind == Kind::ok) return 1;
          return Failure{said(kind)};
        },
        within(std::chrono::milliseconds{draws() % 500 + 1})));
  }
  driver.advance(1min);
  CHECK(attempts > 500);
  CHECK(stored.store.granted() > 500);
  CHECK(stored.store.granted_unheard() > 50);
  CHECK(stored.store.settlements().size() == stored.store.granted());
  CHECK(stored.store.waiting() == 0);
}
