// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/make.hpp>
#include <ductile/policies/quota_tracker.hpp>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::abandoned;
using support::said;
using support::success;

namespace {

// A clock whose calendar a test sets by hand, and that counts who looks at it. It begins on 24 November 2026 at noon UTC: 20 hours before
// midnight in California.
class Calendar : private TimeSource {
 public:
  Now now() noexcept { return Now{*this}; }
  void pass(Duration span) noexcept { time_ += span; }
  void set_wall(Duration span) noexcept { wall_ += span; }
  int looks() const noexcept { return looks_; }

 private:
  Time steady() noexcept override { return time_; }
  WallTime wall() noexcept override {
    ++looks_;
    return wall_ + time_.time_since_epoch();
  }
  std::uint64_t random() noexcept override { return 0; }

  Time time_{};
  WallTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};
  int looks_ = 0;
};

constexpr auto to_midnight = 20h;

template <std::size_t N>
struct Quota {
  QuotaTracker<N> tracker;
  typename QuotaTracker<N>::State state;
  Calendar clock{};
  using Call = typename QuotaTracker<N>::Call;

  explicit Quota(const QuotaOptions<N>& options) : tracker(options), state(tracker) {}

  Admission admit(Call& call, Time deadline = end_of_time) {
    Attempt attempt;
    attempt.deadline = deadline;
    return tracker.admit(state, call, clock.now(), attempt);
  }
  Admission admit() {
    Call call;
    return admit(call);
  }
  Reaction settle(Call& call, const Verdict& verdict) { return tracker.settle(state, call, clock.now(), Attempt{}, verdict); }
  // One attempt that may go at once and ends so.
  Reaction attempt_ends(const Verdict& verdict) {
    Call call;
    REQUIRE(admit(call) == Admission::go());
    return settle(call, verdict);
  }
  QuotaUsage usage(std::size_t window = 0) { return tracker.usage(state, clock.now())[window]; }
  std::int64_t used(std::size_t window = 0) { return usage(window).used; }
  Time now() { return clock.now()(); }
  // Two seconds, so that nothing was admitted since the calendar was looked at.
  void rest() {
    clock.pass(1s);
    (void)usage();
    clock.pass(1s);
  }
  void fill(int calls) {
    for (int i = 0; i < calls; ++i) REQUIRE(admit() == Admission::go());
  }
};

Verdict refused(QuotaDimension dimension, Duration hint = {}, std::int32_t limit = -1) {
  const bool day = dimension == QuotaDimension::requests_per_day || dimension == QuotaDimension::tokens_per_day;
  Verdict verdict = said(day || limit == 0 ? Kind::quota : Kind::rate_limit, hint);
  verdict.dimension = dimension;
  verdict.limit = limit;
  return verdict;
}

Verdict with(Verdict verdict, int images, int tokens) {
  verdict.images = static_cast<std::int8_t>(images);
  verdict.tokens = tokens;
  return verdict;
}

Admission waits_until(Time time) { return Admission::go_at(time, Kind::rate_limit, WaitSource::quota); }

constexpr QuotaTracker compiles{QuotaOptions{.limits = {per_minute(15), per_day(50, pacific), per_day(90, utc)}}};
static_assert(std::same_as<decltype(compiles), const QuotaTracker<3>>);
static_assert(std::same_as<decltype(QuotaTracker{}), QuotaTracker<6>>);
static_assert(std::same_as<decltype(QuotaTracker{learning()}), QuotaTracker<6>>);
static_assert(Admits<QuotaTracker<1>> && Settles<QuotaTracker<1>> && HearsGrants<QuotaTracker<1>> && !AllowsExtra<QuotaTracker<1>>);
static_assert(std::is_trivially_copyable_v<QuotaTracker<16>::Call> && sizeof(QuotaTracker<16>::Call) <= 16);

}  // namespace

TEST_CASE("A minute's quota lets its number of attempts through and makes the next one wait", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(3)}}};
  quota.fill(3);
  CHECK(quota.admit() == waits_until(support::at(61s)));
}

// The coarse clock shows what the kernel wrote down at its last tick. Whoever sees the lease as good by it is charged for the moment at
// which the lease was given, so a lease must end before that moment could be over.
TEST_CASE("Who asks by a clock that is late is charged for no moment before its own", "[policies]") {
  class LateClock : private TimeSource {
   public:
    void set(Duration time) noexcept {
      time_ = Time{time};
      is_coarse_ = true;
    }
    Now now() noexcept { return Now{*this}; }

   private:
    // The first question of an admission is the coarse one.
    Time steady() noexcept override { return std::exchange(is_coarse_, false) ? time_ - Now::coarse_lag : time_; }
    WallTime wall() noexcept override { return WallTime{time_.time_since_epoch()}; }
    std::uint64_t random() noexcept override { return 0; }
    Time time_{};
    bool is_coarse_ = false;
  } clock;
  const auto window = GENERATE(values<QuotaWindow>({per_minute(2), fixed(per_minute(2))}));
  CAPTURE(window.fixed);
  const QuotaTracker tracker{QuotaOptions{.limits = {window}}};
  QuotaTracker<1>::State state{tracker};
  const auto goes = [&](Duration time) {
    clock.set(time);
    QuotaTracker<1>::Call call;
    return tracker.admit(state, call, clock.now(), Attempt{}) == Admission::go();
  };
  REQUIRE(goes(59'100ms));  // takes a lease for this second
  REQUIRE(goes(60'005ms));  // late by the lag it is 59.995 s
  if (window.fixed) {       // it is the first one of a new minute
    CHECK(goes(60'020ms));
    CHECK_FALSE(goes(60'030ms));
  } else {  // of any minute it counts in the last second too
    CHECK(goes(120'050ms));
    CHECK_FALSE(goes(120'060ms));
  }
}

TEST_CASE("A minute's window slides: what was used early opens early", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(3)}}};
  quota.fill(1);
  quota.clock.pass(20s);
  quota.fill(2);
  quota.clock.pass(20s);
  CHECK(quota.admit() == waits_until(support::at(61s)));
  CHECK(quota.admit() == waits_until(support::at(81s)));
  CHECK(quota.admit() == waits_until(support::at(81s)));
  CHECK(quota.admit() == waits_until(support::at(122s)));
}

TEST_CASE("Those who wait are not overtaken, and the window is theirs when it opens", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(2)}}};
  quota.fill(2);
  CHECK(quota.admit() == waits_until(support::at(61s)));
  quota.clock.pass(61s);
  quota.fill(1);  // one place was reserved at 61 s, one is free
  CHECK(quota.admit() == waits_until(support::at(122s)));
}

TEST_CASE("A large attempt that waits is not overtaken by a small one", "[policies]") {
  // Two policies that share the counts, and expect differently large attempts.
  const auto small_one_waits_too = [](const QuotaWindow& window, Time opens) {
    Quota large{QuotaOptions{.limits = {window}, .tokens = 60}};
    const QuotaTracker small{QuotaOptions{.limits = {window}, .tokens = 10}};
    large.fill(1);
    CHECK(large.admit() == waits_until(opens));
    QuotaTracker<1>::Call call;
    CHECK(small.admit(large.state, call, large.clock.now(), Attempt{}) == waits_until(opens));
  };
  small_one_waits_too(tokens_per_minute(100), support::at(61s));
  small_one_waits_too(fixed(tokens_per_minute(100)), support::at(60s));
}

TEST_CASE("A wait that does not fit the deadline reserves nothing", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(1)}}};
  quota.fill(1);
  QuotaTracker<1>::Call call;
  CHECK(quota.admit(call, support::at(30s)) == Admission::ask_at(support::at(61s), Kind::rate_limit, WaitSource::quota));
  CHECK(quota.admit(call, support::at(61s)).form() == Admission::Form::ask_at);
  CHECK(quota.admit(call, support::at(61s) + 1ns) == waits_until(support::at(61s)));
}

TEST_CASE("A reservation that is given up opens its place again", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(2)}}};
  quota.fill(2);
  QuotaTracker<1>::Call first;
  QuotaTracker<1>::Call second;
  REQUIRE(quota.admit(first) == waits_until(support::at(61s)));
  REQUIRE(quota.admit(second) == waits_until(support::at(61s)));
  quota.settle(second, abandoned(Sent::no));
  CHECK(quota.admit(second) == waits_until(support::at(61s)));
  quota.settle(first, abandoned(Sent::no));
  quota.settle(second, abandoned(Sent::no));
  quota.clock.pass(61s);
  quota.fill(2);
}

