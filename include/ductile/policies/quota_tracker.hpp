// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/policy.hpp>        // Admission, Attempt, Grant, Now, Reaction, Role, Verdict
#include <ductile/core/quota_window.hpp>  // QuotaCost, QuotaWindow, per_minute, per_day, quota_cost
#include <ductile/core/store.hpp>         // QuotaSettlement, QuotaStore, QuotaTicket
#include <ductile/core/worst_case.hpp>
#include <ductile/detail/min_max.hpp>
#include <ductile/policies/detail/quota_lease.hpp>   // QuotaLease
#include <ductile/policies/detail/quota_ledger.hpp>  // QuotaLedger

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

/// What a `QuotaTracker` does while its store gives no answer.
enum class StoreLoss : std::uint8_t {
  fail_open,   ///< Goes on with the ledger of this process.
  fail_closed  ///< Refuses, as `Kind::store_unavailable`.
};

/// `N`, the number of windows, is deduced: `QuotaOptions{.limits = {per_minute(15), per_day(50, pacific)}}`.
template <std::size_t N>
struct QuotaOptions {
  QuotaWindow limits[N];        ///< 1 to 16 windows, no two that differ in their limit alone. All of them must have room.
  std::int32_t images = 1;      ///< Images that an attempt is expected to make, 1 to 127, which is the most that a verdict can tell.
  std::int32_t tokens = 1000;   ///< Input tokens that an attempt is expected to use, 1 to 1'000'000'000.
  QuotaStore* store = nullptr;  ///< Where the ledger lives when several processes share it; null: here. Must outlive the pipeline.
  Duration store_patience = std::chrono::milliseconds{250};  ///< The longest wait for the store's answer, 1 ms to 60 s.
  StoreLoss when_store_fails = StoreLoss::fail_open;
  QuotaPrices prices{};  ///< What an image and a million input tokens cost; needed where a window limits money.
};

/// Options of a ledger that starts ignorant: the six usual windows without a limit, until the service teaches one by refusing.
[[nodiscard]] constexpr QuotaOptions<6> learning(QuotaDay day = pacific) noexcept {
  return {.limits = {per_minute(std::nullopt), tokens_per_minute(std::nullopt), images_per_minute(std::nullopt), per_day(std::nullopt, day),
                     tokens_per_day(std::nullopt, day), spend_per_ten_minutes(std::nullopt)}};
}

/// How full a window is.
struct QuotaUsage {
  QuotaDimension dimension = QuotaDimension::none;
  std::int64_t used = 0;                ///< In the span that ends now, or in the day.
  std::optional<std::int64_t> limit{};  ///< The one in force, configured, learnt or guessed; none: not known.
  std::optional<Time> closed_until{};   ///< When the service said that it is full: when it opens.

  friend constexpr bool operator==(const QuotaUsage&, const QuotaUsage&) = default;
};

/// Keeps calls within the service's quota: reserves what an attempt is expected to cost in every window before it is made, and settles
/// with what it did cost after. Who finds a window full waits, in order of arrival, with a reservation for the moment at which it opens;
/// a day that is spent refuses until the next midnight (`Remedy::next_day`).
///
/// A window of a span never holds more than its limit, wherever in time the span begins, for the service's own phase is not known. A
/// refusal by the service closes the window that it names - until the hint, or midnight - and teaches its limit. Where that is less than
/// one attempt is expected to cost, the attempt goes alone. A refusal that names none, to a ledger that knows no limit, makes it go by what
/// it has counted itself.
/// Order: inside `Retry`, since each attempt counts (E0205); inside `FallbackChain`, where the targets of each quota
/// group share a ledger (`quota_group`); inside `SlowStart` (E0222); outside `AttemptTimeout` (E0213).
///
/// Errors   `Kind::rate_limit` when the wait does not fit the deadline; `Kind::quota` when the day is spent or the limit is zero;
///          `Kind::store_unavailable` when the store is lost and the policy is to fail then.
/// Threads  The policy is immutable. One `State` may serve any number of threads and pipelines.
/// Cost     With room: a reading of the coarse clock and one compare-exchange, however many windows; no lock, no reading of the calendar.
///          Once a second, when a window is full, and to settle what was not as expected: a lock. Once a second for each window of the
///          calendar, and when a day is about to refuse: a reading of both clocks. Never allocates but in the constructor of `State`.
/// Source   Sliding window counters; the reservation in advance is that of token buckets (Guava's RateLimiter).
template <std::size_t N>
class QuotaTracker {
  static_assert(
      N >= 1 && N <= 16,
      "ductile E0120: a QuotaTracker has 1 to 16 windows; give what has nothing to do with the others a tracker and a pipeline of "
      "its own (docs/rules/E0120.md)");

