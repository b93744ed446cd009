// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

// Random calls under both limits, with waits before and inside the attempt's own, against the sum that one would do on paper.

using namespace ductile;
using namespace std::chrono_literals;

namespace {

// One way through the pipeline: how long a layer makes it wait, and what then becomes of the attempt.
struct Trip {
  Duration before_limit{};  // the attempt's own has not begun
  Duration within_limit{};
  bool asks_again = false;  // a layer may make a call wait, or send it away to come back
  Duration takes{};
  Kind ends_as = Kind::ok;
};

struct Script {
  Duration of_call{};
  std::optional<Duration> own{};
  Duration of_attempt{};
  Duration pause{};
  unsigned attempts = 1;
  std::array<Trip, 5> trips{};

  static Script drawn(std::uint64_t seed) {
    SplitMix64 draws{seed};
    // Few values, so that moments often meet.
    const auto up_to = [&](unsigned most) { return Duration{std::chrono::milliseconds{draws() % (most + 1)}}; };
    Script script;
    script.of_call = draws() % 8 == 0 ? Duration{365 * 24h} : 1ms + up_to(40);
    if (draws() % 4 == 0) script.own = up_to(60) - 2ms;
    script.of_attempt = draws() % 8 == 0 ? Duration{365 * 24h} : 1ms + up_to(12);
    script.pause = up_to(6);
    script.attempts = 1 + static_cast<unsigned>(draws() % 5);
    for (Trip& trip : script.trips) {
      if (draws() % 3 == 0) trip.before_limit = up_to(9);
      if (draws() % 4 == 0) trip.within_limit = up_to(9);
      trip.asks_again = draws() % 2 == 0;
      // Never to the very moment of a limit, where async_run prefers the limit.
      trip.takes = up_to(10) + 7ns;
      constexpr std::array ends{Kind::ok, Kind::overload, Kind::overload, Kind::internal, Kind::internal, Kind::bad_request};
      trip.ends_as = ends[draws() % ends.size()];
    }
    return script;
  }
};

// What can be seen of a call.
struct Account {
  struct Made {
    Time at{};
    Time limit{};
    friend bool operator==(const Made&, const Made&) = default;
  };
  std::vector<Made> attempts{};
  Kind ends_as = Kind::ok;
  bool refused = false;     // by a layer
  bool would_pass = false;  // it ended for want of time
  Time end{};

  friend bool operator==(const Account&, const Account&) = default;
  friend std::ostream& operator<<(std::ostream& stream, const Account& account) {
    for (const Made& made : account.attempts)
      stream << made.at.time_since_epoch().count() << " until " << made.limit.time_since_epoch().count() << ", ";
    return stream << name(account.ends_as) << (account.would_pass ? " for want of time at " : " at ")
                  << account.end.time_since_epoch().count();
  }
};

Account on_paper(const Script& script) {
  Account account;
  const Time deadline{script.own.value_or(script.of_call)};
  const auto ends = [&](Time at, Kind kind, bool refused, bool would_pass) {
    account.end = at;
    account.ends_as = kind;
    account.refused = refused;
    account.would_pass = would_pass;
    return account;
  };
  Time now{};
  if (script.own && *script.own <= 0s) return ends(now, Kind::deadline, true, false);
  for (unsigned i = 0;; ++i) {
    const Trip& trip = script.trips[i];
    if (trip.before_limit > 0s && now + trip.before_limit >= deadline) return ends(now, Kind::rate_limit, true, true);
    now += trip.before_limit;
    const Time limit = std::min(deadline, now + script.of_attempt);
    if (trip.within_limit > 0s && now + trip.within_limit >= limit) return ends(now, Kind::rate_limit, true, true);
    now += trip.within_limit;
    account.attempts.push_back({now, limit});
    const bool lost = now + trip.takes > limit;
    now = lost ? limit : now + trip.takes;
    const Kind kind = lost ? Kind::timeout : trip.ends_as;
    if (kind == Kind::ok || kind == Kind::bad_request || i + 1 == script.attempts) return ends(now, kind, false, false);
    if (now + script.pause >= deadline) return ends(now, kind, false, true);
    now += script.pause;
  }
}

// A layer that has something to wait for.
class Waits {
 public:
  struct Call {
    bool waited = false;
  };

  Waits(const Script& script, Duration Trip::* wait) : script_(&script), wait_(wait) {}

  Admission admit(NoState&, Call& call, Now now, const Attempt& attempt) const noexcept {
    const Trip& trip = script_->trips[attempt.number - 1U];
    if (trip.*wait_ == 0s || call.waited) return Admission::go();
    call.waited = trip.asks_again;
    return trip.asks_again ? Admission::ask_at(now() + trip.*wait_, Kind::rate_limit, WaitSource::quota)
                           : Admission::go_at(now() + trip.*wait_, Kind::rate_limit, WaitSource::quota);
  }

 private:
  const Script* script_;
  Duration Trip::* wait_;
};

Account through(ductile_test::Driver& driver, const Script& script) {
  Pipeline pipeline{Deadline{script.of_call}, Retry{RetryOptions{.attempts = script.attempts, .backoff = Constant{.wait = script.pause}}},
                    Waits{script, &Trip::before_limit}, AttemptTimeout{script.of_attempt}, Waits{script, &Trip::within_limit}};
  CallOptions options;
  options.deadline = script.own;
  Account account;
  const auto result = driver.run(
      pipeline,
      [&](const Attempt& attempt) {
        account.attempts.push_back({driver.now()(), attempt.deadline});
        const Trip& trip = script.trips[attempt.number - 1U];
        return Simulated{trip.takes, trip.ends_as == Kind::ok ? Result<int>{7} : Result<int>{Failure{support::said(trip.ends_as)}}};
      },
      options);
  account.end = driver.now()();
  if (result) return account;
  account.ends_as = result.error().kind();
  account.refused = result.error().says() == Says::policy;
  account.would_pass = has(result.error().notes(), Note::deadline_would_pass);
  return account;
}

}  // namespace

EVERY_DRIVER("Under a deadline and a limit for each attempt a call goes as on paper", "[properties]") {
  constexpr unsigned scripts = 2000;
  unsigned served = 0, lost_to_attempt = 0, lost_to_call = 0, no_time_to_wait = 0, no_time_to_repeat = 0, never_begun = 0, repeated = 0;
  for (std::uint64_t seed = 1; seed <= scripts; ++seed) {
    const Script script = Script::drawn(seed);
    const auto fresh = driver.another(seed);
    const Account account = through(*fresh, script);
    CAPTURE(seed);
    REQUIRE(account == on_paper(script));

    const Time deadline{std::max<Duration>(script.own.value_or(script.of_call), 0s)};
    REQUIRE(account.end <= deadline);
    for (const Account::Made& made : account.attempts) {
      REQUIRE(made.at < made.limit);
      REQUIRE(made.limit <= deadline);
      REQUIRE(made.limit - made.at <= script.of_attempt);
    }
    if (account.ends_as == Kind::ok) ++served;
    if (account.ends_as == Kind::timeout) ++(account.end == deadline ? lost_to_call : lost_to_attempt);
    if (account.ends_as == Kind::rate_limit) ++no_time_to_wait;
    if (account.would_pass && !account.refused) ++no_time_to_repeat;
    if (account.ends_as == Kind::deadline) ++never_begun;
    if (account.attempts.size() > 1) ++repeated;
  }
  CAPTURE(served, lost_to_attempt, lost_to_call, no_time_to_wait, no_time_to_repeat, never_begun, repeated);
  for (const unsigned seen : {served, lost_to_attempt, lost_to_call, no_time_to_wait, no_time_to_repeat, repeated})
    CHECK(seen > scripts / 50);
  CHECK(never_begun > 0);
}