TEST_CASE("Reservations reach two windows ahead, and who comes later is asked again", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(1)}}};
  quota.fill(1);
  CHECK(quota.admit() == waits_until(support::at(61s)));
  QuotaTracker<1>::Call call;
  CHECK(quota.admit(call) == Admission::ask_at(support::at(60s), Kind::rate_limit, WaitSource::quota));
  // The queue ends at 121 s, which does not fit this deadline: refused now, and not after a wait.
  CHECK(quota.admit(call, support::at(100s)) == Admission::ask_at(support::at(121s), Kind::rate_limit, WaitSource::quota));
  quota.clock.pass(60s);
  CHECK(quota.admit() == waits_until(support::at(122s)));
}

TEST_CASE("Who waits for a turn is before who comes, until the turn has passed", "[policies]") {
  const auto asks_at = [](Time time) { return Admission::ask_at(time, Kind::rate_limit, WaitSource::quota); };
  Quota quota{QuotaOptions{.limits = {per_minute(1)}}};
  QuotaTracker<1>::Call filled;
  QuotaTracker<1>::Call reserved;
  QuotaTracker<1>::Call with_turn;
  REQUIRE(quota.admit(filled) == Admission::go());
  REQUIRE(quota.admit(reserved) == waits_until(support::at(61s)));
  REQUIRE(quota.admit(with_turn) == asks_at(support::at(60s)));
  quota.settle(reserved, abandoned(Sent::no));
  SECTION("what is given up meanwhile is not for the next who comes") {
    CHECK(quota.admit().form() == Admission::Form::ask_at);
    CHECK(quota.admit(with_turn) == waits_until(support::at(61s)));
  }
  SECTION("after its moment a turn holds nobody back") {
    quota.clock.pass(60s);
    CHECK(quota.admit() == waits_until(support::at(61s)));
  }
  SECTION("who finds room at once takes it") {
    quota.settle(filled, abandoned(Sent::no));
    CHECK(quota.admit() == Admission::go());
  }
  SECTION("an attempt after the first is before who comes, as one with a turn") {
    Attempt second;
    second.number = 2;
    QuotaTracker<1>::Call again;
    CHECK(quota.tracker.admit(quota.state, again, quota.clock.now(), second) == waits_until(support::at(61s)));
  }
}

TEST_CASE("Nobody is told to ask again farther away than ten windows, however many wait", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(1)}}};
  Time last{};
  for (int i = 0; i < 50; ++i) last = std::max(last, quota.admit().at());
  CHECK(last > support::at(60s + 8 * 61s));  // the turns are at 60 s and every 61 s after it
  CHECK(last < support::at(60s + 8 * 61s + 1us));
}

TEST_CASE("A spent day refuses until the next midnight in California", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(2)}}};
  quota.fill(2);
  const Admission spent = Admission::reject(Kind::quota, support::at(to_midnight)).with(Remedy::next_day);
  CHECK(quota.admit() == spent);
  quota.clock.pass(to_midnight - 1ns);
  CHECK(quota.admit() == spent);
  quota.clock.pass(1ns);
  quota.fill(2);
  CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(to_midnight + 24h)).with(Remedy::next_day));
}

TEST_CASE("A day may end at another midnight", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(1, utc)}}};
  quota.fill(1);
  CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(12h)).with(Remedy::next_day));
}

TEST_CASE("A window of a day does not look at the calendar with each attempt", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(1000), per_day(100'000)}}};
  for (int i = 0; i < 5000; ++i) {
    quota.fill(1);
    quota.clock.pass(100ms);
  }
  CHECK(quota.clock.looks() == 500);  // once a second: only the calendar knows that a computer slept
}

// The calendar goes on, and the call's clock stands still.
TEST_CASE("A computer that slept into the next day counts for that day from its first attempt", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(50, utc)}}};
  quota.fill(10);
  quota.rest();
  quota.clock.pass(10h - 2s);
  quota.clock.set_wall(9h);  // from 22:00 to 07:00
  int went = 0;
  for (int i = 0; i < 500; ++i) {
    quota.clock.pass(20s);
    went += quota.admit() == Admission::go() ? 1 : 0;
  }
  CHECK(went == 50);
  CHECK(quota.used() == 50);
  CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(10h + 17h)).with(Remedy::next_day));
}

TEST_CASE("What was admitted in the second in which a computer fell asleep counts for both days", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(50, utc)}}};
  quota.fill(10);
  quota.clock.set_wall(13h);
  quota.fill(10);  // nobody looks before the second is over
  quota.clock.pass(1s);
  CHECK(quota.used() == 19);  // the first one looked at the calendar
}

TEST_CASE("After a computer slept into the next day settlements count for the day of their attempt", "[policies]") {
  Quota quota{QuotaOptions{.limits = {tokens_per_day(10'000, utc)}, .tokens = 1000}};
  QuotaTracker<1>::Call yesterday;
  REQUIRE(quota.admit(yesterday) == Admission::go());
  quota.rest();
  quota.clock.set_wall(13h);
  quota.attempt_ends(with(success(), 0, 3000));
  CHECK(quota.used() == 3000);
  quota.clock.pass(1s);
  quota.attempt_ends(with(success(), 0, 3000));
  quota.attempt_ends(with(success(), 0, 400));
  CHECK(quota.used() == 6400);
  quota.settle(yesterday, with(success(), 0, 4000));
  CHECK(quota.used() == 6400);
}

TEST_CASE("A refusal of the day after a computer slept closes it until the calendar's midnight", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(5, utc)}}};
  quota.fill(3);
  quota.clock.pass(10s);
  quota.clock.set_wall(21h - 10s);  // it is 09:00
  quota.attempt_ends(refused(QuotaDimension::requests_per_day));
  CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(15h + 10s)).with(Remedy::next_day));
}

