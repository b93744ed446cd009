// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/policy.hpp>      // Policy, Role, edits_deadline, edits_of, role_of
#include <ductile/core/worst_case.hpp>  // Fit, WorstCase
#include <ductile/detail/min_max.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

template <class P>
class WithState;

/// P says what it makes of the worst case of what stands inside it.
template <class P>
concept KnowsWorstCase = requires(const P& policy, const WorstCase& inside) {
  { policy.worst_case(inside) } noexcept -> std::same_as<WorstCase>;
};

namespace detail {

template <class P>
concept NamesWorstCase = requires { &P::worst_case; };

template <class Part>
concept PipelinePart = requires { typename Part::LayersType; };

template <class>
inline constexpr bool is_with_state = false;
template <class P>
inline constexpr bool is_with_state<WithState<P>> = true;

// How long the layers inside have at most, where the policy brings the deadline forward and says by how much.
template <class P>
constexpr Duration left_inside(const P& policy, Duration left) noexcept {
  if constexpr ((edits_of<P>() & edits_deadline) != 0 && requires { Duration{policy.limit()}; }) {
    return detail::min<Duration>(left, policy.limit());
  } else {
    return left;
  }
}

template <class P>
constexpr WorstCase worst_case_of(const P& policy, const WorstCase& inside) noexcept {
  if constexpr (KnowsWorstCase<P>) {
    return policy.worst_case(inside);
  } else {
    static_assert(!NamesWorstCase<P>,
                  "ductile E0124: worst_case has the wrong form; write WorstCase worst_case(const WorstCase& inside) const noexcept "
                  "(docs/rules/E0124.md)");
    constexpr bool makes_trips = role_of<P>() == Role::retry || role_of<P>() == Role::fallback || role_of<P>() == Role::hedge;
    return makes_trips ? inside.times(WorstCase::unbounded) : inside;
  }
}

// From the outermost part inwards, which tells each layer what it has, and back, which tells what it costs.
template <class OnMisfit>
constexpr WorstCase foresee(const OnMisfit&, Duration) noexcept {
  return {};
}
template <class OnMisfit, class Part, class... Rest>
constexpr WorstCase foresee(const OnMisfit& on_misfit, Duration left, const Part& part, const Rest&... rest) {
  if constexpr (PipelinePart<Part>) {
    WorstCase whole = [&]<std::size_t... Is>(std::index_sequence<Is...>) {
      return foresee(on_misfit, left, part.layers().template policy<Is>()..., rest...);
    }(std::make_index_sequence<Part::LayersType::count>{});
    whole.attempt = whole.latency;  // for another pipeline outside it is the operation
    whole.per_attempt = whole.amplification;
    return whole;
  } else if constexpr (is_with_state<Part>) {
    return foresee(on_misfit, left, part.policy(), rest...);
  } else {
    WorstCase inside = foresee(on_misfit, left_inside(part, left), rest...);
    inside.deadline = left;
    inside.fit = {};
    const WorstCase worst = worst_case_of(part, inside);
    if (!worst.fit.all_begin()) on_misfit(worst.fit);
    return worst;
  }
}

inline constexpr auto no_matter = [](const Fit&) noexcept {};

}  // namespace detail

/// What `max_attempts` and its like look at: a pipeline, or a policy.
template <class Part>
concept ForeseenPart = Policy<Part> || detail::PipelinePart<Part> || detail::is_with_state<Part>;

/// How many trips through the transport one call makes at most.
///
/// \param parts Outermost first: a pipeline, or its policies, which makes it a constant where they are; or both, as in
///   `max_attempts(pipeline, AttemptTimeout{20s})` for an operation that has a limit of its own, and `max_attempts(outer, inner)` for one
///   that is a pipeline again.
/// \return None: nothing but time bounds it, as in a `FallbackChain` that begins anew until the deadline.
template <ForeseenPart... Parts>
[[nodiscard]] constexpr std::optional<std::uint64_t> max_attempts(const Parts&... parts) {
  const double most = detail::foresee(detail::no_matter, forever, parts...).attempts;
  return most < 0x1p63 ? std::optional{static_cast<std::uint64_t>(most)} : std::nullopt;
}

/// How long one call takes at most: its attempts, and all that it waits for.
///
/// \param parts As for `max_attempts`.
/// \return None: nothing bounds it. With a `Deadline` it is never more than that.
template <ForeseenPart... Parts>
[[nodiscard]] constexpr std::optional<Duration> worst_case_latency(const Parts&... parts) {
  const Duration longest = detail::foresee(detail::no_matter, forever, parts...).latency;
  return longest < forever ? std::optional{longest} : std::nullopt;
}

/// How many times the load of its callers a service that fails gets at most: trips for each call, over many calls.
///
/// \param parts As for `max_attempts`.
/// \return Not below 1; with a `RetryBudget` at most 1 + `per_call`. None: nothing bounds it.
template <ForeseenPart... Parts>
[[nodiscard]] constexpr std::optional<double> amplification(const Parts&... parts) {
  const double most = detail::foresee(detail::no_matter, forever, parts...).amplification;
  return most < WorstCase::unbounded ? std::optional{most} : std::nullopt;
}

/// Whether all attempts that the policies are set to make have the time to begin, when each takes as long as it may: for a
/// `static_assert`. `misfits` has the reasons.
///
/// \param parts As for `max_attempts`.
template <ForeseenPart... Parts>
[[nodiscard]] constexpr bool attempts_fit(const Parts&... parts) {
  bool all_fit = true;
  const auto note = [&all_fit](const Fit&) noexcept { all_fit = false; };
  static_cast<void>(detail::foresee(note, forever, parts...));
  return all_fit;
}

}  // namespace ductile::inline DUCTILE_VERSION