  using Costs = typename detail::QuotaLedger<N>::Costs;

 public:
  static constexpr Role role = Role::quota;
  static constexpr bool state_per_quota_group = true;

  /// What all calls share: the counts, and what the service has taught. Several pipelines may share one (`with_state`), each with limits
  /// of its own; the windows' kinds and spans must be the same, and are those of the policy that it was made with. Must outlive them.
  class State {
   public:
    /// \param target Of a fallback chain: the first one of those that share this ledger.
    explicit State(const QuotaTracker& policy, unsigned target = 0)
        : target_(static_cast<std::uint8_t>(target)), ledger_(policy.windows_) {}

   private:
    friend class QuotaTracker;
    detail::QuotaLease<> lease_;
    const std::uint8_t target_;
    std::mutex mutex_;
    detail::QuotaLedger<N> ledger_;  // from here on under the lock
    Costs leased_{};                 // what an attempt of the lease costs
    std::uint64_t surprises_ = 0;
  };

  /// The permit: for which moment the attempt was charged, and who admitted it.
  struct Call {
    enum class Standing : std::uint32_t {
      comes,
      has_turn,  // is before those who come now
      by_store
    };
    std::uint32_t tick = 0;  // the lower half
    Standing standing = Standing::comes;
  };

  constexpr explicit QuotaTracker(const QuotaOptions<N>& options)
      : costs_(costs_of(checked(options))),
        reserved_(reserved(options)),
        prices_(options.prices),
        store_(options.store),
        store_patience_(options.store_patience),
        when_store_fails_(options.when_store_fails),
        settles_success_(options.store != nullptr),
        owner_(fingerprint(options)) {
    for (std::size_t i = 0; i < N; ++i) {
      windows_[i] = options.limits[i];
      settles_success_ = settles_success_ || windows_[i].unit != QuotaUnit::requests;
    }
  }

  /// A ledger that starts ignorant; see `learning`.
  constexpr QuotaTracker()
    requires(N == 6)
      : QuotaTracker(learning()) {}

  /// Windows without options do not compile: whoever wrote them would not see where the rest is said.
  template <std::same_as<QuotaWindow>... Windows>
    requires(sizeof...(Windows) == N)
  constexpr explicit QuotaTracker(const Windows&... windows) : QuotaTracker(QuotaOptions<N>{.limits = {windows...}}) {
    static_assert(sizeof...(Windows) == 0,
                  "ductile E0121: QuotaTracker takes its windows in options; write QuotaTracker{QuotaOptions{.limits = {per_minute(15)}}} "
                  "(docs/rules/E0121.md)");
  }