TEST_CASE("A clock that is set back over midnight gives neither of the two days again", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(5, utc)}}};
  const auto refused_until = [](Time time) { return Admission::reject(Kind::quota, time).with(Remedy::next_day); };
  quota.fill(3);
  quota.clock.pass(12h);
  quota.fill(1);
  quota.clock.pass(1s);
  quota.clock.set_wall(-1h);  // 23:00:01 of the day of which three are used
  quota.fill(2);
  CHECK(quota.admit() == refused_until(support::at(13h)));
  quota.clock.pass(1h);
  quota.fill(2);  // of the new day one was used, and what was admitted in the hour that came twice counts for it too
  CHECK(quota.admit() == refused_until(support::at(37h)));
  quota.clock.pass(24h);
  quota.fill(5);
}

TEST_CASE("What is admitted before anybody sees that the clock was set back counts for the day that came again, too", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(5, utc)}}};
  quota.fill(3);
  quota.clock.pass(12h);
  quota.fill(1);
  quota.clock.set_wall(-1h);
  quota.fill(1);  // lent for this second
  quota.clock.pass(1s);
  quota.fill(1);
  CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(13h)).with(Remedy::next_day));
}

TEST_CASE("What was admitted in an hour that comes twice is settled for both days", "[policies]") {
  Quota quota{QuotaOptions{.limits = {tokens_per_day(10'000, utc)}, .tokens = 1000}};
  quota.fill(3);
  quota.clock.pass(12h);
  quota.fill(1);
  quota.rest();
  quota.clock.set_wall(-1h);
  QuotaTracker<1>::Call call;
  quota.clock.pass(1s);
  REQUIRE(quota.admit(call) == Admission::go());
  quota.clock.pass(1h);
  CHECK(quota.used() == 2000);
  quota.settle(call, with(success(), 0, 5000));
  CHECK(quota.used() == 6000);
  quota.clock.pass(1s);
  quota.clock.set_wall(-1h);
  quota.clock.pass(1s);
  CHECK(quota.used() == 8000);  // of the fuller one of the two
}

TEST_CASE("A clock that was years ahead for a while does not cost the day after", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(5, utc)}}};
  const auto years = 24h * 1000;
  quota.fill(2);
  quota.rest();
  quota.clock.set_wall(years);
  quota.fill(3);
  quota.rest();
  quota.clock.set_wall(-years);
  quota.clock.pass(1s);
  CHECK(quota.used() == 3);
  quota.fill(2);
  CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(12h)).with(Remedy::next_day));
  quota.clock.pass(12h);
  quota.fill(5);
}

TEST_CASE("A fixed window knows that a computer slept through its end", "[policies]") {
  Quota quota{QuotaOptions{.limits = {fixed(per_minute(5))}}};
  quota.fill(2);
  quota.rest();
  quota.clock.pass(8s);
  quota.clock.set_wall(1h + 30s);  // 20 s of the minute are left
  quota.fill(4);
  quota.clock.pass(5s);
  CHECK(quota.used() == 4);
  quota.fill(1);
  CHECK(quota.admit() == waits_until(support::at(30s)));
}

TEST_CASE("Who waits for a fixed window while the clock is set has his place in whichever it is", "[policies]") {
  Quota quota{QuotaOptions{.limits = {fixed(per_minute(2))}}};
  quota.fill(2);
  REQUIRE(quota.admit() == waits_until(support::at(60s)));
  quota.clock.pass(10s);
  quota.clock.set_wall(40s);  // 10 s are left, so he goes in the course of the next one, and not as it begins
  CHECK(quota.admit() == waits_until(support::at(20s)));
  CHECK(quota.admit() == waits_until(support::at(80s)));
  quota.clock.pass(50s);
  CHECK(quota.used() == 2);
}

TEST_CASE("A day that is spent looks at the calendar: the computer may have slept, or its clock been set", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(1)}}};
  quota.fill(1);
  REQUIRE(quota.admit().form() == Admission::Form::reject);
  SECTION("into the next day") {
    quota.clock.set_wall(21h);
    CHECK(quota.admit() == Admission::go());
  }
  SECTION("by some seconds forward") {
    quota.clock.set_wall(10s);
    CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(to_midnight - 10s)).with(Remedy::next_day));
  }
  SECTION("by some seconds back, and the same midnight does not come twice") {
    quota.clock.pass(1h);
    quota.clock.set_wall(-10s);
    quota.clock.pass(to_midnight - 1h);
    CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(to_midnight + 10s)).with(Remedy::next_day));
    quota.clock.pass(10s);
    CHECK(quota.admit() == Admission::go());
  }
}

TEST_CASE("A new day begins at midnight and not a moment later", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(50)}}};
  quota.clock.set_wall(250ms);  // midnight does not fall on a whole second of the call's clock
  quota.clock.pass(to_midnight - 300ms);
  quota.fill(3);
  quota.clock.pass(60ms);
  quota.fill(1);
  CHECK(quota.used() == 1);
}

TEST_CASE("On the days of 23 and of 25 hours the day's limit holds from local midnight to local midnight", "[policies]") {
  using std::chrono::sys_days;
  using std::chrono::year;
  const struct {
    const char* what;
    std::chrono::sys_seconds begins;  // from the time zone data of California
    Duration length;
  } days[] = {
      {"the clock goes forward", sys_days{year{2026} / 3 / 8} + 8h, 23h},
      {"the clock goes back", sys_days{year{2026} / 11 / 1} + 7h, 25h},
      {"an ordinary day", sys_days{year{2026} / 11 / 24} + 8h, 24h},
  };
  constexpr int limit = 50;
  for (const auto& [what, begins, length] : days) {
    CAPTURE(what);
    const Time midnight = support::at(1h);
    const Time next_midnight = midnight + length;
    const auto spent_until = [](Time time) { return Admission::reject(Kind::quota, time).with(Remedy::next_day); };
    Quota quota{QuotaOptions{.limits = {per_day(limit, pacific)}}};
    quota.clock.set_wall(begins - 1h - quota.clock.now().wall());
    quota.fill(limit);
    quota.clock.pass(1h - 1ns);
    CHECK(quota.admit() == spent_until(midnight));
    quota.clock.pass(1ns);

    SplitMix64 draws{1};
    int counted = 0;
    int refused = 0;
    for (;;) {
      const Duration pause = std::chrono::seconds{draws() % 720};
      if (quota.now() + pause >= next_midnight) break;
      quota.clock.pass(pause);
      QuotaTracker<1>::Call call;
      const Admission answer = quota.admit(call);
      if (counted == limit) {
        REQUIRE(answer == spent_until(next_midnight));
        ++refused;
        continue;
      }
      REQUIRE(answer == Admission::go());
      const Kind ends_as = draws() % 3 == 0 ? Kind::auth : draws() % 2 == 0 ? Kind::overload : Kind::ok;
      quota.settle(call, ends_as == Kind::ok ? success() : said(ends_as));
      if (ends_as != Kind::auth) ++counted;  // who is turned away does not count
      REQUIRE(quota.used() == counted);
    }
    CHECK(counted == limit);
    CHECK(refused > 100);
    quota.clock.pass(next_midnight - 1ns - quota.now());
    CHECK(quota.admit() == spent_until(next_midnight));
    quota.clock.pass(1ns);
    CHECK(quota.used() == 0);
    quota.fill(limit);
    CHECK(quota.admit() == spent_until(next_midnight + 24h));
  }
}

