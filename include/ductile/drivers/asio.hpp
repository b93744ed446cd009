// SPDX-License-Identifier: BSL-1.0
#pragma once

// `Pipeline::async_run` on Boost.Asio: what its arguments are, and the beginning of a call.
#include <ductile/core/call_options.hpp>       // CallOptions
#include <ductile/core/pipeline.hpp>           // AsyncDriver, Pipeline
#include <ductile/detail/asio_executor.hpp>    // NoExecutor, has_own_executor
#include <ductile/drivers/asio_operation.hpp>  // AsioFormOf, Moved
#include <ductile/drivers/detail/asio_call.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/is_executor.hpp>
#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

template <class E>
concept ExecutorLike = boost::asio::is_executor<E>::value || boost::asio::execution::is_executor<E>::value;
template <class E>
concept ContextLike = std::derived_from<E, boost::asio::execution_context>;

template <class Argument>
struct IsExecutor : std::bool_constant<ExecutorLike<std::remove_cvref_t<Argument>> || ContextLike<std::remove_cvref_t<Argument>>> {};
template <class Argument>
    struct IsAsioClock : std::bool_constant < requires(Argument& clock) {
  {
    clock.now()
  } noexcept -> std::same_as<Now>;
}>{};
template <class Argument>
struct IsAsioClassifier : std::bool_constant<!IsExecutor<Argument>::value && !IsAsioClock<Argument>::value && !OptionsArgument<Argument>> {
};

inline constexpr NoExecutor no_executor{};

template <class E>
auto executor_of(E& given) {
  if constexpr (ContextLike<std::remove_cvref_t<E>>)
    return given.get_executor();
  else
    return given;
}

template <class Operation>
struct UnwrappedOf {
  using type = Operation;
};
template <class Operation>
struct UnwrappedOf<Moved<Operation>> {
  using type = Operation;
};

template <class Operation>
decltype(auto) unwrapped(Operation&& operation) noexcept {
  return std::forward<Operation>(operation);
}
template <class Operation>
Operation&& unwrapped(Moved<Operation>&& moved) noexcept {
  return std::move(moved.operation);
}

template <class Handler, class Executor>
inline constexpr bool knows_executor = !std::is_same_v<Executor, NoExecutor> || has_own_executor<Handler>;

template <class Handler, class Executor>
consteval bool explain_executor() {
  constexpr bool is_known = knows_executor<Handler, Executor>;
  static_assert(
      is_known,
      "ductile E0133: the call knows no executor: its completion token has none; bind one to it, or give async_run an executor or "
      "an execution context after the operation (docs/rules/E0133.md)");
  return is_known;
}

// Who asks for the executor before there is a handler.
struct NoHandler {};

template <class T, class Operation, class Classifier, class C, class Executor>
struct AsioInitiation {
  using executor_type = Executor;

  // For adapters that wait beside the call, as `cancel_after` does.
  [[nodiscard]] executor_type get_executor() const noexcept {
    static_cast<void>(explain_executor<NoHandler, Executor>());
    return executor;
  }

  template <class Handler, class Body>
  void operator()(Handler&& handler, Body* body, Operation operation, Classifier classifier, C* clock, const CallOptions& options) const {
    using Kept = std::decay_t<Handler>;
    if constexpr (!explain_executor<Kept, Executor>()) {
      return;
    } else if constexpr (std::is_same_v<Executor, NoExecutor>) {
      using Own = boost::asio::associated_executor_t<Kept, Executor>;
      const Own own = boost::asio::associated_executor<Kept, Executor>::get(handler, executor);
      AsioCall<DrivenBody<Body>, Operation, T, Classifier, C, Own, Kept>::initiate(
          std::forward<Handler>(handler), driven(*body), std::move(operation), std::move(classifier), *clock, options, own);
    } else {
      AsioCall<DrivenBody<Body>, Operation, T, Classifier, C, Executor, Kept>::initiate(
          std::forward<Handler>(handler), driven(*body), std::move(operation), std::move(classifier), *clock, options, executor);
    }
  }

  Executor executor;
};

