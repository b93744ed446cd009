// SPDX-License-Identifier: BSL-1.0

// What the core promises at compile time. That this file compiles is most of the test.

#include "../support/catch.hpp"

#include <ductile/core/transport.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>

using namespace ductile;

namespace {

// --- policies

struct OnlyAdmits {
  Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::go(); }
};
struct OnlySettles {
  Reaction settle(NoState&, NoCall&, Now, const Attempt&, const Verdict&) const noexcept { return Reaction::pass(); }
};
struct OnlyExtra {
  bool extra(NoState&, NoCall&, Now, const Attempt&, const Verdict&) const noexcept { return true; }
};
struct WithOwn {
  struct State {
    std::string name;
  };
  struct Call {
    std::uint64_t ticket = 0;
    std::uint32_t count = 0;
  };
  static constexpr Role role = Role::quota;
  static constexpr unsigned edits = edits_deadline | edits_target;
  static constexpr bool reads_time = true;
  static constexpr bool settles_failures_only = true;
  Admission admit(State&, Call&, Now, const Attempt&) const noexcept { return Admission::go(); }
  Admission granted(State&, Call&, Now, const Attempt&, Grant) const noexcept { return Admission::go(); }
};
struct MayThrow {
  Admission admit(NoState&, NoCall&, Now, const Attempt&) const { return Admission::go(); }
};
struct NotConst {
  Admission admit(NoState&, NoCall&, Now, const Attempt&) noexcept { return Admission::go(); }
};
struct WrongState {
  struct State {};
  Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::go(); }
};

static_assert(Policy<OnlyAdmits> && Admits<OnlyAdmits> && !Settles<OnlyAdmits> && !AllowsExtra<OnlyAdmits> && !HearsGrants<OnlyAdmits>);
static_assert(Policy<OnlySettles> && !Admits<OnlySettles> && Settles<OnlySettles>);
static_assert(Policy<OnlyExtra> && AllowsExtra<OnlyExtra>);
static_assert(Policy<WithOwn> && HearsGrants<WithOwn>);
static_assert(!Policy<MayThrow> && !Policy<NotConst> && !Policy<WrongState> && !Policy<int> && !Policy<std::string>);
static_assert(std::is_same_v<StateOf<OnlyAdmits>, NoState> && std::is_same_v<StateOf<WithOwn>, WithOwn::State>);
static_assert(std::is_same_v<CallOf<OnlyAdmits>, NoCall> && std::is_same_v<CallOf<WithOwn>, WithOwn::Call>);
static_assert(detail::role_of<OnlyAdmits>() == Role::other && detail::role_of<WithOwn>() == Role::quota);
static_assert(detail::edits_of<OnlyAdmits>() == 0 && detail::edits_of<WithOwn>() == (edits_deadline | edits_target));
static_assert(!detail::reads_time<OnlyAdmits>() && detail::reads_time<WithOwn>());
static_assert(!detail::settles_failures_only<OnlySettles>() && detail::settles_failures_only<WithOwn>());

// --- sizes

static_assert(sizeof(Failure) <= 48);
static_assert(sizeof(TrailEntry) <= 16);
static_assert(sizeof(Verdict) <= 32 && std::is_trivially_copyable_v<Verdict>);
static_assert(std::is_trivially_copyable_v<Attempt>);
static_assert(sizeof(Now) <= 2 * sizeof(void*) && std::is_trivially_copyable_v<Now>);
static_assert(sizeof(Result<int>) <= 64);
static_assert(std::is_nothrow_move_constructible_v<Failure> && std::is_nothrow_move_assignable_v<Failure>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::unique_ptr<int>>> &&
              !std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);

// --- without an observer there is nothing of observers