TEST_CASE("A wait is not reserved across midnight, whichever window comes first", "[policies]") {
  const auto is_asked_at_midnight = [](auto quota_options, std::size_t day) {
    Quota quota{quota_options};
    quota.clock.pass(to_midnight - 30s);
    quota.fill(1);
    CHECK(quota.admit() == Admission::ask_at(support::at(to_midnight), Kind::quota, WaitSource::quota));
    CHECK(quota.used(day) == 1);
  };
  is_asked_at_midnight(QuotaOptions{.limits = {per_minute(1), per_day(50)}}, 1);
  is_asked_at_midnight(QuotaOptions{.limits = {per_day(50), per_minute(1)}}, 0);
}

TEST_CASE("An attempt needs room in all windows, and is charged for the moment at which it goes", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(2), images_per_minute(2)}, .images = 2}};
  quota.fill(1);
  CHECK(quota.admit() == waits_until(support::at(61s)));  // one more request would fit, the images do not
  CHECK(quota.used(0) == 1);
  quota.clock.pass(61s);
  CHECK(quota.used(0) == 1);
  CHECK(quota.used(1) == 2);
}

TEST_CASE("An attempt that is larger than the limit that the service taught goes alone", "[policies]") {
  Quota quota{QuotaOptions{.limits = {tokens_per_minute(1400)}, .tokens = 700}};
  quota.attempt_ends(refused(QuotaDimension::tokens_per_minute, 1s, 500));
  quota.clock.pass(1s);
  quota.fill(1);
  CHECK(quota.used() == 700);
  CHECK(quota.admit() == waits_until(support::at(62s)));
}

TEST_CASE("The most images that an attempt may be expected to make are told and counted in full", "[policies]") {
  Quota quota{QuotaOptions{.limits = {images_per_minute(254)}, .images = 127}};
  quota.attempt_ends(with(success(), 127, 0));
  CHECK(quota.used() == 127);
  quota.fill(1);
  CHECK(quota.admit() == waits_until(support::at(61s)));
}

