// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/layers.hpp>  // Admission, Attempt, Grant, Now, Reaction, Role, Verdict

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

enum class PartOfRace : std::uint8_t {
  trunk,  // the layers to the hedge, itself included: one entry for all branches
  branch  // those inside it: an entry for each branch
};

// Some of a pipeline's layers, as a machine sees them: the states are the pipeline's.
template <class Whole, std::size_t First, class Indices, PartOfRace Part>
class LayersPart;

template <class Whole, std::size_t First, std::size_t... Is, PartOfRace Part>
class LayersPart<Whole, First, std::index_sequence<Is...>, Part> {
 public:
  static constexpr std::size_t count = sizeof...(Is);
  static constexpr bool races = Part == PartOfRace::trunk;
  static constexpr bool is_branch = Part == PartOfRace::branch;

  template <std::size_t I>
  using PolicyAt = typename Whole::template PolicyAt<First + I>;
  template <std::size_t I>
  using CallAt = typename Whole::template CallAt<First + I>;
  using Calls = std::tuple<CallAt<Is>...>;

  template <std::size_t I>
  static constexpr Role role = Whole::template role<First + I>;

  // A race's attempt is the hedge's own: it ends as that of one of its branches.
  static constexpr std::array<std::uint8_t, count + 1> reaching =
      attempts_reaching<(Whole::reaching[First + Is + 1] != Whole::reaching[First + Is] || (races && Is + 1 == count))...>();

  static constexpr bool any_reads_time = true;  // a race does
  static constexpr bool any_reconsiders = (Reconsiders<PolicyAt<Is>> || ...);
  static constexpr bool chooses_targets = ((role<Is> == Role::fallback) || ...);

  explicit LayersPart(Whole& whole) noexcept : whole_(&whole) {}

  template <std::size_t I>
  [[nodiscard]] Admission admit(CallAt<I>& call, Now now, const Attempt& attempt) noexcept {
    return whole_->template admit<First + I>(call, now, attempt);
  }
  template <std::size_t I>
  [[nodiscard]] static Attempt edited(Attempt attempt, const Admission& admission) noexcept {
    return Whole::template edited<First + I>(attempt, admission);
  }
  template <std::size_t I>
  Reaction settle(CallAt<I>& call, Now now, unsigned target, const Attempt& attempt, const Verdict& verdict) noexcept {
    return whole_->template settle<First + I>(call, now, target, attempt, verdict);
  }
  template <std::size_t I>
  [[nodiscard]] bool extra(CallAt<I>& call, Now now, unsigned target, const Attempt& attempt, const Verdict& verdict) noexcept {
    return whole_->template extra<First + I>(call, now, target, attempt, verdict);
  }
  template <std::size_t I>
  [[nodiscard]] Admission granted(CallAt<I>& call, Now now, const Attempt& attempt, Grant grant, Kind why) noexcept {
    return whole_->template granted<First + I>(call, now, attempt, grant, why);
  }

  template <std::size_t I>
  [[nodiscard]] bool still_holds(CallAt<I>& call, Now now, const Attempt& attempt) noexcept {
    return whole_->template still_holds<First + I>(call, now, attempt);
  }

  // What the hedge, the trunk's last layer, says of a race to `target`.
  [[nodiscard]] std::optional<Beside> beside(unsigned target, const Attempt& latest) noexcept {
    return hedge().beside(whole_->template state<First + count - 1>(target), latest);
  }
  void learn(unsigned target, Duration took, bool overtaken) noexcept {
    hedge().learn(whole_->template state<First + count - 1>(target), took, overtaken);
  }

  // Where a hedge may go beside those that are taken, if a layer of the trunk knows.
  [[nodiscard]] std::optional<unsigned> another(const Calls& calls, Now now, const std::array<Attempt, reaching[count] + 1U>& attempts,
                                                TargetSet taken) noexcept {
    std::optional<unsigned> found;
    static_cast<void>(((found = another_of<Is>(std::get<Is>(calls), now, attempts[reaching[Is]], taken)).has_value() || ...));
    return found;
  }

  // Whether nothing more is tried after this failure.
  [[nodiscard]] bool stops(const Verdict& verdict) const noexcept {
    if constexpr ((Stops<PolicyAt<Is>> || ...))
      return (says_stop<Is>(verdict) || ...);
    else
      return verdict.remedy == Remedy::never || verdict.remedy == Remedy::after_prompt_change;
  }

 private:
  [[nodiscard]] const PolicyAt<count - 1>& hedge() const noexcept { return whole_->template policy<First + count - 1>(); }

  template <std::size_t I>
  [[nodiscard]] std::optional<unsigned> another_of(const CallAt<I>& call, Now now, const Attempt& attempt, TargetSet taken) noexcept {
    if constexpr (OffersTargets<PolicyAt<I>>)
      return whole_->template policy<First + I>().another(whole_->template state<First + I>(attempt.target), call, now, attempt, taken);
    else
      return std::nullopt;
  }

  template <std::size_t I>
  [[nodiscard]] bool says_stop(const Verdict& verdict) const noexcept {
    if constexpr (Stops<PolicyAt<I>>)
      return whole_->template policy<First + I>().stops(verdict);
    else
      return false;
  }

  Whole* whole_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