struct Listener {
  void on(const OperationBegan&) {}
};
using Bare = Pipeline<OnlyAdmits, OnlySettles>;
using Observed = Pipeline<OnlyAdmits, Observe<Listener>, OnlySettles>;
struct Two : OnlyAdmits, OnlySettles {};
static_assert(!Bare::ObserversType::observed && std::is_empty_v<Bare::ObserversType>);
static_assert(Observed::ObserversType::observed && sizeof(Observed) > sizeof(Bare));
// A pipeline is its parts one after the other, and nothing else: no pointer, no lock, no name. How many calls it has (4 bytes, and what the
// state's alignment makes of them) is one of them with NDEBUG too, since a type must not depend on that.
struct PartsOfWithOwn {
  WithOwn policy;
  WithOwn::State state;
  detail::CallsUnderWay calls;
};
static_assert(sizeof(Pipeline<WithOwn>) == sizeof(PartsOfWithOwn));
static_assert(sizeof(detail::CallsUnderWay) == sizeof(std::uint32_t));
static_assert(Bare::LayersType::count == 2 && Observed::LayersType::count == 2);
static_assert(Pipeline<>::LayersType::count == 0);

static_assert(Observer<Listener>);
struct Deaf {
  void on(int) {}
};
static_assert(!Observer<Deaf> && !Observer<int>);

// --- concepts that users implement

struct HasFlag {
  [[nodiscard]] bool stop_requested() const { return false; }
};
static_assert(StopToken<std::stop_token> && StopToken<HasFlag> && StopToken<NoStop> && StopToken<StopView> && !StopToken<int>);
static_assert(Clock<SystemClock> && Clock<const SystemClock> && Clock<VirtualClock> && Clock<ScaledClock> && !Clock<HasFlag>);
static_assert(!std::is_copy_constructible_v<VirtualClock> && !std::is_copy_constructible_v<ScaledClock>);  // readings point to them

struct Response {};
struct Classifies {
  Verdict operator()(const Response&) const { return {}; }
};
struct Claims {
  std::optional<Verdict> thrown(const std::exception_ptr&) const { return {}; }
};
static_assert(ErrorClassifier<Classifies, Response> && !ErrorClassifier<Classifies, std::string>);
static_assert(ClaimsExceptions<Claims> && !ClaimsExceptions<Classifies>);
static_assert(detail::ClassifiesSome<Unclassified, int> && detail::ClassifiesSome<Classifies, Response> &&
              detail::ClassifiesSome<Claims, int>);
static_assert(!detail::ClassifiesSome<Classifies, int> && !detail::ClassifiesSome<std::chrono::seconds, int>);

// --- what run returns

template <class Operation, class... Arguments>
using Returned = decltype(std::declval<Bare&>().run(std::declval<Operation>(), std::declval<Arguments>()...));
static_assert(std::is_same_v<Returned<int (*)()>, Result<int>>);
static_assert(std::is_same_v<Returned<void (*)()>, Result<void>>);
static_assert(std::is_same_v<Returned<Result<long> (*)(const Attempt&)>, Result<long>>);
static_assert(std::is_same_v<Returned<std::optional<int> (*)()>, Result<int>>);
static_assert(std::is_same_v<Returned<Response (*)(), Classifies>, Result<Response>>);
static_assert(
    std::is_same_v<Returned<std::unique_ptr<int> (*)(), CallOptions, std::stop_token, VirtualClock&>, Result<std::unique_ptr<int>>>);

static_assert(SimulatedOperation<Simulated<int> (*)()> && SimulatedOperation<Simulated<> (*)(const Attempt&)>);
static_assert(!SimulatedOperation<int (*)()> && !SimulatedOperation<Simulated<int> (*)(int)>);

// --- every rule of order can be waived by its name

template <Role R, int = 0>
struct Stub : OnlyAdmits {
  static constexpr Role role = R;
  [[nodiscard]] static unsigned targets() { return 1; }
};
using RetryStub = Stub<Role::retry>;
template <class... Elements>
constexpr bool valid = detail::explain_pipeline<Elements...>();
static_assert(valid<Allow<Rule::breaker_inside_retry>, Stub<Role::circuit_breaker>, RetryStub>);
static_assert(valid<RetryStub, Stub<Role::deadline>, Allow<Rule::deadline_outside_retry>>);
static_assert(valid<RetryStub, Allow<Rule::budget_outside_retry>, Stub<Role::retry_budget>>);
static_assert(valid<Allow<Rule::attempt_timeout_inside_retry>, Stub<Role::attempt_timeout>, RetryStub>);
static_assert(valid<Allow<Rule::quota_inside_retry>, Stub<Role::quota>, RetryStub>);
static_assert(valid<Allow<Rule::fallback_outside>, RetryStub, Stub<Role::fallback>>);
static_assert(valid<Allow<Rule::budget_outside_chain>, Stub<Role::fallback>, Stub<Role::retry_budget>, RetryStub>);
static_assert(valid<Allow<Rule::bulkhead_inside_retry>, Stub<Role::bulkhead>, RetryStub>);
static_assert(valid<Allow<Rule::bulkhead_inside_retry>, Stub<Role::bulkhead>, Stub<Role::fallback>>);
static_assert(valid<Stub<Role::attempt_timeout>, Stub<Role::bulkhead>, Allow<Rule::bulkhead_outside_timeout>>);
static_assert(valid<Allow<Rule::reword_outside_chain>, RetryStub, Stub<Role::reword>>);
static_assert(valid<Allow<Rule::reword_outside_chain>, Stub<Role::fallback>, Stub<Role::reword>>);
static_assert(valid<RetryStub, Stub<Role::off_peak>, Allow<Rule::off_peak_outside>>);
static_assert(valid<Stub<Role::off_peak>, Stub<Role::deadline>, Allow<Rule::off_peak_outside>>);
static_assert(valid<Allow<Rule::slow_start_outside_breaker>, Stub<Role::circuit_breaker>, Stub<Role::slow_start>>);
static_assert(valid<RetryStub, Stub<Role::slow_start>, Allow<Rule::slow_start_outside_breaker>>);
static_assert(valid<Allow<Rule::slow_start_inside_retry>, Stub<Role::slow_start>, RetryStub, Stub<Role::circuit_breaker>>);
static_assert(valid<Allow<Rule::slow_start_inside_retry>, Stub<Role::slow_start>, Stub<Role::fallback>, Stub<Role::circuit_breaker>>);
static_assert(
    valid<Allow<Rule::slow_start_outside_timeout>, Stub<Role::attempt_timeout>, Stub<Role::slow_start>, Stub<Role::circuit_breaker>>);
static_assert(valid<Stub<Role::quota>, Stub<Role::slow_start>, Stub<Role::circuit_breaker>, Allow<Rule::slow_start_outside_quota>>);
static_assert(valid<Stub<Role::reword>, Stub<Role::deadline>, Allow<Rule::deadline_outside_reword>>);
static_assert(valid<Allow<Rule::reword_once>, Stub<Role::reword>, Stub<Role::reword>, RetryStub>);
static_assert(valid<Stub<Role::deadline>, OnlyAdmits, Stub<Role::off_peak>, RetryStub>);  // what one's own policy holds is one's own affair
static_assert(valid<Allow<Rule::stateful_once>, Stub<Role::quota>, Stub<Role::quota>>);
static_assert(valid<RetryStub, Allow<Rule::attempt_timeout_inside_quota>, Stub<Role::attempt_timeout>, Stub<Role::quota>>);
static_assert(valid<Stub<Role::deadline>, Stub<Role::retry_budget>, Stub<Role::fallback>, RetryStub, Stub<Role::bulkhead>,
                    Stub<Role::circuit_breaker>, Stub<Role::quota>, Stub<Role::attempt_timeout>>);
static_assert(valid<Stub<Role::deadline>, Stub<Role::off_peak>, Stub<Role::reword>, Stub<Role::fallback>, RetryStub, Stub<Role::slow_start>,
                    Stub<Role::circuit_breaker>, Stub<Role::quota>, Stub<Role::attempt_timeout>>);
static_assert(
    valid<Stub<Role::deadline>, Stub<Role::deadline>, RetryStub, RetryStub, Stub<Role::attempt_timeout>>);  // no state, so twice is fine

}  // namespace

TEST_CASE("The core's compile-time promises hold", "[static]") {
  Pipeline waived{Allow<Rule::breaker_inside_retry>{}, Stub<Role::circuit_breaker>{}, RetryStub{}};
  CHECK(waived.run([] { return 3; }).value() == 3);  // a waiver is no layer
  STATIC_REQUIRE(decltype(waived)::LayersType::count == 2);
}