TEST_CASE("Money is counted in full, however dear an attempt is", "[policies]") {
  Quota quota{QuotaOptions{.limits = {spend_per_ten_minutes(10'000.0)}, .images = 127, .prices = {.image = 39.0}}};
  quota.fill(2);
  CHECK(quota.used() == 2 * 4'953'000'000);
  CHECK(quota.admit().form() == Admission::Form::go_at);
  CHECK(QuotaPrices{.image = 1000.0, .million_tokens = 1000.0}.of(127, 1'000'000'000) == 1'127'000'000'000);
  Verdict dear = with(success(), 10, 1);  // settled in full as well
  Quota cheap{QuotaOptions{.limits = {spend_per_ten_minutes(10'000.0)}, .prices = {.image = 1000.0}}};
  cheap.attempt_ends(dear);
  CHECK(cheap.used() == 10'000'000'000);
  CHECK(cheap.admit().form() == Admission::Form::go_at);
}

TEST_CASE("A day is fixed anyway", "[policies]") {
  Quota quota{QuotaOptions{.limits = {fixed(per_day(2))}}};
  quota.fill(2);
  CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(to_midnight)).with(Remedy::next_day));
}

TEST_CASE("Two windows may share a dimension when they differ in more than the limit", "[policies]") {
  QuotaWindow burst = per_minute(2);
  burst.span = 10s;
  Quota quota{QuotaOptions{
      .limits = {per_minute(3), burst, counting(QuotaCounts::delivered, per_minute(3)), per_day(50, pacific), per_day(50, utc)}}};
  quota.fill(2);
  CHECK(quota.admit().at() > support::at(10s));
  CHECK(quota.admit().at() > support::at(60s));
}

TEST_CASE("A limit of zero refuses for good", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(0)}}};
  const Admission answer = quota.admit();
  CHECK(answer == Admission::reject(Kind::quota, end_of_time, "limit-zero"));
  CHECK(answer.remedy() == Remedy::never);
}

TEST_CASE("What an attempt counts for follows from how it ended", "[policies]") {
  struct Row {
    const char* how;
    Verdict verdict;
    QuotaCost counts;
  };
  const QuotaCost reserved{.requests = 1, .images = 2, .tokens = 300};
  const QuotaCost nothing{.requests = 0};
  Verdict lost = said(Kind::network);
  lost.sent = Sent::unknown;
  Verdict broken_off = said(Kind::rate_limit);
  broken_off.sent = Sent::delivered;
  Verdict unsent = said(Kind::network);
  unsent.sent = Sent::no;
  Verdict let_in = said(Kind::permission);
  let_in.reclassified = true;
  Verdict full_by_an_event = refused(QuotaDimension::requests_per_minute);
  full_by_an_event.reclassified = true;
  const std::vector<Row> rows{
      {"ok, cost unknown", success(), {1, 2, 300}},
      {"ok, cost known", with(success(), 1, 250), {1, 1, 250}},
      {"503", said(Kind::overload), {1, 0, 300}},
      {"500", said(Kind::internal), {1, 0, 300}},
      {"504: the work may have been done", said(Kind::timeout), {1, 2, 300}},
      {"400", said(Kind::bad_request), {1, 0, 300}},
      {"413", said(Kind::payload_too_large), {1, 0, 300}},
      {"429 of a minute", refused(QuotaDimension::requests_per_minute), nothing},
      {"429 of a day", refused(QuotaDimension::requests_per_day), nothing},
      {"401", said(Kind::auth), nothing},
      {"403", said(Kind::permission), nothing},
      {"404", said(Kind::not_found), nothing},
      {"200 that says that the account is limited", let_in, {1, 0, 300}},
      {"200 that says that a window is full", full_by_an_event, nothing},
      {"withheld image", with(said(Kind::safety_output), 1, 120), {1, 1, 120}},
      {"blocked prompt", with(said(Kind::safety_prompt), 0, 120), {1, 0, 120}},
      {"text only", with(said(Kind::no_image), 0, 120), {1, 0, 120}},
      {"lost answer", lost, {1, 2, 300}},
      {"429 after a part was handed out", broken_off, {1, 2, 300}},
      {"never sent", unsent, nothing},
      {"refused by an inner layer", support::refused_inside(Kind::circuit_open), nothing},
      {"abandoned before it was sent", abandoned(Sent::no), nothing},
      {"abandoned in flight", abandoned(Sent::unknown), {1, 2, 300}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.how);
    const QuotaCost counts = quota_cost(row.verdict, reserved);
    CHECK(counts.requests == row.counts.requests);
    CHECK(counts.images == row.counts.images);
    CHECK(counts.tokens == row.counts.tokens);

    // The ledger does what the rule says.
    Quota quota{QuotaOptions{.limits = {per_minute(10), images_per_minute(10), tokens_per_minute(10'000), per_day(10)},
                             .images = reserved.images,
                             .tokens = reserved.tokens}};
    quota.attempt_ends(row.verdict);
    const auto usage = quota.tracker.usage(quota.state, quota.clock.now());
    CHECK(usage[0].used == row.counts.requests);
    CHECK(usage[1].used == row.counts.images);
    CHECK(usage[2].used == row.counts.tokens);
    CHECK(usage[3].used == row.counts.requests);
  }
}

TEST_CASE("Refusals count where the options say so", "[policies]") {
  Quota quota{QuotaOptions{.limits = {counting(QuotaCounts::all_sent, per_minute(10))}}};
  quota.attempt_ends(said(Kind::not_found));
  CHECK(quota.used() == 1);
}

TEST_CASE("A settlement that comes late corrects its own time and not the present", "[policies]") {
  Quota quota{QuotaOptions{.limits = {tokens_per_minute(1000), tokens_per_day(10'000)}, .tokens = 100}};
  QuotaTracker<2>::Call early;
  REQUIRE(quota.admit(early) == Admission::go());
  SECTION("in a later minute") {
    quota.clock.pass(2min);
    quota.fill(1);
    quota.settle(early, with(success(), 0, 600));
    CHECK(quota.used(0) == 100);
    CHECK(quota.used(1) == 700);
  }
  SECTION("in the same minute") {
    quota.clock.pass(40s);
    quota.fill(1);
    quota.settle(early, with(success(), 0, 600));
    CHECK(quota.used(0) == 700);
    quota.clock.pass(21s);
    CHECK(quota.used(0) == 100);
  }
  SECTION("on a later day") {
    quota.clock.pass(to_midnight);
    quota.fill(1);
    quota.settle(early, with(success(), 0, 600));
    CHECK(quota.used(1) == 100);
  }
  SECTION("on a later day, as a refund") {
    quota.clock.pass(to_midnight);
    quota.fill(1);
    quota.settle(early, abandoned(Sent::no));
    CHECK(quota.used(1) == 100);
  }
}

TEST_CASE("An attempt that cost more than was reserved makes the next ones wait", "[policies]") {
  Quota quota{QuotaOptions{.limits = {tokens_per_minute(1000)}, .tokens = 100}};
  quota.attempt_ends(with(success(), 0, 950));
  CHECK(quota.admit() == waits_until(support::at(61s)));
}

TEST_CASE("A refusal closes the minute's window that it names until its hint", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(15), images_per_minute(10)}}};
  const Reaction reaction = quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 19'370ms));
  CHECK(reaction.earliest() == support::at(19'370ms));
  CHECK(quota.admit() == waits_until(support::at(19'370ms)));
  CHECK(quota.usage(0).closed_until == support::at(19'370ms));
  CHECK_FALSE(quota.usage(1).closed_until);
}

TEST_CASE("A refusal without a hint closes the window for its span", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(15)}}};
  quota.clock.pass(5s);
  quota.attempt_ends(refused(QuotaDimension::requests_per_minute));
  CHECK(quota.admit() == waits_until(support::at(65s)));
}

TEST_CASE("A hint that is longer than anyone should wait is reported and not slept", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(15)}}};
  quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 600s));
  CHECK(quota.admit() == Admission::reject(Kind::rate_limit, support::at(600s)));
}

TEST_CASE("A hint of ten days closes a minute's window for ten minutes, and one attempt may then find out", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(15)}}};
  quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 900'000s));
  CHECK(quota.admit() == Admission::reject(Kind::rate_limit, support::at(10min)));
  quota.clock.pass(10min);
  CHECK(quota.admit() == Admission::go());
}

TEST_CASE("A hint of ten days does not move the midnight at which a day's window opens", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(15), per_day(50)}}};
  CHECK(quota.attempt_ends(refused(QuotaDimension::requests_per_day, 900'000s)).earliest() == support::at(to_midnight));
  quota.clock.pass(to_midnight - 1ns);
  CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(to_midnight)).with(Remedy::next_day));
  quota.clock.pass(1ns);
  CHECK(quota.admit() == Admission::go());
}

TEST_CASE("A learnt limit is forgotten after a day, so that a raised one shows", "[policies]") {
  Quota quota{learning()};
  quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 20s, 5));
  quota.clock.pass(24h - 1ns);
  CHECK(quota.usage().limit == 5);
  quota.clock.pass(1ns);
  CHECK_FALSE(quota.usage().limit);
}

TEST_CASE("A refusal for want of money closes the window of ten minutes, and a spent balance closes none", "[policies]") {
  Quota quota{learning()};
  Verdict verdict = refused(QuotaDimension::spend);
  SECTION("spent too quickly") {
    CHECK(quota.attempt_ends(verdict).earliest() == support::at(10min));
    CHECK(quota.admit() == Admission::ask_at(support::at(10min), Kind::rate_limit, WaitSource::quota));  // longer than a minute's queue
  }
  SECTION("spent for good") {
    verdict.kind = Kind::quota;
    verdict.remedy = Remedy::never;
    CHECK(quota.attempt_ends(verdict) == Reaction::pass());
    CHECK(quota.admit() == Admission::go());
  }
}

TEST_CASE("A limit of money is not learnt from a refusal, which counts in another unit", "[policies]") {
  Quota quota{QuotaOptions{.limits = {spend_per_ten_minutes(2.00)}, .prices = {.image = 0.134}}};
  quota.attempt_ends(refused(QuotaDimension::spend, 20s, 10));
  CHECK(quota.usage().limit == 2'000'000);
  CHECK(quota.usage().closed_until == support::at(20s));
}

TEST_CASE("Money is reserved by the prices and settled by what was made", "[policies]") {
  // Two images of 0.134 dollars and 1000 tokens at 2 dollars a million are reserved: 0.27 dollars.
  Quota quota{QuotaOptions{
      .limits = {spend_per_ten_minutes(0.60)}, .images = 2, .tokens = 1000, .prices = {.image = 0.134, .million_tokens = 2.0}}};
  QuotaTracker<1>::Call first;
  QuotaTracker<1>::Call second;
  REQUIRE(quota.admit(first) == Admission::go());
  REQUIRE(quota.admit(second) == Admission::go());
  CHECK(quota.used() == 540'000);
  CHECK(quota.usage().limit == 600'000);
  SECTION("more than was reserved") {
    quota.settle(first, with(success(), 3, 500));
    CHECK(quota.used() == 403'000 + 270'000);
  }
  SECTION("a failure that is not charged") {
    Verdict failed = said(Kind::internal);
    failed.billed = Billed::no;
    quota.settle(first, failed);
    CHECK(quota.used() == 270'000);
    CHECK(quota.admit() == Admission::go());
  }
  SECTION("a failure of which only the input is charged") {
    Verdict failed = with(said(Kind::no_image), 0, 700);
    failed.billed = Billed::input;
    quota.settle(first, failed);
    CHECK(quota.used() == 1'400 + 270'000);
  }
  SECTION("an answer that was lost") {
    quota.settle(first, abandoned(Sent::unknown));
    CHECK(quota.used() == 540'000);
  }
  while (quota.used() <= 330'000) quota.fill(1);
  CHECK(quota.admit() == waits_until(support::at(610s)));  // ten minutes in sixtieths of ten seconds
}

TEST_CASE("Each window has its own rule of what counts", "[policies]") {
  struct Row {
    const char* how;
    Verdict verdict;
    std::int64_t sent, all_sent, delivered;
  };
  const std::vector<Row> rows{
      {"delivered", success(), 1, 1, 1},
      {"failed", said(Kind::internal), 1, 1, 0},
      {"withheld", with(said(Kind::safety_output), 1, 0), 1, 1, 0},
      {"turned away", said(Kind::not_found), 0, 1, 0},
      {"refused", refused(QuotaDimension::tokens_per_minute, 1s), 0, 1, 0},
      {"lost", abandoned(Sent::unknown), 1, 1, 0},
      {"never sent", abandoned(Sent::no), 0, 0, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.how);
    Quota quota{QuotaOptions{.limits = {per_minute(10), counting(QuotaCounts::all_sent, per_minute(10)),
                                        counting(QuotaCounts::delivered, images_per_minute(10))}}};
    quota.attempt_ends(row.verdict);
    CHECK(quota.used(0) == row.sent);
    CHECK(quota.used(1) == row.all_sent);
    CHECK(quota.used(2) == row.delivered);
  }
}

TEST_CASE("A fixed window begins anew with each full span of the calendar", "[policies]") {
  Quota quota{QuotaOptions{.limits = {fixed(per_minute(2))}}};
  quota.clock.set_wall(250ms);  // full minutes of the calendar are not full ones of the call's clock
  quota.clock.pass(50s);
  quota.fill(2);
  SECTION("twice the limit may fall around its end") {
    quota.clock.pass(10s);
    quota.fill(2);
    CHECK(quota.used() == 2);
  }
  SECTION("who waits goes with the first tick of the next one, in order, or of the one after") {
    CHECK(quota.admit() == waits_until(support::at(60s)));
    CHECK(quota.admit() == waits_until(support::at(60s)));
    QuotaTracker<1>::Call last;
    CHECK(quota.admit(last) == waits_until(support::at(120s)));
    CHECK(quota.admit() == waits_until(support::at(120s)));
    QuotaTracker<1>::Call with_turn;
    CHECK(quota.admit(with_turn) == Admission::ask_at(support::at(110s), Kind::rate_limit, WaitSource::quota));
    quota.settle(last, abandoned(Sent::no));  // given up; not for who comes now, but for who has a turn
    CHECK(quota.admit() == Admission::ask_at(support::at(110s) + 1ns, Kind::rate_limit, WaitSource::quota));
    CHECK(quota.admit(with_turn) == waits_until(support::at(120s)));
    quota.clock.pass(10s);
    CHECK(quota.used() == 2);
    quota.clock.pass(60s);
    CHECK(quota.used() == 2);
    quota.clock.pass(60s);
    CHECK(quota.used() == 0);
  }
  SECTION("a refusal without a hint closes it until it ends") {
    Quota other{QuotaOptions{.limits = {fixed(per_minute(2))}}};
    other.clock.pass(50s);
    other.attempt_ends(refused(QuotaDimension::requests_per_minute));
    CHECK(other.admit() == waits_until(support::at(60s)));
  }
  SECTION("a small step of the calendar does not give the same window twice") {
    quota.clock.set_wall(-5s);
    quota.clock.pass(9'750ms);
    CHECK(quota.used() == 2);
    quota.clock.pass(5s);
    CHECK(quota.used() == 0);
  }
}

TEST_CASE("That two clocks are not read at one moment moves nobody who waits into another window", "[policies]") {
  Quota quota{QuotaOptions{.limits = {fixed(per_minute(2))}}};
  quota.fill(2);
  QuotaTracker<1>::Call waiting;
  REQUIRE(quota.admit(waiting) == waits_until(support::at(60s)));
  quota.clock.pass(10s);
  quota.clock.set_wall(-1us);  // the minute seems to end a microsecond later
  CHECK(quota.used() == 2);
  quota.settle(waiting, abandoned(Sent::no));
  CHECK(quota.used() == 2);
  CHECK(quota.admit() == waits_until(support::at(60s)));
}

TEST_CASE("A fixed window's settlement counts in the window in which the attempt was made", "[policies]") {
  Quota quota{QuotaOptions{.limits = {fixed(tokens_per_minute(1000))}, .tokens = 100}};
  QuotaTracker<1>::Call early;
  quota.clock.pass(30s);
  REQUIRE(quota.admit(early) == Admission::go());
  quota.clock.pass(40s);
  quota.fill(1);
  const Verdict ended = GENERATE(with(success(), 0, 600), abandoned(Sent::no));  // it cost more, and less
  quota.settle(early, ended);
  CHECK(quota.used() == 100);
}

TEST_CASE("A refusal of the day closes it until midnight, whatever its hint", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(15), per_day(50)}}};
  const Reaction reaction = quota.attempt_ends(refused(QuotaDimension::requests_per_day, 5s));
  CHECK(reaction.earliest() == support::at(to_midnight));
  quota.clock.pass(5s);
  CHECK(quota.admit() == Admission::reject(Kind::quota, support::at(to_midnight)).with(Remedy::next_day));
  quota.clock.pass(to_midnight - 5s);
  CHECK(quota.admit() == Admission::go());
}

TEST_CASE("A refusal of the day around midnight does not cost the new day", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_day(50)}}};
  QuotaTracker<1>::Call before;
  quota.clock.pass(to_midnight - 1s);
  REQUIRE(quota.admit(before) == Admission::go());
  SECTION("because the attempt began on the day before") {
    quota.clock.pass(10min);
    quota.fill(1);
    quota.settle(before, refused(QuotaDimension::requests_per_day));
  }
  SECTION("because the service's clock is behind") {
    quota.clock.pass(2s);
    quota.attempt_ends(refused(QuotaDimension::requests_per_day));
  }
  CHECK(quota.admit() == Admission::go_at(quota.now() + 1min, Kind::quota, WaitSource::quota));
}

TEST_CASE("A window without a limit learns it from a refusal", "[policies]") {
  Quota quota{learning()};
  for (std::size_t i = 0; i < 6; ++i) CHECK_FALSE(quota.usage(i).limit);
  quota.fill(100);
  quota.attempt_ends(refused(QuotaDimension::images_per_minute, 10s, 4));
  CHECK(quota.usage(2).limit == 4);
  CHECK_FALSE(quota.usage(0).limit);
  quota.clock.pass(2min);
  quota.fill(4);
  CHECK(quota.admit().form() == Admission::Form::go_at);
}

TEST_CASE("A limit that the service names counts when it is lower than the configured one", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(15)}}};
  SECTION("lower") {
    quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 1s, 5));
    CHECK(quota.usage().limit == 5);
  }
  SECTION("higher") {
    quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 1s, 60));
    CHECK(quota.usage().limit == 15);
  }
  SECTION("lower, then raised") {
    quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 1s, 5));
    quota.clock.pass(1s);
    quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 1s, 10));
    CHECK(quota.usage().limit == 10);
  }
}

TEST_CASE("A limit of zero that the service names refuses for a day, whatever the hint", "[policies]") {
  Quota quota{learning()};
  quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 20s, 0));
  quota.clock.pass(23h);
  CHECK(quota.admit() == Admission::reject(Kind::quota, end_of_time, "limit-zero"));
  quota.clock.pass(1h);
  CHECK(quota.admit() == Admission::go());  // the account may have been upgraded
}

TEST_CASE("A refusal while there was room is a surprise, once", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(3), per_day(50)}}};
  QuotaTracker<2>::Call first;
  QuotaTracker<2>::Call second;
  QuotaTracker<2>::Call third;
  quota.admit(first);
  quota.admit(second);
  quota.admit(third);
  CHECK(quota.settle(first, refused(QuotaDimension::requests_per_minute, 10s)).signal() == Signal::quota_surprise);
  CHECK(quota.settle(second, refused(QuotaDimension::requests_per_minute, 10s)).signal() == Signal::none);  // it is closed by now
  CHECK(quota.settle(third, refused(QuotaDimension::tokens_per_minute)).signal() == Signal::none);          // nothing is known of tokens
  CHECK(quota.tracker.surprises(quota.state) == 1);
}

TEST_CASE("A refusal surprises only a ledger that knows a limit of what the refusal speaks of", "[policies]") {
  const struct {
    const char* what;
    Verdict refusal;
    bool surprises;
  } rows[] = {
      {"the minute's requests, which are kept", refused(QuotaDimension::requests_per_minute), true},
      {"no window: any that is kept", said(Kind::rate_limit), true},
      {"tokens, which are not kept", refused(QuotaDimension::tokens_per_minute), false},
      {"the day, which is not kept", refused(QuotaDimension::requests_per_day), false},
      {"money, which is not kept", refused(QuotaDimension::spend), false},
      {"something that no window counts", refused(QuotaDimension::other), false},
      {"images, which are kept without a limit", refused(QuotaDimension::images_per_minute), false},
  };
  for (const auto& [what, refusal, surprises] : rows) {
    CAPTURE(what);
    Quota quota{QuotaOptions{.limits = {per_minute(15), images_per_minute(std::nullopt)}}};
    CHECK((quota.attempt_ends(refusal).signal() == Signal::quota_surprise) == surprises);
    CHECK(quota.tracker.surprises(quota.state) == (surprises ? 1U : 0U));
  }
  Quota money{QuotaOptions{.limits = {spend_per_ten_minutes(10.0)}, .prices = {.image = 1.0}}};
  Verdict balance = refused(QuotaDimension::spend);
  balance.kind = Kind::quota;  // no window's, but the account's
  CHECK(money.attempt_ends(balance).signal() == Signal::none);
  CHECK(money.attempt_ends(refused(QuotaDimension::spend)).signal() == Signal::quota_surprise);
}

