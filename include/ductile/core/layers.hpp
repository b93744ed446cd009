// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/policy.hpp>        // the questions
#include <ductile/core/quota_groups.hpp>  // QuotaGroups
#include <ductile/core/state.hpp>         // TargetStates, WithState, make_state

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

template <class P>
class OneState {
 public:
  OneState(const P& policy, const QuotaGroups&) : state_(make_state(policy, 0)) {}
  StateOf<P>& at(unsigned) noexcept { return state_; }

 private:
  StateOf<P> state_;  // not [[no_unique_address]]: an immovable state could not be built in place then
};

template <class P>
class StatePerTarget {
 public:
  StatePerTarget(const P& policy, const QuotaGroups& groups) : states_(policy, groups) {}
  StateOf<P>& at(unsigned target) noexcept { return states_[target]; }

 private:
  TargetStates<P> states_;
};

template <class Element>
struct LayerOf {
  using Policy = Element;
  static constexpr bool lent = false;
};
template <class P>
struct LayerOf<WithState<P>> {
  using Policy = P;
  static constexpr bool lent = true;
};

// Where a layer stands decides which state it has: one, or, inside a fallback chain, one for each target.
template <class Element, bool PerTarget>
class Layer {
 public:
  using Policy = typename LayerOf<Element>::Policy;
  static constexpr bool keeps_nothing = std::is_empty_v<StateOf<Policy>>;

  Layer(Element element, const QuotaGroups& groups) : element_(std::move(element)), state_(element_, groups) {}

  [[nodiscard]] const Policy& policy() const noexcept { return element_; }
  [[nodiscard]] StateOf<Policy>& state(unsigned target) noexcept { return state_.at(target); }

 private:
  using Kept = std::conditional_t<PerTarget && !keeps_nothing, StatePerTarget<Policy>, OneState<Policy>>;
  Element element_;
  [[no_unique_address]] Kept state_;
};

template <class P, bool PerTarget>
class Layer<WithState<P>, PerTarget> {
 public:
  using Policy = P;
  Layer(WithState<P> element, const QuotaGroups&) : element_(std::move(element)) {}

  [[nodiscard]] const P& policy() const noexcept { return element_.policy(); }
  [[nodiscard]] StateOf<P>& state(unsigned target) noexcept { return element_.state(target); }

 private:
  WithState<P> element_;
};

// Names one layer of the inheritance below, so that the same policy may stand twice.
template <std::size_t I, class Element, bool PerTarget>
class LayerAt : public Layer<Element, PerTarget> {
 public:
  using Layer<Element, PerTarget>::Layer;
};

template <class... Elements>
consteval std::size_t chain_position() {
  constexpr std::array<Role, sizeof...(Elements) + 1> roles{role_of<typename LayerOf<Elements>::Policy>()..., Role::other};
  for (std::size_t i = 0; i < sizeof...(Elements); ++i)
    if (roles[i] == Role::fallback) return i;
  return sizeof...(Elements);
}

template <class Indices, class... Elements>
class LayersBase;

template <std::size_t... Is, class... Elements>
class LayersBase<std::index_sequence<Is...>, Elements...> : public LayerAt<Is, Elements, (Is > chain_position<Elements...>())>... {
 public:
  LayersBase([[maybe_unused]] const QuotaGroups& groups, Elements&... elements)
      : LayerAt<Is, Elements, (Is > chain_position<Elements...>())>(std::move(elements), groups)... {}
};

// What admissions may change of an attempt.
struct Edit {
  Time deadline;
  Time start_by;
  std::uint8_t target;
  std::uint8_t revision;
};
[[gnu::always_inline]] inline Edit edit_of(const Attempt& attempt) noexcept {
  return {attempt.deadline, attempt.start_by, attempt.target, attempt.revision};
}
inline void apply(const Edit& edit, Attempt& attempt) noexcept {
  attempt.deadline = edit.deadline;
  attempt.start_by = edit.start_by;
  attempt.target = edit.target;
  attempt.revision = edit.revision;
}

