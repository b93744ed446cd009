// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>    // Cause, Failure
#include <ductile/core/operation.hpp>  // CalledWith, ClaimsExceptions, ErrorClassifier, ValueOf, call, to_result

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

// What `async_run` takes for an operation, and what each form completes with.
namespace ductile::inline DUCTILE_VERSION {

/// A blocking operation, and the pool whose threads it may block. Made by `blocking_on`.
template <class Executor, class Operation>
class BlockingOn {
 public:
  BlockingOn(Executor threads, Operation function) : executor_(std::move(threads)), operation_(std::move(function)) {}

  [[nodiscard]] const Executor& executor() const noexcept { return executor_; }
  [[nodiscard]] Operation& operation() noexcept { return operation_; }

 private:
  Executor executor_;
  Operation operation_;
};

/// For `async_run`: each attempt calls `operation` as `run` would, in a thread of `executor`, such as that of a `thread_pool`.
///
/// The attempt cannot be cancelled: a call that is cancelled, or whose attempt is out of time, goes on when the operation has returned.
/// Threads  The pool goes before the context of the call: declare it after the context. To stop and join it is not enough, since what it
///          has not run refers to the context until the pool goes.
template <class Executor, class Operation>
[[nodiscard]] BlockingOn<Executor, std::decay_t<Operation>> blocking_on(Executor executor, Operation&& operation) {
  return {std::move(executor), std::forward<Operation>(operation)};
}

/// For `async_run` in a coroutine: moves a named operation that cannot be copied into the call.
template <class Operation>
struct Moved {
  Operation& operation;
};
template <class Operation>
[[nodiscard]] Moved<Operation> moved(Operation& operation) noexcept {
  return {operation};
}

namespace detail {

// What an operation completes with.
template <class... Arguments>
struct CompletesWith {};

// A completion token that is only asked what it would be given.
struct CompletionProbe {};

template <class>
struct RawOf {};
template <>
struct RawOf<CompletesWith<>> {
  using type = void;
};
template <class R>
struct RawOf<CompletesWith<R>> {
  using type = std::remove_cvref_t<R>;
};
template <class First, class Second, class... Rest>
struct RawOf<CompletesWith<First, Second, Rest...>> {
  using type = std::tuple<std::remove_cvref_t<First>, std::remove_cvref_t<Second>, std::remove_cvref_t<Rest>...>;
};
template <>
struct RawOf<CompletesWith<boost::system::error_code>> {
  using type = void;
};
template <>
struct RawOf<CompletesWith<std::exception_ptr>> {
  using type = void;
};
template <class First, class... Rest>
struct RawOf<CompletesWith<boost::system::error_code, First, Rest...>> : RawOf<CompletesWith<First, Rest...>> {};
template <class First, class... Rest>
struct RawOf<CompletesWith<std::exception_ptr, First, Rest...>> : RawOf<CompletesWith<First, Rest...>> {};

template <class F, class Token>
concept InitiatedByAttempt = CalledWith<F&, const Attempt&, Token>;
template <class F, class Token>
concept Initiated = InitiatedByAttempt<F, Token> || CalledWith<F&, Token>;

template <class F, class Token>
decltype(auto) initiate(F& operation, const Attempt& attempt, Token&& token) {
  if constexpr (InitiatedByAttempt<F, Token>)
    return operation(attempt, std::forward<Token>(token));
  else
    return operation(std::forward<Token>(token));
}

template <class>
struct AwaitedRaw {};
template <class R, class Executor>
struct AwaitedRaw<boost::asio::awaitable<R, Executor>> {
  using type = R;
};

enum class AsioForm : std::uint8_t { none, takes_token, coroutine, blocking };

template <AsioForm Form, class R, class With = CompletesWith<>>
struct AsioFormIs {
  static constexpr AsioForm form = Form;
  using Raw = R;            // what an attempt gives, before it is classified
  using Completion = With;  // the arguments of its completion, where it takes a token
};

// Asked one after the other: what takes a token of any type would not compile with an attempt for a token.
template <class F>
consteval auto asio_form() {
  if constexpr (Initiated<F, CompletionProbe>) {
    using Given = decltype(initiate(std::declval<F&>(), std::declval<const Attempt&>(), CompletionProbe{}));
    if constexpr (requires { typename RawOf<Given>::type; })
      return AsioFormIs<AsioForm::takes_token, typename RawOf<Given>::type, Given>{};
    else if constexpr (requires { typename AwaitedRaw<Given>::type; })
      return AsioFormIs<AsioForm::coroutine, typename AwaitedRaw<Given>::type>{};
    else
      return AsioFormIs<AsioForm::none, void>{};
  } else if constexpr (Callable<F>) {
    if constexpr (requires { typename AwaitedRaw<CallResult<F>>::type; })
      return AsioFormIs<AsioForm::coroutine, typename AwaitedRaw<CallResult<F>>::type>{};
    else
      return AsioFormIs<AsioForm::none, void>{};
  } else {
    return AsioFormIs<AsioForm::none, void>{};
  }
}

template <class F>
struct AsioFormOf : decltype(asio_form<F>()) {};
template <class Executor, class Operation>
struct AsioFormOf<BlockingOn<Executor, Operation>> : AsioFormIs<AsioForm::blocking, CallResult<Operation>> {};

// A process without memory is no failure of the service, whatever a classifier thinks.
inline bool is_bad_alloc(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

// What nobody claims ends the call: a completion has no way to throw. The exception is the failure's cause.
template <class Classifier>
Failure failure_from_exception(const Classifier& classifier, std::exception_ptr thrown) {
  Verdict verdict;
  verdict.kind = Kind::other;
  verdict.remedy = Remedy::never;
  verdict.says = Says::operation;
  verdict.id = "exception";
  if constexpr (ClaimsExceptions<Classifier>) {
    if (!is_bad_alloc(thrown))
      if (const std::optional<Verdict> claimed = classifier.thrown(thrown)) verdict = *claimed;
  }
  return Failure{verdict, {}, {}, Cause::of(std::move(thrown))};
}

[[nodiscard]] inline bool is_unclaimed_exception(const Failure& failure) noexcept {
  return failure.id() == FailureId{"exception"} && failure.cause().get<std::exception_ptr>() != nullptr;
}

template <class Classifier>
Failure failure_from_code(const Classifier& classifier, const boost::system::error_code& code) {
  if constexpr (ErrorClassifier<Classifier, boost::system::error_code>) {
    return Failure{classifier(code), {}, {}, Cause::of(code)};
  } else {
    Verdict verdict;
    verdict.kind = code == boost::asio::error::timed_out ? Kind::timeout : Kind::network;
    verdict.remedy = default_remedy(verdict.kind);
    verdict.says = Says::transport;
    return Failure{verdict, code.message(), {}, Cause::of(code)};
  }
}

// The code that an exception carries. By `use_awaitable` Asio's operations throw theirs into the coroutine that awaits them.
inline std::optional<boost::system::error_code> thrown_code(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code();
  } catch (...) {
    return std::nullopt;
  }
}

// What an operation throws that carries a code is as if it had completed with the code.
template <class Classifier>
Failure failure_from_operation(const Classifier& classifier, const std::exception_ptr& thrown) {
  Failure failure = failure_from_exception(classifier, thrown);
  if (!is_unclaimed_exception(failure)) return failure;
  const std::optional<boost::system::error_code> code = thrown_code(thrown);
  return code ? failure_from_code(classifier, *code) : failure;
}

// A `Result<T>` from whatever an operation completed with.
template <class T, class Classifier>
Result<T> completed_with(const Classifier&) {
  return BOOST_OUTCOME_V2_NAMESPACE::success();
}
template <class T, class Classifier, class First, class... Rest>
Result<T> completed_with(const Classifier& classifier, First&& first, Rest&&... rest) {
  using Plain = std::remove_cvref_t<First>;
  if constexpr (std::is_same_v<Plain, std::exception_ptr>) {
    if (first) return failure_from_operation(classifier, first);
    return completed_with<T>(classifier, std::forward<Rest>(rest)...);
  } else if constexpr (std::is_same_v<Plain, boost::system::error_code>) {
    if (first) return failure_from_code(classifier, first);
    return completed_with<T>(classifier, std::forward<Rest>(rest)...);
  } else if constexpr (sizeof...(Rest) == 0) {
    return to_result<T>(std::forward<First>(first), classifier);
  } else {
    return to_result<T>(std::tuple<Plain, std::remove_cvref_t<Rest>...>{std::forward<First>(first), std::forward<Rest>(rest)...},
                        classifier);
  }
}

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION

template <class... Arguments>
class boost::asio::async_result<ductile::detail::CompletionProbe, void(Arguments...)> {
 public:
  using return_type = ductile::detail::CompletesWith<std::decay_t<Arguments>...>;

  template <class Initiation, class... Given>
  static return_type initiate(Initiation&&, ductile::detail::CompletionProbe, Given&&...) {
    return {};
  }
};