  /// States the rules of the options to `rules`.
  template <class Rules>
  static constexpr void check(const QuotaOptions<N>& options, Rules& rules) {
    const auto check_number = [&rules](std::int64_t value, std::int64_t least, std::int64_t most, const char* rule) {
      rules.require(value >= least && value <= most, rule, static_cast<double>(value));
    };
    const auto check_seconds = [&rules](Duration value, Duration least, Duration most, const char* rule) {
      rules.require(value >= least && value <= most, rule, std::chrono::duration<double>(value).count());
    };
    for (const QuotaWindow& window : options.limits) {
      if (window.limit && window.unit != QuotaUnit::microdollars) {
        check_number(*window.limit, 0, 1'000'000'000, "QuotaTracker: limit must be from 0 to 1000000000 a window");
      } else if (window.limit) {
        check_number(*window.limit, 0, 1'000'000'000'000,
                     "QuotaTracker: a limit of money must be from 0 to 1000000000000 millionths of a dollar");
        rules.require(options.prices.image > 0.0 || options.prices.million_tokens > 0.0,
                      "QuotaTracker: prices must be above 0 where a window limits money", options.prices.image);
      }
      if (!window.daily())
        check_seconds(window.span, std::chrono::seconds{1}, std::chrono::hours{24},
                      "QuotaTracker: span must be from 1 to 86400 seconds (a day that ends at midnight is per_day)");
      else if (window.day->next_midnight == nullptr)
        rules.refuse("QuotaTracker: next_midnight of a day must be a function, as in pacific and utc; it is null");
    }
    for (std::size_t i = 0; i < N; ++i)
      for (std::size_t earlier = 0; earlier < i; ++earlier)
        if (alike(options.limits[earlier], options.limits[i]))
          rules.refuse("QuotaTracker: limits must not have two windows that differ in their limit alone; leave out the higher one");
    check_number(options.images, 1, most_images, "QuotaTracker: images must be from 1 to 127 an attempt");
    check_number(options.tokens, 1, 1'000'000'000, "QuotaTracker: tokens must be from 1 to 1000000000 an attempt");
    for (const double price : {options.prices.image, options.prices.million_tokens})
      rules.require(price >= 0.0 && price <= 1000.0, "QuotaTracker: prices must be from 0 to 1000 dollars", price);
    check_seconds(options.store_patience, std::chrono::milliseconds{1}, std::chrono::seconds{60},
                  "QuotaTracker: store_patience must be from 0.001 to 60 seconds");
    for (const QuotaWindow& window : options.limits)
      if (window.limit.value_or(0) > 0)
        check_number(amount(reserved(options), window.unit), 0, *window.limit, larger_than_its_window(window.unit));
  }

  [[nodiscard, gnu::always_inline]] Admission admit(State& state, Call& call, Now now, const Attempt& attempt) const noexcept {
    const std::optional<std::uint32_t> tick = state.lease_.take(now.coarse(), owner_);
    if (!tick) [[unlikely]] {
      const auto [admission, permit] =
          admit_without_lease(state, call.standing, attempt.returns(), now, detail::min(attempt.deadline, attempt.start_by));
      call = permit;
      return admission;
    }
    call.tick = *tick;
    return Admission::go();
  }

  /// Not when the service has meanwhile called a window full, or a window turned out to take less: who waited for his moment would be
  /// refused, and so would all others in line.
  [[nodiscard]] bool still_holds(State& state, Call& call, Now now, const Attempt&) const noexcept {
    if (call.standing == Call::Standing::comes) call.standing = Call::Standing::has_turn;  // a store is told how its grants ended
    const Open open{*this, state, now};
    return !state.ledger_.any_closed() && !state.ledger_.overbooked(windows_, costs_);
  }

  /// The store's answer.
  [[nodiscard]] Admission granted(State& state, Call& call, Now now, const Attempt& attempt, Grant grant) const noexcept {
    switch (grant.status) {
      case Grant::Status::granted: {  // counted here too, so that a store that is lost later leaves us with something to go by
        const Open open{*this, state, now};
        call = {static_cast<std::uint32_t>(state.ledger_.charge_now(costs_)), Call::Standing::by_store};
        return Admission::go();
      }
      case Grant::Status::later:
        if (grant.at > later(now(), longest_wait)) return Admission::reject(Kind::quota, grant.at).with(Remedy::next_day);
        return Admission::ask_at(grant.at, Kind::rate_limit, WaitSource::quota);
      case Grant::Status::failed: break;
    }
    if (when_store_fails_ == StoreLoss::fail_closed) return Admission::reject(Kind::store_unavailable).with(Remedy::immediately);
    const auto [admission, permit] =
        book(state, has_turn(call.standing, attempt.returns()), now, detail::min(attempt.deadline, attempt.start_by));
    call = permit;
    return admission;
  }

  [[gnu::always_inline]] Reaction settle(State& state, Call& call, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if (!verdict.ok()) return settle_difference(state, call, now, verdict);
    if (!settles_success_ || as_reserved(verdict)) [[likely]]
      return Reaction::pass();
    return settle_success(state, call, now, verdict.images, verdict.tokens);
  }

  /// Nothing but a deadline bounds the wait for a window: others may stand before, and the service may close it for any time.
  [[nodiscard]] constexpr WorstCase worst_case(const WorstCase& inside) const noexcept { return inside.after(forever); }

  /// How full each window is, in the order of the options.
  [[nodiscard]] std::array<QuotaUsage, N> usage(State& state, Now now) const noexcept {
    const Open open{*this, state, now};
    std::array<QuotaUsage, N> usage;
    for (std::size_t i = 0; i < N; ++i) {
      const std::int64_t limit = state.ledger_.limit(i, windows_[i]);
      usage[i] = {windows_[i].dimension, state.ledger_.used(i),
                  limit == detail::QuotaLedger<N>::no_limit ? std::nullopt : std::optional{limit}, state.ledger_.closed_until(i)};
    }
    return usage;
  }

  /// How often the service refused although this ledger, knowing the limits, had room in the windows of the dimension that was named (in
  /// all, where none was): somebody else uses the same quota, or the limits are not what they are thought to be. A refusal that names a
  /// dimension of which no window is kept here is none.
  [[nodiscard]] std::uint64_t surprises(State& state) const noexcept {
    const std::lock_guard lock{state.mutex_};
    return state.surprises_;
  }

 private:
  struct Booked {
    Admission admission;
    Call call;
  };

  // Then one of the two is never the one that is full.
  [[nodiscard]] static constexpr bool alike(QuotaWindow one, const QuotaWindow& other) noexcept {
    one.limit = other.limit;
    return one == other;
  }

  [[nodiscard]] static constexpr const char* larger_than_its_window(QuotaUnit unit) noexcept {
    switch (unit) {
      case QuotaUnit::images: return "QuotaTracker: images must be at most the limit of a window that counts them";
      case QuotaUnit::tokens: return "QuotaTracker: tokens must be at most the limit of a window that counts them";
      default: return "QuotaTracker: what an attempt costs by its prices must be at most the limit of a window of money, in millionths";
    }
  }

  static constexpr std::int32_t most_images = std::numeric_limits<decltype(Verdict::images)>::max();

  // A store that names a later moment than this speaks of a day's window.
  static constexpr Duration longest_wait = std::chrono::hours{1};

  // The ledger in hand: under the lock, with everything counted in that was taken from the lease.
  class Open {
   public:
    Open(const QuotaTracker& policy, State& state) noexcept : policy_(policy), state_(state), lock_(state.mutex_) {
      const std::int64_t taken = state.lease_.end();
      for (std::size_t i = 0; i < N; ++i) state.ledger_.adjust(i, now_tick(), taken * state.leased_[i]);
    }
    Open(const QuotaTracker& policy, State& state, Now now) noexcept : Open(policy, state) { state.ledger_.advance(now); }
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    ~Open() {
      const std::int64_t room = state_.ledger_.room(policy_.windows_, policy_.costs_);
      const Time end =
          policy_.store_ ? Time::min() : state_.ledger_.lease_ends(policy_.windows_);  // what a store grants nobody takes by himself
      state_.leased_ = policy_.costs_;
      state_.lease_.give(static_cast<std::uint32_t>(detail::min<std::int64_t>(room, detail::QuotaLease<>::most)), end, policy_.owner_,
                         static_cast<std::uint32_t>(now_tick()));
    }

    // The ledger's own, which is the lease's: time passes in the ledger only while it is in hand.
    [[nodiscard]] detail::Tick now_tick() const noexcept { return state_.ledger_.tick_of(state_.ledger_.now()); }

    // The tick whose lower half is in a permit, which is not far away.
    [[nodiscard]] detail::Tick tick_of(std::uint32_t half) const noexcept {
      return now_tick() + static_cast<std::int32_t>(half - static_cast<std::uint32_t>(now_tick()));
    }

   private:
    const QuotaTracker& policy_;
    State& state_;
    std::lock_guard<std::mutex> lock_;
  };

  // Whether a refusal says neither which window is full nor, of a quota, how long it is spent.
  [[nodiscard]] static constexpr bool lacks_details(const Verdict& refusal) noexcept {
    if (refusal.dimension != QuotaDimension::none) return false;
    return refusal.kind == Kind::rate_limit || (refusal.remedy == Remedy::after_delay && refusal.hint <= Duration::zero());
  }

  [[nodiscard]] QuotaTicket ticket(std::uint8_t target) const noexcept {
    return {
        .target = target, .images = static_cast<std::uint16_t>(reserved_.images), .tokens = static_cast<std::uint32_t>(reserved_.tokens)};
  }

  // Who was let in here once, and failed, is not sent to the end of the line.
  [[nodiscard]] static bool has_turn(typename Call::Standing standing, bool returns) noexcept {
    return standing == Call::Standing::has_turn || returns;
  }

  // By value out: what the hot path hands on by reference it must keep in memory.
  [[nodiscard, gnu::cold, gnu::noinline]] Booked admit_without_lease(State& state, typename Call::Standing standing, bool returns, Now now,
                                                                     Time deadline) const noexcept {
    if (store_)
      return {Admission::wait(*store_, Kind::rate_limit, ticket(state.target_).packed(), later(now(), store_patience_)), {0, standing}};
    return book(state, has_turn(standing, returns), now, deadline);
  }

  [[nodiscard]] Booked book(State& state, bool has_turn, Now now, Time deadline) const noexcept {
    now = now.read();
    const Open open{*this, state, now};
    const auto booking = state.ledger_.book(windows_, costs_, now, deadline, has_turn);
    return {booking.admission,
            {static_cast<std::uint32_t>(booking.tick), booking.has_turn ? Call::Standing::has_turn : Call::Standing::comes}};
  }

  // Whether a success cost what was set aside for it, and nobody else need know.
  [[nodiscard]] bool as_reserved(const Verdict& verdict) const noexcept {
    return !store_ && (verdict.images <= 0 || verdict.images == reserved_.images) &&
           (verdict.tokens <= 0 || verdict.tokens == reserved_.tokens);
  }

  // Its numbers alone: a verdict that a cold function sees must be made in memory for every success.
  [[nodiscard, gnu::cold, gnu::noinline]] Reaction settle_success(State& state, Call call, Now now, std::int8_t images,
                                                                  std::int32_t tokens) const noexcept {
    Verdict verdict;
    verdict.images = images;
    verdict.tokens = tokens;
    return settle_difference(state, call, now, verdict);
  }

  [[nodiscard, gnu::cold, gnu::noinline]] Reaction settle_difference(State& state, Call call, Now now, Verdict verdict) const noexcept {
    const bool refused = verdict.says == Says::service && (verdict.kind == Kind::rate_limit || verdict.kind == Kind::quota);
    Reaction reaction = Reaction::pass();
    QuotaSettlement settlement{.ticket = ticket(state.target_), .counts = counts_of(verdict, QuotaCounts::sent)};
    {
      const Open open{*this, state};
      const detail::Tick tick = open.tick_of(call.tick);
      for (std::size_t i = 0; i < N; ++i) {
        const std::int64_t difference = amount(counts_of(verdict, windows_[i].counts), windows_[i].unit) - costs_[i];
        if (difference != 0) state.ledger_.adjust(i, tick, difference);
      }
      if (refused || call.standing == Call::Standing::by_store) state.ledger_.advance(now);
      if (refused) {
        const auto lesson = state.ledger_.learn(
            windows_, verdict, tick, [&](const QuotaWindow& window) { return amount(counts_of(verdict, window.counts), window.unit); });
        if (lesson.opens) reaction = reaction.earliest(*lesson.opens);
        if (lesson.surprising) {
          ++state.surprises_;
          reaction = reaction.noting(Signal::quota_surprise);
          // Neither side knows of a window that is full: then it is the service that has no room.
          if (lacks_details(verdict)) reaction = reaction.taken_for(Kind::overload);
        }
        settlement.full = verdict.dimension;
        settlement.limit = verdict.limit;
        if (lesson.opens) settlement.closed_for = *lesson.opens - state.ledger_.now();
      }
      settlement.age = (open.now_tick() - tick) * state.ledger_.tick();
    }
    if (call.standing == Call::Standing::by_store) store_->settle(settlement);
    return reaction;
  }

  [[nodiscard]] static constexpr QuotaOptions<N> checked(const QuotaOptions<N>& options) {
    RefusingRules rules;
    check(options, rules);
    return options;
  }

  [[nodiscard]] static constexpr QuotaCost reserved(const QuotaOptions<N>& options) noexcept {
    return {.requests = 1,
            .images = options.images,
            .tokens = options.tokens,
            .microdollars = options.prices.of(options.images, options.tokens)};
  }

  [[nodiscard]] static constexpr Costs costs_of(const QuotaOptions<N>& options) noexcept {
    Costs costs{};
    for (std::size_t i = 0; i < N; ++i) costs[i] = amount(reserved(options), options.limits[i].unit);
    return costs;
  }

  [[nodiscard]] QuotaCost counts_of(const Verdict& verdict, QuotaCounts counts) const noexcept {
    return quota_cost(verdict, reserved_, counts, prices_);
  }

  // Policies with other limits or costs must not take from each other's leases.
  [[nodiscard]] static constexpr std::uint64_t fingerprint(const QuotaOptions<N>& options) noexcept {
    std::uint64_t mixed = options.store != nullptr ? 1 : 0;
    const auto mix = [&](std::int64_t number) { mixed = SplitMix64{mixed ^ static_cast<std::uint64_t>(number)}(); };
    for (const QuotaWindow& window : options.limits) mix(window.limit.value_or(-1));
    for (const std::int64_t cost : costs_of(options)) mix(cost);
    return mixed | 1U;  // zero is nobody's
  }

  std::array<QuotaWindow, N> windows_{};
  Costs costs_;
  QuotaCost reserved_;
  QuotaPrices prices_;
  QuotaStore* store_;
  Duration store_patience_;
  StoreLoss when_store_fails_;
  bool settles_success_;  // else a success costs what was reserved for it, and there is nobody to tell
  std::uint64_t owner_;
};

template <std::size_t N>
QuotaTracker(QuotaOptions<N>) -> QuotaTracker<N>;
QuotaTracker() -> QuotaTracker<6>;
template <std::same_as<QuotaWindow>... Windows>
QuotaTracker(Windows...) -> QuotaTracker<sizeof...(Windows)>;

}  // namespace ductile::inline DUCTILE_VERSION
