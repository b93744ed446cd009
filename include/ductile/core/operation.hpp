// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>           // Attempt
#include <ductile/core/error_classifier.hpp>  // ClaimsExceptions, ErrorClassifier, KnowsCost
#include <ductile/core/result.hpp>            // Result

#include <concepts>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

/// Whether an operation may be done again when its answer was lost (it may have been done already).
enum class Repetition : std::uint8_t {
  repeatable,  ///< Yes: doing it twice is harmless or affordable.
  never        ///< No: after a lost answer the call fails with the note `not_repeatable`.
};

/// An operation with its tag. Made by `repeatable` and `never_repeated`; an operation without a tag counts as repeatable.
template <class Operation, Repetition Tag>
struct Tagged {
  static constexpr Repetition repetition = Tag;
  Operation operation;
};

/// Tags an operation that may be done again when its answer was lost.
template <class Operation>
[[nodiscard]] constexpr Tagged<std::decay_t<Operation>, Repetition::repeatable> repeatable(Operation&& operation) {
  return {std::forward<Operation>(operation)};
}

/// Tags an operation that must not be done again when its answer was lost, such as a payment.
template <class Operation>
[[nodiscard]] constexpr Tagged<std::decay_t<Operation>, Repetition::never> never_repeated(Operation&& operation) {
  return {std::forward<Operation>(operation)};
}

namespace detail {

template <class>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;

template <class>
inline constexpr bool is_tagged = false;
template <class Operation, Repetition Tag>
inline constexpr bool is_tagged<Tagged<Operation, Tag>> = true;

template <class>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// std::expected, tl::expected, another outcome: whatever holds a value or an error.
template <class R>
concept ExpectedLike = requires(R& raw) {
  typename R::value_type;
  typename R::error_type;
  { raw.has_value() } -> std::convertible_to<bool>;
  { raw.value() };
  { raw.error() };
};

// The operation as it is called for each attempt: as an lvalue where it can be, so that a second attempt finds it unharmed.
template <class Operation>
constexpr decltype(auto) untagged(Operation& operation) noexcept {
  if constexpr (is_tagged<std::remove_const_t<Operation>>)
    return (operation.operation);
  else
    return (operation);
}

template <class Operation>
using Untagged = std::remove_reference_t<decltype(untagged(std::declval<Operation&>()))>;

template <class Operation>
inline constexpr Repetition repetition_of = Repetition::repeatable;
template <class Operation, Repetition Tag>
inline constexpr Repetition repetition_of<Tagged<Operation, Tag>> = Tag;

// As `std::invocable`, but for what is called by its name: a pointer to a member of Attempt is no operation.
template <class F, class... Arguments>
concept CalledWith =
    requires(F&& operation, Arguments&&... arguments) { std::forward<F>(operation)(std::forward<Arguments>(arguments)...); };

template <class F>
concept Callable = CalledWith<F&, const Attempt&> || CalledWith<F&> || CalledWith<F, const Attempt&> || CalledWith<F>;

template <class F>
constexpr decltype(auto) call(F& operation, const Attempt& attempt) {
  if constexpr (CalledWith<F&, const Attempt&>)
    return operation(attempt);
  else if constexpr (CalledWith<F&>)
    return operation();
  else if constexpr (CalledWith<F, const Attempt&>)
    return std::move(operation)(attempt);  // it can only be called as an rvalue: its author's choice
  else
    return std::move(operation)();
}

template <class F>
using CallResult = std::remove_cv_t<decltype(call(std::declval<F&>(), std::declval<const Attempt&>()))>;

// Whether a classifier has anything to do with an operation that returns R.
template <class Classifier, class R>
concept ClassifiesSome =
    std::same_as<Classifier, Unclassified> || ClaimsExceptions<Classifier> ||
    (!is_result<R> && (ErrorClassifier<Classifier, R> || (ExpectedLike<R> && ErrorClassifier<Classifier, typename R::error_type>)));

template <class R, class Classifier>
struct ValueOf {
  using type = R;
};
template <class T, class Classifier>
struct ValueOf<Result<T>, Classifier> {
  using type = T;
};
template <class T, class Classifier>
  requires(!ErrorClassifier<Classifier, std::optional<T>>)
struct ValueOf<std::optional<T>, Classifier> {
  using type = T;
};
template <class R, class Classifier>
  requires(ExpectedLike<R> && !is_result<R> && !is_optional<R> && !ErrorClassifier<Classifier, R>)
struct ValueOf<R, Classifier> {
  using type = typename R::value_type;
};

template <class Error, class Classifier>
Failure failure_from_error(Error&& error, const Classifier& classifier) {
  using Plain = std::remove_cvref_t<Error>;
  if constexpr (std::same_as<Plain, Failure>) {
    return std::forward<Error>(error);
  } else {
    Verdict verdict;
    if constexpr (ErrorClassifier<Classifier, Plain>) {
      verdict = classifier(static_cast<const Plain&>(error));
    } else {
      verdict.kind = Kind::other;
      verdict.remedy = Remedy::immediately;
      verdict.says = Says::operation;
    }
    return Failure{verdict, {}, {}, Cause::of(std::forward<Error>(error))};
  }
}

// A `Result<T>` from whatever the operation returned.
template <class T, class R, class Classifier>
Result<T> to_result(R&& raw, const Classifier& classifier) {
  using Plain = std::remove_cvref_t<R>;
  if constexpr (is_result<Plain>) {
    return std::forward<R>(raw);
  } else if constexpr (ErrorClassifier<Classifier, Plain>) {
    const Verdict verdict = classifier(static_cast<const Plain&>(raw));
    if (verdict.ok()) return Result<T>{BOOST_OUTCOME_V2_NAMESPACE::in_place_type<T>, std::forward<R>(raw)};
    return Failure{verdict, {}, {}, Cause::of(std::forward<R>(raw))};
  } else if constexpr (is_optional<Plain>) {
    if (raw) return Result<T>{BOOST_OUTCOME_V2_NAMESPACE::in_place_type<T>, *std::forward<R>(raw)};
    return Failure{Kind::other, Remedy::immediately, Says::operation, "no-value"};
  } else if constexpr (ExpectedLike<Plain>) {
    if (raw.has_value()) {
      if constexpr (std::is_void_v<T>)
        return BOOST_OUTCOME_V2_NAMESPACE::success();
      else
        return Result<T>{BOOST_OUTCOME_V2_NAMESPACE::in_place_type<T>, std::forward<R>(raw).value()};
    }
    return failure_from_error(std::forward<R>(raw).error(), classifier);
  } else {
    return Result<T>{BOOST_OUTCOME_V2_NAMESPACE::in_place_type<T>, std::forward<R>(raw)};
  }
}

template <class T, class F, class Classifier>
Result<T> attempt_unguarded(F& operation, const Attempt& attempt, const Classifier& classifier) {
  using R = CallResult<F>;
  if constexpr (std::is_void_v<R>) {
    call(operation, attempt);
    return BOOST_OUTCOME_V2_NAMESPACE::success();
  } else if constexpr (std::same_as<R, Result<T>>) {
    return call(operation, attempt);
  } else if constexpr (std::same_as<R, T> && !ErrorClassifier<Classifier, T> && !is_optional<T> && !ExpectedLike<T>) {
    return Result<T>{BOOST_OUTCOME_V2_NAMESPACE::in_place_type<T>, call(operation, attempt)};
  } else {
    return to_result<T>(call(operation, attempt), classifier);
  }
}

// One attempt: calls the operation and classifies what it gave. An exception that the classifier claims becomes a failure; another goes on.
template <class T, class F, class Classifier>
Result<T> make_attempt(F& operation, const Attempt& attempt, const Classifier& classifier) {
#if defined(__cpp_exceptions)
  if constexpr (ClaimsExceptions<Classifier>) {
    try {
      return attempt_unguarded<T>(operation, attempt, classifier);
    } catch (const std::bad_alloc&) {
      throw;  // a process without memory is no failure of the service, whatever a classifier thinks
    } catch (...) {
      std::exception_ptr thrown = std::current_exception();
      const std::optional<Verdict> verdict = classifier.thrown(thrown);
      if (!verdict) throw;
      return Failure{*verdict, {}, {}, Cause::of(std::move(thrown))};
    }
  } else
#endif
  {
    return attempt_unguarded<T>(operation, attempt, classifier);
  }
}

// What is known of an attempt that was ended by us, and whose answer, if there was one, counts as lost.
[[nodiscard]] inline Sent sent_without_answer(const Failure& failure) noexcept {
  const Sent said = failure.verdict().sent;
  return said == Sent::yes ? Sent::unknown : said;
}

// What becomes of an attempt whose answer is not there by its deadline.
[[nodiscard]] inline Failure lost_answer(Sent sent = Sent::unknown) {
  Verdict verdict;
  verdict.kind = Kind::timeout;
  verdict.remedy = default_remedy(Kind::timeout);
  verdict.says = Says::transport;
  verdict.sent = sent;
  verdict.billed = sent == Sent::no ? Billed::no : Billed::maybe;
  return Failure{verdict};
}

inline constexpr Verdict plain_success{.billed = Billed::yes};

// The verdict on a success: ok, with the cost where the value knows it; elsewhere a constant, which costs nothing to hand on.
template <class T>
[[gnu::always_inline]] inline const Verdict& verdict_on_success(const Result<T>&) noexcept {
  return plain_success;
}
template <class T>
  requires KnowsCost<T>
[[gnu::always_inline]] inline Verdict verdict_on_success(const Result<T>& result) noexcept {
  const Cost cost = result.assume_value().cost();
  Verdict verdict = plain_success;
  verdict.tokens = cost.tokens;
  verdict.images = cost.images;
  return verdict;
}

template <class T>
Verdict verdict_on(const Result<T>& result) noexcept {
  return result ? verdict_on_success(result) : result.assume_error().verdict();
}

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION
