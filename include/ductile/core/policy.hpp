// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/answer.hpp>   // Admission, Reaction
#include <ductile/core/attempt.hpp>  // Attempt
#include <ductile/core/gate.hpp>     // Grant
#include <ductile/core/now.hpp>      // Now
#include <ductile/core/verdict.hpp>  // Verdict

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace ductile::inline DUCTILE_VERSION {

/// The state of a policy that has none.
struct NoState {};
/// The permit of a policy that needs none.
struct NoCall {};

namespace detail {
template <class P>
struct StateTraits {
  using type = NoState;
};
template <class P>
  requires requires { typename P::State; }
struct StateTraits<P> {
  using type = typename P::State;
};
template <class P>
struct CallTraits {
  using type = NoCall;
};
template <class P>
  requires requires { typename P::Call; }
struct CallTraits<P> {
  using type = typename P::Call;
};
}  // namespace detail

/// What all calls through a policy share: its nested `State`, or nothing.
template <class P>
using StateOf = typename detail::StateTraits<P>::type;

/// One entry into a policy's layer, which is also its permit: its nested `Call`, or nothing. Trivially copyable, at most 16 bytes. It lives
/// from one entry from the layer outside to the next; a layer that asks for another trip keeps it.
template <class P>
using CallOf = typename detail::CallTraits<P>::type;

/// P says whether an attempt may go inwards.
template <class P>
concept Admits = requires(const P& policy, StateOf<P>& state, CallOf<P>& call, Now now, const Attempt& attempt) {
  { policy.admit(state, call, now, attempt) } noexcept -> std::same_as<Admission>;
};

/// P says what follows from how an admitted attempt ended. Asked exactly once for each admission.
template <class P>
concept Settles = requires(const P& policy, StateOf<P>& state, CallOf<P>& call, Now now, const Attempt& attempt, const Verdict& verdict) {
  { policy.settle(state, call, now, attempt, verdict) } noexcept -> std::same_as<Reaction>;
};

/// P says whether a layer inside it may make another trip. Asked before the wait, after every nearer layer has agreed; `verdict.hint` is
/// how long that wait is. With a verdict that is ok: whether a hedge may be sent now, beside an attempt that is under way.
template <class P>
concept AllowsExtra =
    requires(const P& policy, StateOf<P>& state, CallOf<P>& call, Now now, const Attempt& attempt, const Verdict& verdict) {
      { policy.extra(state, call, now, attempt, verdict) } noexcept -> std::same_as<bool>;
    };

/// P says, when the wait is over for which it admitted (`Admission::go_at`), whether that still holds. If not, the admission is settled as
/// abandoned, and `admit` is asked anew. Without it, it holds.
template <class P>
concept Reconsiders = requires(const P& policy, StateOf<P>& state, CallOf<P>& call, Now now, const Attempt& attempt) {
  { policy.still_holds(state, call, now, attempt) } noexcept -> std::same_as<bool>;
};

/// P says what follows from a gate's answer. Without it, a grant admits and a failure rejects.
template <class P>
concept HearsGrants = requires(const P& policy, StateOf<P>& state, CallOf<P>& call, Now now, const Attempt& attempt, Grant grant) {
  { policy.granted(state, call, now, attempt, grant) } noexcept -> std::same_as<Admission>;
};

/// An attempt beside one that is under way.
struct Beside {
  Duration after{};        ///< How long after that one began it begins.
  bool elsewhere = false;  ///< To the next target of a chain, where one is free.
};

/// P makes a race of an attempt: says when another one begins beside the latest (whose `lane` counts them from 0), and learns how long the
/// first one took until it succeeded, or until it was overtaken. For drivers that can have several under way.
template <class P>
concept Hedges = requires(const P& policy, StateOf<P>& state, const Attempt& latest, Duration took, bool overtaken) {
  { policy.beside(state, latest) } noexcept -> std::same_as<std::optional<Beside>>;
  { policy.learn(state, took, overtaken) } noexcept;
};

/// P offers a target for a hedge, beside those whose bits are in `taken`; none: no other is free.
template <class P>
concept OffersTargets =
    requires(const P& policy, StateOf<P>& state, const CallOf<P>& call, Now now, const Attempt& attempt, TargetSet taken) {
      { policy.another(state, call, now, attempt, taken) } noexcept -> std::same_as<std::optional<unsigned>>;
    };

/// P says after which failures of an attempt nothing more is tried. A race is closed by one: no hedge begins after it. Where no layer says,
/// by those whose remedy is `never` or `after_prompt_change`.
template <class P>
concept Stops = requires(const P& policy, const Verdict& verdict) {
  { policy.stops(verdict) } noexcept -> std::same_as<bool>;
};

/// A resilience policy: an immutable value that answers at least one of the questions, and does nothing else: no I/O, no sleep, no clock or
/// dice but `Now`.
template <class P>
concept Policy = std::move_constructible<P> && (Admits<P> || Settles<P> || AllowsExtra<P>);

/// What a policy is, for the rules of order.
enum class Role : std::uint8_t {
  other,
  deadline,
  retry,
  retry_budget,
  circuit_breaker,
  quota,
  fallback,
  attempt_timeout,
  bulkhead,
  hedge,
  reword,
  off_peak,
  slow_start
};

/// The role's name, as in metrics and reports: "circuit_breaker".
[[nodiscard]] constexpr const char* name(Role role) noexcept {
  switch (role) {
    case Role::other: return "other";
    case Role::deadline: return "deadline";
    case Role::retry: return "retry";
    case Role::retry_budget: return "retry_budget";
    case Role::circuit_breaker: return "circuit_breaker";
    case Role::quota: return "quota";
    case Role::fallback: return "fallback";
    case Role::attempt_timeout: return "attempt_timeout";
    case Role::bulkhead: return "bulkhead";
    case Role::hedge: return "hedge";
    case Role::reword: return "reword";
    case Role::off_peak: return "off_peak";
    case Role::slow_start: return "slow_start";
  }
  return "other";
}

/// What an admission may edit; a policy declares its own as `static constexpr unsigned edits`. Undeclared edits are ignored, and free.
inline constexpr unsigned edits_deadline = 1;
inline constexpr unsigned edits_target = 2;
inline constexpr unsigned edits_revision = 4;
inline constexpr unsigned edits_start = 8;

namespace detail {

template <class P>
consteval Role role_of() {
  if constexpr (requires {
                  { P::role } -> std::convertible_to<Role>;
                })
    return P::role;
  else
    return Role::other;
}

template <class P>
consteval unsigned edits_of() {
  if constexpr (requires {
                  { P::edits } -> std::convertible_to<unsigned>;
                })
    return P::edits;
  else
    return 0;
}

// Declares that `settle` does nothing after a success, so that the happy path need not call it.
template <class P>
consteval bool settles_failures_only() {
  if constexpr (requires {
                  { P::settles_failures_only } -> std::convertible_to<bool>;
                })
    return P::settles_failures_only;
  else
    return false;
}

// Declares that `admit` reads the time, so that all such layers share one reading.
template <class P>
consteval bool reads_time() {
  if constexpr (requires {
                  { P::reads_time } -> std::convertible_to<bool>;
                })
    return P::reads_time;
  else
    return false;
}

template <class P>
concept NamesAdmit = requires { &P::admit; };
template <class P>
concept NamesSettle = requires { &P::settle; };
template <class P>
concept NamesExtra = requires { &P::extra; };
template <class P>
concept NamesGranted = requires { &P::granted; };
template <class P>
concept NamesStillHolds = requires { &P::still_holds; };
template <class P>
concept NamesStops = requires { &P::stops; };
template <class P>
concept NamesAnother = requires { &P::another; };

// For E0104. In this form both compilers write the type beside the sentence, and do not list each question that it does not answer.
template <class P>
inline constexpr bool is_policy = Policy<P>;

// One question a branch, so that the user reads the first thing that is wrong and nothing that follows from it.
template <class P>
consteval bool explain_policy() {
  if constexpr (!std::is_trivially_copyable_v<CallOf<P>> || sizeof(CallOf<P>) > 16) {
    static_assert(std::is_trivially_copyable_v<CallOf<P>> && sizeof(CallOf<P>) <= 16,
                  "ductile E0105: a policy's Call must be trivially copyable and at most 16 bytes; keep what is larger in its State "
                  "(docs/rules/E0105.md)");
    return false;
  } else if constexpr (NamesAdmit<P> && !Admits<P>) {
    static_assert(Admits<P>,
                  "ductile E0102: admit has the wrong form; write Admission admit(State&, Call&, Now, const Attempt&) const noexcept "
                  "(docs/rules/E0102.md)");
    return false;
  } else if constexpr (NamesSettle<P> && !Settles<P>) {
    static_assert(Settles<P>,
                  "ductile E0103: settle has the wrong form; write Reaction settle(State&, Call&, Now, const Attempt&, const Verdict&) "
                  "const noexcept (docs/rules/E0103.md)");
    return false;
  } else if constexpr (NamesExtra<P> && !AllowsExtra<P>) {
    static_assert(AllowsExtra<P>,
                  "ductile E0106: extra has the wrong form; write bool extra(State&, Call&, Now, const Attempt&, const Verdict&) const "
                  "noexcept (docs/rules/E0106.md)");
    return false;
  } else if constexpr (NamesGranted<P> && !HearsGrants<P>) {
    static_assert(HearsGrants<P>,
                  "ductile E0109: granted has the wrong form; write Admission granted(State&, Call&, Now, const Attempt&, Grant) const "
                  "noexcept (docs/rules/E0109.md)");
    return false;
  } else if constexpr (NamesStillHolds<P> && !Reconsiders<P>) {
    static_assert(
        Reconsiders<P>,
        "ductile E0125: still_holds has the wrong form; write bool still_holds(State&, Call&, Now, const Attempt&) const noexcept "
        "(docs/rules/E0125.md)");
    return false;
  } else if constexpr (NamesStops<P> && !Stops<P>) {
    static_assert(Stops<P>,
                  "ductile E0122: stops has the wrong form; write bool stops(const Verdict&) const noexcept (docs/rules/E0122.md)");
    return false;
  } else if constexpr (NamesAnother<P> && !OffersTargets<P>) {
    static_assert(OffersTargets<P>,
                  "ductile E0123: another has the wrong form; write std::optional<unsigned> another(State&, const Call&, Now, const "
                  "Attempt&, TargetSet) const noexcept (docs/rules/E0123.md)");
    return false;
  } else if constexpr (!std::move_constructible<P>) {
    static_assert(std::move_constructible<P>,
                  "ductile E0111: a policy must be movable; keep what cannot move (an atomic, a mutex) in its State "
                  "(docs/rules/E0111.md)");
    return false;
  } else if constexpr (!Policy<P>) {
    static_assert(is_policy<P>,
                  "ductile E0104: the type that is_policy<...> names here answers neither admit nor settle nor extra; add one of these, or "
                  "put the policy in the place of its options: Retry{RetryOptions{...}} (docs/rules/E0104.md)");
    return false;
  } else if constexpr (role_of<P>() == Role::hedge && !Hedges<P>) {
    static_assert(
        Hedges<P>,
        "ductile E0139: a policy in the role of a hedge must say when; write std::optional<Beside> beside(State&, const Attempt&) "
        "const noexcept and void learn(State&, Duration, bool) const noexcept (docs/rules/E0139.md)");
    return false;
  } else {
    return true;
  }
}

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION
