// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/call_options.hpp>  // CallOptions
#include <ductile/core/clock.hpp>         // Clock, SystemClock
#include <ductile/core/layers.hpp>        // Layers
#include <ductile/core/machine.hpp>       // Machine
#include <ductile/core/observer.hpp>      // Observe, Observers
#include <ductile/core/operation.hpp>     // Callable, ValueOf
#include <ductile/core/order.hpp>         // Allow, explain_order
#include <ductile/core/policy.hpp>        // explain_policy
#include <ductile/core/stop.hpp>          // NoStop, StopToken
#include <ductile/detail/calls_under_way.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

namespace detail {

template <class>
inline constexpr bool is_allow = false;
template <Rule Waived>
inline constexpr bool is_allow<Allow<Waived>> = true;

template <class>
inline constexpr bool is_observe = false;
template <class O>
inline constexpr bool is_observe<Observe<O>> = true;

template <class Element>
concept LayerElement = !is_allow<Element> && !is_observe<Element>;

template <class... Elements>
struct RolesAndRules {
  static constexpr std::array roles{role_of<typename LayerOf<Elements>::Policy>()..., Role::other};
  static constexpr std::array waived = [] {
    std::array<Rule, sizeof...(Elements) + 1> rules{};
    [[maybe_unused]] std::size_t index = 0;
    [[maybe_unused]] const auto add = [&]<class Element>(std::type_identity<Element>) {
      if constexpr (is_allow<Element>) rules[index++] = Element::rule;
    };
    (add(std::type_identity<Elements>{}), ...);
    return rules;
  }();
};

template <class Element>
consteval bool explain_element() {
  if constexpr (LayerElement<Element>)
    return explain_policy<typename LayerOf<Element>::Policy>();
  else if constexpr (is_observe<Element>)
    return explain_observer<typename Element::Observed>();
  else
    return true;
}

template <class... Elements>
consteval bool explain_pipeline() {
  if constexpr ((explain_element<Elements>() && ...))
    return explain_order<RolesAndRules<Elements...>>();
  else
    return false;
}

// The places of those that are chosen. By number, since tuples are what a pipeline costs most to compile.
template <bool... IsChosen>
consteval auto places_of() {
  constexpr auto places = [] {
    std::array<std::size_t, (std::size_t{0} + ... + (IsChosen ? 1 : 0))> found{};
    [[maybe_unused]] std::size_t next = 0;
    [[maybe_unused]] std::size_t place = 0;
    ((IsChosen ? static_cast<void>(found[next++] = place++) : static_cast<void>(place++)), ...);
    return found;
  }();
  return [&]<std::size_t... Is>(std::index_sequence<Is...>) {
    return std::index_sequence<places[Is]...>{};
  }(std::make_index_sequence<places.size()>{});
}

template <class Places, class... Elements>
struct Chosen;
template <std::size_t... Is, class... Elements>
struct Chosen<std::index_sequence<Is...>, Elements...> {
  template <template <class...> class Holder>
  using Into = Holder<std::tuple_element_t<Is, std::tuple<Elements...>>...>;

  template <class Made>
  static Made made_of(Elements&... elements) {
    [[maybe_unused]] const std::tuple<Elements&...> all{elements...};
    return Made(std::move(std::get<Is>(all))...);
  }
};

// What is known of a call when it is compiled: whether a lost answer may be repeated, and whether the caller gave options, so that a call
// without any need not ask whether a failure is forced.
struct Manner {
  Repetition repetition = Repetition::repeatable;
  bool has_options = false;
};

// The blocking driver; complete once <ductile/drivers/blocking.hpp> is included.
template <class T, class Body>
struct BlockingCall;

// The asynchronous driver, once <ductile/drivers/asio.hpp> is included.
template <class Body>
struct AsyncDriver {
  template <class... Arguments>
  static void run(Arguments&&...) {
    static_assert(!std::is_same_v<Body, Body>,
                  "ductile E0131: async_run needs Boost.Asio; include <ductile/drivers/asio.hpp> (docs/rules/E0131.md)");
  }
};

// What stands in for a result that was explained away: it may be used like one, so that one mistake gives one error. Nothing of it is
// ever defined, for the program does not compile anyway.
struct Anything {
  template <class T>
  operator T() const;
  Anything value() const;
  Anything assume_value() const;
  const Failure& error() const;
  const Failure& assume_error() const;
  bool has_value() const;
  bool has_error() const;
};

template <bool Valid, class... Elements>
class PipelineBody {
 public:
  template <class... Arguments>
  explicit PipelineBody(Arguments&&...) {}
  template <class... Arguments>
  Anything run(Arguments&&...) {
    return {};
  }
  template <class... Arguments>
  Anything async_run(Arguments&&...) {
    return {};
  }
};

template <class Argument>
concept ClockArgument = Clock<std::remove_reference_t<Argument>>;
template <class Argument>
concept StopArgument = StopToken<std::remove_cvref_t<Argument>>;
template <class Argument>
concept OptionsArgument = std::same_as<std::remove_cvref_t<Argument>, CallOptions>;

// The one argument of a pack that satisfies the predicate, else the default, which is a constant of the program.
template <template <class> class Is, class Default>
constexpr Default& pick(Default& otherwise) noexcept {
  return otherwise;  // NOLINT(bugprone-return-const-ref-from-parameter)
}
template <template <class> class Is, class Default, class First, class... Rest>
constexpr decltype(auto) pick(Default& otherwise, First& first, Rest&... rest) noexcept {
  if constexpr (Is<First>::value)
    return (first);
  else
    return pick<Is>(otherwise, rest...);
}
template <class Argument>
struct IsClock : std::bool_constant<ClockArgument<Argument>> {};
template <class Argument>
struct IsStop : std::bool_constant<StopArgument<Argument>> {};
template <class Argument>
struct IsOptions : std::bool_constant<OptionsArgument<Argument>> {};
template <class Argument>
struct IsClassifier : std::bool_constant<!ClockArgument<Argument> && !StopArgument<Argument> && !OptionsArgument<Argument>> {};

template <template <class> class Is, class... Arguments>
inline constexpr std::size_t how_many = (std::size_t{0} + ... + (Is<std::remove_reference_t<Arguments>>::value ? 1 : 0));

inline constexpr Unclassified no_classifier{};
inline constexpr SystemClock system_clock{};
inline constexpr NoStop no_stop{};
inline constexpr CallOptions no_options{};

template <class... Arguments>
using ClassifierAmong = std::remove_cvref_t<decltype(pick<IsClassifier>(no_classifier, std::declval<Arguments&>()...))>;

// One question a branch, as for policies.
template <class Operation, class... Arguments>
consteval bool explain_run() {
  using F = Untagged<Operation>;
  constexpr bool fits = how_many<IsClock, Arguments...> <= 1 && how_many<IsStop, Arguments...> <= 1 &&
                        how_many<IsOptions, Arguments...> <= 1 && how_many<IsClassifier, Arguments...> <= 1;
  if constexpr (!Callable<F>) {
    static_assert(
        Callable<F>,
        "ductile E0101: the operation can be called neither as operation() nor as operation(const Attempt&); give it one of these "
        "forms (docs/rules/E0101.md)");
    return false;
  } else if constexpr (!fits) {
    static_assert(fits,
                  "ductile E0108: run takes at most one CallOptions, one stop token, one classifier and one clock after the operation "
                  "(docs/rules/E0108.md)");
    return false;
  } else if constexpr (std::is_reference_v<CallResult<F>>) {
    static_assert(!std::is_reference_v<CallResult<F>>,
                  "ductile E0107: the operation returns a reference, which no Result can hold; return a value or a pointer "
                  "(docs/rules/E0107.md)");
    return false;
  } else if constexpr (std::same_as<typename ValueOf<CallResult<F>, ClassifierAmong<Arguments...>>::type, Failure>) {
    static_assert(!std::same_as<typename ValueOf<CallResult<F>, ClassifierAmong<Arguments...>>::type, Failure>,
                  "ductile E0113: the operation returns a Failure where its value should be, so it could never succeed; write its return "
                  "type as Result<T>, which holds a value or a Failure (docs/rules/E0113.md)");
    return false;
  } else if constexpr (!ClassifiesSome<ClassifierAmong<Arguments...>, CallResult<F>>) {
    static_assert(ClassifiesSome<ClassifierAmong<Arguments...>, CallResult<F>>,
                  "ductile E0112: an argument of run is no CallOptions, no stop token and no clock, and as a classifier it claims neither "
                  "what the operation returns nor exceptions; leave it out, or make it one of these (docs/rules/E0112.md)");
    return false;
  } else {
    return true;
  }
}

template <class... Elements>
class PipelineBody<true, Elements...> {
  using ChosenLayers = Chosen<decltype(places_of<LayerElement<Elements>...>()), Elements...>;
  using ChosenObservers = Chosen<decltype(places_of<is_observe<Elements>...>()), Elements...>;

 public:
  using LayersType = typename ChosenLayers::template Into<Layers>;
  using ObserversType = typename ChosenObservers::template Into<Observers>;

  explicit PipelineBody(Elements... elements)
      : layers_(ChosenLayers::template made_of<LayersType>(elements...)),
        observers_(ChosenObservers::template made_of<typename ChosenObservers::template Into<std::tuple>>(elements...)) {}

  /// Makes the operation resilient: attempts it, and does what the policies say, in this thread, until it succeeded or failed for good.
  ///
  /// \param operation Called as `operation()` or `operation(const Attempt&)` for each attempt, never copied or moved. It may return a plain
  ///   value, nothing, a `Result<T>`, an optional, an expected, or whatever the classifier knows; or throw.
  /// \param arguments In any order, each at most once: a `CallOptions`; a stop token; a classifier; a clock (by reference).
  /// \return The value, or the failure with its trail.
  ///
  /// Errors   What the operation throws and no classifier claims is thrown on as it was, after everything is settled.
  /// Threads  Any number of threads may run calls through one pipeline.
  /// Cost     When the first attempt succeeds: no allocation, no indirect call; see docs/performance.md.
  template <class Operation, class... Arguments>
  [[nodiscard]] auto run(Operation&& operation, Arguments&&... arguments) {
    if constexpr (LayersType::hedged) {
      static_assert(!LayersType::hedged || std::is_void_v<Operation>,
                    "ductile E0119: run makes one attempt at a time, and Hedge several side by side; call async_run, or leave Hedge out "
                    "(docs/rules/E0119.md)");
      return Anything{};
    } else if constexpr (explain_run<std::remove_reference_t<Operation>, std::remove_reference_t<Arguments>...>()) {
      using Classifier = ClassifierAmong<std::remove_reference_t<Arguments>...>;
      using T = typename ValueOf<CallResult<Untagged<std::remove_reference_t<Operation>>>, Classifier>::type;
      return BlockingCall<T, PipelineBody>::template run<Manner{repetition_of<std::remove_cvref_t<Operation>>,
                                                                (how_many<IsOptions, Arguments...> > 0)}>(
          *this, untagged(operation), pick<IsClassifier>(no_classifier, arguments...), pick<IsClock>(system_clock, arguments...),
          pick<IsStop>(no_stop, arguments...), pick<IsOptions>(no_options, arguments...));
    } else {
      return Anything{};
    }
  }

  /// `run` as an asynchronous operation of Boost.Asio. Needs <ductile/drivers/asio.hpp>; docs/asynchronous.md has the whole.
  ///
  /// \param operation A coroutine (an `awaitable` from `const Attempt&` or from nothing), a function of a completion token (and before it
  ///   `const Attempt&`), or `blocking_on(executor, function)`. The call keeps a copy.
  /// \param arguments In any order, each at most once: a `CallOptions`; a classifier; an executor or context, for handlers without one; a
  ///   clock (by reference: one with a name). Last, a completion token.
  ///
  /// Completes with  `void(Result<T>)`, never from inside this function.
  /// Errors          What an operation throws and no classifier claims is a failure with the id `exception` and the exception as its cause.
  /// Cancellation    Every kind ends the call: a wait at once, an attempt (which is cancelled as terminal) when it has ended.
  /// Threads         All steps run on the handler's executor, one at a time: a strand, or a context with one thread.
  /// Cost            One allocation from the handler's allocator for the call, and what Asio needs for a wait.
  template <class Operation, class... Arguments>
  auto async_run(Operation&& operation, Arguments&&... arguments) {
    return AsyncDriver<PipelineBody>::run(*this, std::forward<Operation>(operation), std::forward<Arguments>(arguments)...);
  }

  /// The shared state of the layer `I`, outermost 0, for `target`: to look at it, or to reset it by hand.
  template <std::size_t I>
  [[nodiscard]] auto& state(unsigned target = 0) noexcept {
    return layers_.template state<I>(target);
  }

  /// For drivers.
  [[nodiscard]] LayersType& layers() noexcept { return layers_; }
  /// For who looks at the policies: `max_attempts` and its like.
  [[nodiscard]] const LayersType& layers() const noexcept { return layers_; }
  /// For drivers.
  [[nodiscard]] ObserversType& observers() noexcept { return observers_; }
  /// For drivers whose calls outlive the function that begins them.
  [[nodiscard]] CallsUnderWay& calls() noexcept { return calls_; }

 private:
  LayersType layers_;
  [[no_unique_address]] ObserversType observers_;
  CallsUnderWay calls_;
};

}  // namespace detail

/// Policies combined at compile time, outermost first: `Pipeline{Deadline{2min}, Retry{options}, CircuitBreaker{options}}`.
///
/// Elements are policies, policies with a lent state (`with_state`), observers (`Observe{observer}`), and `Allow<Rule>{}`. A wrong order
/// does not compile. The pipeline owns the policies and the states that are not lent, and must outlive every call. It cannot be moved when
/// a state cannot (a function can still return one: `return Pipeline{...};`).
///
/// Threads  Any number of threads may run calls through one pipeline.
template <class... Elements>
class Pipeline : public detail::PipelineBody<detail::explain_pipeline<Elements...>(), Elements...> {
 public:
  explicit Pipeline(Elements... elements)
      : detail::PipelineBody<detail::explain_pipeline<Elements...>(), Elements...>(std::move(elements)...) {}
};

template <class... Elements>
Pipeline(Elements...) -> Pipeline<Elements...>;

}  // namespace ductile::inline DUCTILE_VERSION