template <class>
inline constexpr bool is_awaitable = false;
template <class R, class Executor>
inline constexpr bool is_awaitable<boost::asio::awaitable<R, Executor>> = true;

// An aggregate or a closure with something to destroy, made in the very expression that awaits it: g++ 12 destroys it twice.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
template <class Given, class Token, class Signature>
inline constexpr bool destroyed_twice = [] {
  using Initiates = boost::asio::async_result<std::decay_t<Token>, Signature>;
  if constexpr (std::is_lvalue_reference_v<Given> || std::is_trivially_destructible_v<std::remove_cvref_t<Given>>)
    return false;
  else if constexpr (requires { typename Initiates::return_type; })  // a deferred operation has none
    return is_awaitable<typename Initiates::return_type>;
  else
    return false;
}();
#else
template <class Given, class Token, class Signature>
inline constexpr bool destroyed_twice = false;
#endif

template <class Token, class Signature, class... Given>
consteval bool explain_destroyed_twice() {
  constexpr bool once = !(destroyed_twice<Given, Token, Signature> || ...);
  static_assert(once,
                "ductile E0134: g++ 12 destroys twice what is made in a co_await expression; give the operation, the classifier or the "
                "request a name before, and hand over the name (moved(name) for an operation that cannot be copied) (docs/rules/E0134.md)");
  return once;
}

template <class Operation>
using AsioOperation = typename UnwrappedOf<std::decay_t<Operation>>::type;

template <class... Arguments>
using AsioClockAmong = std::remove_cvref_t<decltype(pick<IsAsioClock>(system_clock, std::declval<Arguments&>()...))>;
template <class... Arguments>
using AsioClassifierAmong = std::remove_cvref_t<decltype(pick<IsAsioClassifier>(no_classifier, std::declval<Arguments&>()...))>;

// A call refers to its clock.
template <class... Arguments>
inline constexpr bool clock_has_name =
    (!(IsAsioClock<std::remove_reference_t<Arguments>>::value && std::is_rvalue_reference_v<Arguments>) && ...);

// Executors and clocks have constructors, options nothing to destroy.
template <class Argument>
using OnlyClassifier = std::conditional_t<IsAsioClassifier<std::remove_reference_t<Argument>>::value, Argument, decltype((no_classifier))>;

template <class C>
concept HasAsioTimer = requires { typename AsioTimerOf<C, boost::asio::any_io_executor>::type; };

template <class>
inline constexpr bool may_complete_with_code = false;
template <class... Arguments>
inline constexpr bool may_complete_with_code<CompletesWith<Arguments...>> =
    (std::is_same_v<std::remove_cvref_t<Arguments>, boost::system::error_code> || ...);

template <class Classifier, class Form>
concept ClassifiesSomeOf = ClassifiesSome<Classifier, typename Form::Raw> ||
                           (may_complete_with_code<typename Form::Completion> && ErrorClassifier<Classifier, boost::system::error_code>);

// One question a branch, as for `run`. Without the token.
template <class Body, class Operation, class... Arguments>
consteval bool explain_async_run() {
  using Form = AsioFormOf<Untagged<AsioOperation<Operation>>>;
  constexpr bool has_form = Form::form != AsioForm::none;
  constexpr bool fits = how_many<IsExecutor, Arguments...> <= 1 && how_many<IsAsioClock, Arguments...> <= 1 &&
                        how_many<IsOptions, Arguments...> <= 1 && how_many<IsAsioClassifier, Arguments...> <= 1;
  if constexpr (!has_form) {
    static_assert(has_form,
                  "ductile E0132: async_run can do nothing with this operation; make it a coroutine (an awaitable from const Attempt& or "
                  "from nothing), a function of a completion token (and before it const Attempt&, if it likes), or blocking_on(executor, "
                  "function) (docs/rules/E0132.md)");
    return false;
  } else if constexpr (!fits) {
    static_assert(fits,
                  "ductile E0135: async_run takes at most one CallOptions, one executor or context, one classifier and one clock between "
                  "the operation and the token (docs/rules/E0135.md)");
    return false;
  } else if constexpr (!HasAsioTimer<AsioClockAmong<Arguments...>>) {
    static_assert(HasAsioTimer<AsioClockAmong<Arguments...>>,
                  "ductile E0136: this clock cannot wait on Boost.Asio; give async_run a SystemClock, a ScaledClock or, in a test, an "
                  "AsioVirtualClock, or give the clock a member template AsioTimer<Executor> (docs/rules/E0136.md)");
    return false;
  } else if constexpr (!clock_has_name<Arguments...>) {
    static_assert(clock_has_name<Arguments...>,
                  "ductile E0140: this clock would be gone before the call, which only refers to it; give it a name that outlives the "
                  "context, and async_run the name (docs/rules/E0140.md)");
    return false;
  } else if constexpr (!ClassifiesSomeOf<AsioClassifierAmong<Arguments...>, Form>) {
    static_assert(ClassifiesSomeOf<AsioClassifierAmong<Arguments...>, Form>,
                  "ductile E0137: an argument of async_run is no CallOptions, no executor or context and no clock, and as a classifier it "
                  "claims neither what the operation completes with nor exceptions; leave it out, or make it one of these "
                  "(docs/rules/E0137.md)");
    return false;
  } else if constexpr (Body::LayersType::hedged && Form::form == AsioForm::blocking) {
    static_assert(Form::form != AsioForm::blocking,
                  "ductile E0138: Hedge cannot end an attempt of blocking_on, so the call would last as long as the slowest; give it an "
                  "operation that can be cancelled, or leave Hedge out (docs/rules/E0138.md)");
    return false;
  } else {
    return explain_hedge<Body, AsioOperation<Operation>>();
  }
}

template <bool Valid, class... Elements>
struct AsyncDriver<PipelineBody<Valid, Elements...>> {
  using Body = PipelineBody<Valid, Elements...>;

  template <class Operation, class... Arguments>
    requires(sizeof...(Arguments) > 0)  // the token
  static auto run(Body& body, Operation&& operation, Arguments&&... arguments) {
    return explained(body, std::forward<Operation>(operation), std::forward_as_tuple(std::forward<Arguments>(arguments)...),
                     std::make_index_sequence<sizeof...(Arguments) - 1>{});
  }

 private:
  template <class Operation, class Given, std::size_t... Is>
  static auto explained(Body& body, Operation&& operation, Given given, std::index_sequence<Is...> all_but_the_token) {
    if constexpr (explain_async_run<Body, Operation, std::tuple_element_t<Is, Given>...>())
      return begin(body, std::forward<Operation>(operation), std::move(given), all_but_the_token);
    else
      return Anything{};
  }

  template <class Operation, class Given, std::size_t... Is>
  static auto begin(Body& body, Operation&& operation, Given given, std::index_sequence<Is...>) {
    using Token = std::tuple_element_t<sizeof...(Is), Given>;
    using Classifier = AsioClassifierAmong<std::tuple_element_t<Is, Given>...>;
    using Kept = AsioOperation<Operation>;
    using T = typename ValueOf<typename AsioFormOf<Untagged<Kept>>::Raw, Classifier>::type;
    using Signature = void(Result<T>);
    static_cast<void>(explain_destroyed_twice<Token, Signature, Operation, OnlyClassifier<std::tuple_element_t<Is, Given>>...>());
    auto& clock = pick<IsAsioClock>(system_clock, std::get<Is>(given)...);
    using C = std::remove_reference_t<decltype(clock)>;
    auto executor = executor_of(pick<IsExecutor>(no_executor, std::get<Is>(given)...));
    using Executor = std::remove_const_t<decltype(executor)>;
    return boost::asio::async_initiate<Token, Signature>(
        AsioInitiation<T, Kept, Classifier, C, Executor>{std::move(executor)}, std::get<sizeof...(Is)>(given), &body,
        Kept(unwrapped(std::forward<Operation>(operation))), Classifier(pick<IsAsioClassifier>(no_classifier, std::get<Is>(given)...)),
        &clock, CallOptions(pick<IsOptions>(no_options, std::get<Is>(given)...)));
  }
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