TEST_CASE("A refusal that itself counts does not take away the room that it surprises by", "[policies]") {
  Quota quota{QuotaOptions{.limits = {counting(QuotaCounts::all_sent, per_minute(1))}}};
  CHECK(quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 10s)).signal() == Signal::quota_surprise);
}

TEST_CASE("A refusal that names no window is a surprise, and closes none", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(3), per_day(50)}}};
  CHECK(quota.attempt_ends(said(Kind::rate_limit, 10s)).signal() == Signal::quota_surprise);
  CHECK(quota.admit() == Admission::go());
}

TEST_CASE("A surprising refusal is taken for overload unless it says which window is full or how long a quota is spent", "[policies]") {
  const auto after = [](Duration hint) {
    Verdict verdict = said(Kind::quota, hint);
    verdict.remedy = Remedy::after_delay;
    return verdict;
  };
  const struct {
    const char* what;
    Verdict refusal;
    Kind taken_for;
  } rows[] = {
      {"a rate without details", said(Kind::rate_limit), Kind::overload},
      {"a rate with a hint", said(Kind::rate_limit, 10s), Kind::overload},
      {"a rate with its window", refused(QuotaDimension::requests_per_minute, 10s), Kind::ok},
      {"a quota without details", after(0s), Kind::overload},
      {"a quota of some days", after(72h), Kind::ok},
      {"a day's quota by its words", said(Kind::quota, Remedy::next_day), Kind::ok},
      {"a quota with its window", refused(QuotaDimension::requests_per_day), Kind::ok},
      {"an empty account", said(Kind::quota, Remedy::never), Kind::ok},
  };
  for (const auto& [what, refusal, taken_for] : rows) {
    CAPTURE(what);
    Quota quota{QuotaOptions{.limits = {per_minute(3), per_day(50)}}};
    const Reaction reaction = quota.attempt_ends(refusal);
    CHECK(reaction.signal() == Signal::quota_surprise);
    CHECK(reaction.taken_for() == taken_for);
  }
}

TEST_CASE("A refusal without details by a full or an ignorant ledger is no overload", "[policies]") {
  Quota full{QuotaOptions{.limits = {per_minute(1)}}};
  QuotaTracker<1>::Call call;
  REQUIRE(full.admit(call) == Admission::go());
  QuotaTracker<1>::Call waiting;
  full.settle(call, success());
  full.clock.pass(61s);
  REQUIRE(full.admit(call) == Admission::go());
  REQUIRE(full.admit(waiting).form() == Admission::Form::go_at);
  full.clock.pass(61s);
  full.fill(0);
  CHECK(full.settle(waiting, said(Kind::rate_limit, 10s)).taken_for() == Kind::overload);  // it was alone in its minute
  Quota ignorant{learning()};
  CHECK(ignorant.attempt_ends(said(Kind::rate_limit, 10s)).taken_for() == Kind::ok);
}

