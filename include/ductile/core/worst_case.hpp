// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/policy.hpp>  // Policy, Role, edits_deadline, edits_of, role_of
#include <ductile/detail/min_max.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

template <class P>
class WithState;

/// Whether the attempts that a policy is set to make have the time to begin, when all take as long as they may. Made by one that makes
/// several. All words are literals.
struct Fit {
  std::string_view policy{};  ///< "Retry".
  std::string_view parts{};   ///< What it has several of: "attempts".
  std::uint32_t wanted = 0;   ///< How many it is set to make.
  std::uint32_t begun = 0;    ///< How many of them begin before the deadline.
  Duration each{};            ///< How long one may take; zero: nothing says, and it counts as no time.
  Duration waits{};           ///< What its own waits between them come to, at their longest.
  Duration deadline{};        ///< What the call has.
  std::string_view cure{};    ///< What to change: "raise the deadline, or lower attempts".

  [[nodiscard]] constexpr bool all_begin() const noexcept { return begun >= wanted; }
};

/// What one entry into a pipeline can cost at worst, from one of its layers inwards.
///
/// It rests on the numbers of the policies, and on what everything in ductile rests on: that an attempt ends by its deadline. A policy that
/// changes it has a member `WorstCase worst_case(const WorstCase& inside) const noexcept`, which makes of the worst case of what stands
/// inside that of its own layer; one without leaves it as it is.
struct WorstCase {
  std::optional<std::uint32_t> attempts = std::uint32_t{1};  ///< Most trips through the transport; none: nothing bounds their number.
  std::optional<double> amplification = 1.0;  ///< Trips for each entry, over many of them that all fail; none: nothing bounds them.
  std::optional<double> per_attempt = 1.0;    ///< The same of one attempt: more than 1 where the operation is a pipeline again.
  std::optional<Duration> latency{};          ///< How long it takes at most; none: nothing bounds it.
  std::optional<Duration> attempt{};          ///< How long one trip takes at most; none: nothing bounds it.
  std::optional<Duration> deadline{};         ///< What the layers outside leave it at most; none: they set no end. Theirs to say.
  Fit fit{};                                  ///< Of the layer's own attempts.

  /// The same, bounded by an end that every attempt inside heeds.
  [[nodiscard]] constexpr WorstCase within(Duration limit) const noexcept {
    WorstCase bounded = *this;
    bounded.latency = detail::min(latency.value_or(limit), limit);
    bounded.attempt = detail::min(attempt.value_or(limit), limit);
    return bounded;
  }

  /// The same after a wait. \param longest None: nothing bounds it.
  [[nodiscard]] constexpr WorstCase after(std::optional<Duration> longest) const noexcept {
    WorstCase later = *this;
    later.latency = std::optional<Duration>{};  // for clang, with libstdc++ 12, what `reset` leaves is no constant
    if (longest && latency && *longest <= Duration::max() - *latency) later.latency = *latency + *longest;
    return later;
  }

  /// So many entries, one after the other. What no type can hold is as good as unbounded: 292 years.
  /// \param entries None: nothing bounds them.
  [[nodiscard]] constexpr WorstCase times(std::optional<std::uint32_t> entries) const noexcept {
    WorstCase all = *this;
    all.attempts = std::optional<std::uint32_t>{};
    all.amplification = std::optional<double>{};
    all.latency = std::optional<Duration>{};
    if (!entries) return all;
    const std::uint32_t number = detail::max(*entries, std::uint32_t{1});
    if (attempts && *attempts <= std::numeric_limits<std::uint32_t>::max() / number) all.attempts = *attempts * *entries;
    if (amplification) all.amplification = *amplification * *entries;
    if (latency && latency->count() <= Duration::max().count() / number) all.latency = Duration{latency->count() * *entries};
    return all;
  }
};

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
constexpr std::optional<Duration> left_inside(const P& policy, std::optional<Duration> left) noexcept {
  if constexpr ((edits_of<P>() & edits_deadline) != 0 && requires { Duration{policy.limit()}; }) {
    const Duration limit = policy.limit();
    return detail::min(left.value_or(limit), limit);
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
    return makes_trips ? inside.times(std::nullopt) : inside;
  }
}

// From the outermost part inwards, which tells each layer what it has, and back, which tells what it costs.
template <class OnMisfit>
constexpr WorstCase foresee(const OnMisfit&, std::optional<Duration>) noexcept {
  return {};
}
template <class OnMisfit, class Part, class... Rest>
constexpr WorstCase foresee(const OnMisfit& on_misfit, std::optional<Duration> left, const Part& part, const Rest&... rest) {
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
[[nodiscard]] constexpr std::optional<std::uint32_t> max_attempts(const Parts&... parts) {
  return detail::foresee(detail::no_matter, std::nullopt, parts...).attempts;
}

/// How long one call takes at most: its attempts, and all that it waits for.
///
/// \param parts As for `max_attempts`.
/// \return None: nothing bounds it. With a `Deadline` it is never more than that.
template <ForeseenPart... Parts>
[[nodiscard]] constexpr std::optional<Duration> worst_case_latency(const Parts&... parts) {
  return detail::foresee(detail::no_matter, std::nullopt, parts...).latency;
}

/// How many times the load of its callers a service that fails gets at most: trips for each call, over many calls.
///
/// \param parts As for `max_attempts`.
/// \return Not below 1; with a `RetryBudget` at most 1 + `per_call`. None: nothing bounds it.
template <ForeseenPart... Parts>
[[nodiscard]] constexpr std::optional<double> amplification(const Parts&... parts) {
  return detail::foresee(detail::no_matter, std::nullopt, parts...).amplification;
}

/// Whether all attempts that the policies are set to make have the time to begin, when each takes as long as it may: for a
/// `static_assert`. `misfits` has the reasons.
///
/// \param parts As for `max_attempts`.
template <ForeseenPart... Parts>
[[nodiscard]] constexpr bool attempts_fit(const Parts&... parts) {
  bool all_fit = true;
  const auto note = [&all_fit](const Fit&) noexcept { all_fit = false; };
  static_cast<void>(detail::foresee(note, std::nullopt, parts...));
  return all_fit;
}

}  // namespace ductile::inline DUCTILE_VERSION