// Which of a call's attempts reaches layer i, and last the operation: a layer that edits nothing lets in what reached it.
template <bool... Edits>
consteval std::array<std::uint8_t, sizeof...(Edits) + 1> attempts_reaching() {
  constexpr std::array<bool, sizeof...(Edits) + 1> edits{Edits..., false};
  std::array<std::uint8_t, sizeof...(Edits) + 1> reaching{};
  for (std::size_t i = 0; i < sizeof...(Edits); ++i) reaching[i + 1] = static_cast<std::uint8_t>(reaching[i] + (edits[i] ? 1 : 0));
  return reaching;
}

// The policies of a pipeline with their states, outermost first. Answers for each layer; has no control flow of its own.
template <class... Elements>
class Layers : private LayersBase<std::index_sequence_for<Elements...>, Elements...> {
  using Base = LayersBase<std::index_sequence_for<Elements...>, Elements...>;
  template <std::size_t I>
  using ElementAt = std::tuple_element_t<I, std::tuple<Elements...>>;
  template <std::size_t I>
  using At = LayerAt<I, ElementAt<I>, (I > chain_position<Elements...>())>;

 public:
  static constexpr std::size_t count = sizeof...(Elements);
  static constexpr bool races = false;      // their last one is no hedge; see drivers/detail/layers_part.hpp
  static constexpr bool is_branch = false;  // none stands outside

  template <std::size_t I>
  using PolicyAt = typename LayerOf<ElementAt<I>>::Policy;
  template <std::size_t I>
  using CallAt = CallOf<PolicyAt<I>>;
  using Calls = std::tuple<CallOf<typename LayerOf<Elements>::Policy>...>;

  static constexpr bool any_reads_time = (reads_time<typename LayerOf<Elements>::Policy>() || ...);
  static constexpr bool any_edits_deadline = (((edits_of<typename LayerOf<Elements>::Policy>() & edits_deadline) != 0) || ...);
  static constexpr bool any_reconsiders = (Reconsiders<typename LayerOf<Elements>::Policy> || ...);
  static constexpr bool chooses_targets = ((role_of<typename LayerOf<Elements>::Policy>() == Role::fallback) || ...);
  static constexpr bool hedged = ((role_of<typename LayerOf<Elements>::Policy>() == Role::hedge) || ...);
  static constexpr bool any_edits_target = (((edits_of<typename LayerOf<Elements>::Policy>() & edits_target) != 0) || ...);

  // The elements reach the bases by reference: moved into parameters, they could be empty before their targets are counted.
  explicit Layers(Elements... elements) : Base(groups_of(elements...), elements...) {}

  template <std::size_t I>
  [[nodiscard]] const PolicyAt<I>& policy() const noexcept {
    return static_cast<const At<I>&>(*this).policy();
  }

  template <std::size_t I>
  [[nodiscard]] StateOf<PolicyAt<I>>& state(unsigned target) noexcept {
    return static_cast<At<I>&>(*this).state(target);
  }

  // The attempt is the one that reaches the layer from outside.
  template <std::size_t I>
  [[nodiscard, gnu::always_inline]] Admission admit(CallAt<I>& call, Now now, const Attempt& attempt) noexcept {
    if constexpr (Admits<PolicyAt<I>>)
      return policy<I>().admit(state<I>(attempt.target), call, now, attempt);
    else
      return Admission::go();
  }

  // What the layer lets in, from what reached it and what it answered.
  template <std::size_t I>
  [[nodiscard, gnu::always_inline]] static Attempt edited(Attempt attempt, const Admission& admission) noexcept {
    constexpr unsigned edits = edits_of<PolicyAt<I>>();
    if constexpr ((edits & edits_deadline) != 0)
      if (admission.deadline() < attempt.deadline) attempt.deadline = admission.deadline();  // std::min keeps both in memory
    if constexpr ((edits & edits_start) != 0) attempt.start_by = admission.start_by();
    if constexpr ((edits & edits_target) != 0) attempt.come_to(admission.target());
    if constexpr ((edits & edits_revision) != 0) attempt.revision = admission.revision();
    return attempt;
  }