TEST_CASE("A refusal is no surprise to a ledger that knows no limit", "[policies]") {
  Quota quota{learning()};
  CHECK(quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 1s, 5)).signal() == Signal::none);
  quota.clock.pass(1s);
  CHECK(quota.attempt_ends(refused(QuotaDimension::requests_per_minute, 1s, 5)).signal() == Signal::quota_surprise);
}

TEST_CASE("A refusal by another layer teaches nothing", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(3)}}};
  Verdict inside = support::refused_inside(Kind::rate_limit, 30s);
  inside.dimension = QuotaDimension::requests_per_minute;
  CHECK(quota.attempt_ends(inside) == Reaction::pass());
  CHECK(quota.admit() == Admission::go());
}

TEST_CASE("Policies with other limits may share the counts while calls are out", "[policies]") {
  Quota quota{QuotaOptions{.limits = {per_minute(10)}}};
  const QuotaTracker lower{QuotaOptions{.limits = {per_minute(4)}}};
  const QuotaTracker higher{QuotaOptions{.limits = {per_minute(20)}}};
  QuotaTracker<1>::Call call;
  const auto ask = [&](const QuotaTracker<1>& policy) { return policy.admit(quota.state, call, quota.clock.now(), Attempt{}).form(); };
  using Form = Admission::Form;
  quota.fill(4);
  CHECK(quota.admit(call, quota.now()).form() == Form::go);
  CHECK(lower.admit(quota.state, call, quota.clock.now(), Attempt{.deadline = quota.now()}).form() == Form::ask_at);
  quota.fill(5);
  CHECK(quota.admit(call, quota.now()).form() == Form::ask_at);
  for (int i = 0; i < 10; ++i) CHECK(ask(higher) == Form::go);
  CHECK(higher.admit(quota.state, call, quota.clock.now(), Attempt{.deadline = quota.now()}).form() == Form::ask_at);
  lower.settle(quota.state, call, quota.clock.now(), Attempt{}, abandoned(Sent::no));
  CHECK(ask(higher) == Form::go);
}

TEST_CASE("Policies with other costs may share the counts: each attempt counts for what its own policy expects", "[policies]") {
  const auto expecting = [](int images) { return QuotaTracker{QuotaOptions{.limits = {images_per_minute(10)}, .images = images}}; };
  const auto one = expecting(1);
  const auto four = expecting(4);
  QuotaTracker<1>::State state{one};
  Calendar clock{};
  QuotaTracker<1>::Call call;
  const auto goes = [&](const QuotaTracker<1>& policy) {
    const Time now = clock.now()();
    return policy.admit(state, call, clock.now(), Attempt{.deadline = now}) == Admission::go();
  };
  const auto used = [&] { return one.usage(state, clock.now())[0].used; };
  CHECK(goes(one));
  CHECK(goes(four));
  CHECK(used() == 5);
  CHECK(goes(one));
  CHECK(goes(one));
  CHECK_FALSE(goes(four));  // three are left
  CHECK(used() == 7);
  for (int i = 0; i < 3; ++i) CHECK(goes(one));
  CHECK_FALSE(goes(one));
  CHECK(used() == 10);
}

TEST_CASE("Options out of range are refused with field, range and value", "[policies]") {
  struct Row {
    QuotaOptions<1> options;
    std::string text;
  };
  QuotaWindow long_window = per_minute(1);
  long_window.span = 25h;
  const std::vector<Row> rows{
      {{.limits = {spend_per_ten_minutes(3000.0)}, .images = 100, .prices = {.image = 1000.0}},
       "QuotaTracker: what an attempt costs by its prices must be at most the limit of a window of money, in millionths; it is "
       "100000000000"},
      {{.limits = {per_minute(-1)}}, "QuotaTracker: limit must be from 0 to 1000000000 a window; it is -1"},
      {{.limits = {per_day(1'000'000'001)}}, "QuotaTracker: limit must be from 0 to 1000000000 a window; it is 1000000001"},
      {{.limits = {long_window}},
       "QuotaTracker: span must be from 1 to 86400 seconds (a day that ends at midnight is per_day); it is 90000"},
      {{.limits = {per_minute(1)}, .images = 0}, "QuotaTracker: images must be from 1 to 127 an attempt; it is 0"},
      {{.limits = {per_minute(1)}, .images = 128}, "QuotaTracker: images must be from 1 to 127 an attempt; it is 128"},
      {{.limits = {per_minute(1)}, .tokens = 0}, "QuotaTracker: tokens must be from 1 to 1000000000 an attempt; it is 0"},
      {{.limits = {spend_per_ten_minutes(10.0)}}, "QuotaTracker: prices must be above 0 where a window limits money; it is 0"},
      {{.limits = {spend_per_ten_minutes(-1.0)}, .prices = {.image = 0.1}},
       "QuotaTracker: a limit of money must be from 0 to 1000000000000 millionths of a dollar; it is -1"},
      {{.limits = {spend_per_ten_minutes(1e7)}, .prices = {.image = 0.1}},
       "QuotaTracker: a limit of money must be from 0 to 1000000000000 millionths of a dollar; it is 10000000000000"},
      {{.limits = {per_minute(1)}, .prices = {.image = -0.1}}, "QuotaTracker: prices must be from 0 to 1000 dollars; it is -0.1"},
      {{.limits = {per_minute(1)}, .store_patience = 61s}, "QuotaTracker: store_patience must be from 0.001 to 60 seconds; it is 61"},
      {{.limits = {tokens_per_minute(999)}}, "QuotaTracker: tokens must be at most the limit of a window that counts them; it is 1000"},
      {{.limits = {images_per_minute(2)}, .images = 3},
       "QuotaTracker: images must be at most the limit of a window that counts them; it is 3"},
      {{.limits = {spend_per_ten_minutes(0.1)}, .prices = {.image = 0.134}},
       "QuotaTracker: what an attempt costs by its prices must be at most the limit of a window of money, in millionths; it is 134000"},
      {{.limits = {per_day(1, QuotaDay{nullptr})}},
       "QuotaTracker: next_midnight of a day must be a function, as in pacific and utc; it is null"},
  };
  for (const Row& row : rows) {
    const auto made = make<QuotaTracker<1>>(row.options);
    REQUIRE_FALSE(made);
    CHECK(made.error().message() == row.text);
    CHECK_THROWS_WITH(QuotaTracker{row.options}, row.text);
  }
  CHECK(make<QuotaTracker<1>>(QuotaOptions{.limits = {per_minute(0)}}));
  CHECK(make<QuotaTracker<1>>(QuotaOptions{.limits = {tokens_per_minute(0)}}));  // closed, whatever an attempt needs
  CHECK(make<QuotaTracker<1>>(QuotaOptions{.limits = {tokens_per_minute(1000)}}));
  CHECK_THROWS_WITH((QuotaTracker{QuotaOptions{.limits = {per_minute(1), per_day(50), per_minute(2)}}}),
                    "QuotaTracker: limits must not have two windows that differ in their limit alone; leave out the higher one");
}