  // For these the attempt is the one that the layer let in; its state is found by the target of the attempt that reached it.
  template <std::size_t I>
  [[gnu::always_inline]] Reaction settle(CallAt<I>& call, Now now, unsigned target, const Attempt& attempt,
                                         const Verdict& verdict) noexcept {
    if constexpr (Settles<PolicyAt<I>>)
      return policy<I>().settle(state<I>(target), call, now, attempt, verdict);
    else
      return Reaction::pass();
  }

  template <std::size_t I>
  [[nodiscard]] bool extra(CallAt<I>& call, Now now, unsigned target, const Attempt& attempt, const Verdict& verdict) noexcept {
    if constexpr (AllowsExtra<PolicyAt<I>>)
      return policy<I>().extra(state<I>(target), call, now, attempt, verdict);
    else
      return true;
  }

  template <std::size_t I>
  [[nodiscard]] Admission granted(CallAt<I>& call, Now now, const Attempt& attempt, Grant grant, Kind why) noexcept {
    if constexpr (HearsGrants<PolicyAt<I>>) {
      return policy<I>().granted(state<I>(attempt.target), call, now, attempt, grant);
    } else {
      switch (grant.status) {
        case Grant::Status::granted: return Admission::go();
        case Grant::Status::later: return Admission::ask_at(grant.at, why, WaitSource::gate);
        case Grant::Status::failed: break;
      }
      return Admission::reject(why);
    }
  }

  template <std::size_t I>
  [[nodiscard]] bool still_holds(CallAt<I>& call, Now now, const Attempt& attempt) noexcept {
    if constexpr (Reconsiders<PolicyAt<I>>)
      return policy<I>().still_holds(state<I>(attempt.target), call, now, attempt);
    else
      return true;
  }

  static constexpr std::array<std::uint8_t, count + 1> reaching =
      attempts_reaching<(edits_of<typename LayerOf<Elements>::Policy>() != 0)...>();

  // Whether `settle` of this layer must be asked after a success.
  template <std::size_t I>
  static constexpr bool settles_success = Settles<PolicyAt<I>> && !settles_failures_only<PolicyAt<I>>();

  template <std::size_t I>
  static constexpr Role role = role_of<PolicyAt<I>>();

 private:
  // What the fallback chain, if there is one, says of its targets.
  static QuotaGroups groups_of(const Elements&... elements) {
    QuotaGroups groups{1};
    (look_at(elements, groups), ...);
    return groups;
  }
  template <class Element>
  static void look_at([[maybe_unused]] const Element& element, [[maybe_unused]] QuotaGroups& groups) {
    if constexpr (role_of<typename LayerOf<Element>::Policy>() == Role::fallback) {
      if constexpr (LayerOf<Element>::lent)
        groups = groups_in(element.policy());
      else
        groups = groups_in(element);
    }
  }
  template <class Chain>
  static QuotaGroups groups_in(const Chain& chain) {
    if constexpr (requires { QuotaGroups{chain.options().targets}; })
      return QuotaGroups{chain.options().targets};
    else
      return QuotaGroups{static_cast<unsigned>(chain.targets())};
  }
};

// Calls `function` with the index as a constant.
template <std::size_t Size, class Function>
[[gnu::always_inline]] inline decltype(auto) dispatch(std::size_t index, Function&& function) {
  static_assert(Size > 0);
  if constexpr (Size == 1) {
    return function(std::integral_constant<std::size_t, 0>{});
  } else {
    if (index == Size - 1) return function(std::integral_constant<std::size_t, Size - 1>{});
    return dispatch<Size - 1>(index, std::forward<Function>(function));
  }
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
