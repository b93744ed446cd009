// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/system_executor.hpp>

#include <type_traits>

// The executors of a future's handler and of an `any_completion_handler`. What defines them weighs on a compiler, and few calls end in
// these.
namespace boost::asio {
class any_completion_executor;
namespace detail {
template <typename, typename>
class promise_executor;
}
}  // namespace boost::asio

namespace ductile::inline DUCTILE_VERSION::detail {

// Where a handler has no executor of its own.
struct NoExecutor {};

// Those that say nothing of where a call is to run: the system's runs it on threads that nobody started, and a future's is the system's.
template <class Executor>
inline constexpr bool says_nothing = std::is_same_v<Executor, NoExecutor>;
template <class... Properties>
inline constexpr bool says_nothing<boost::asio::basic_system_executor<Properties...>> = true;
template <class T, class Blocking>
inline constexpr bool says_nothing<boost::asio::detail::promise_executor<T, Blocking>> = true;

// Of the handler and not of its token: `as_tuple` and every other adapter hand on what the handler inside them has. What is in an
// `any_completion_handler` may have one, which only the run time knows.
template <class Handler>
inline constexpr bool may_have_own_executor = !says_nothing<boost::asio::associated_executor_t<Handler, NoExecutor>>;
template <class Handler>
inline constexpr bool has_own_executor =
    may_have_own_executor<Handler> &&
    !std::is_same_v<boost::asio::associated_executor_t<Handler, NoExecutor>, boost::asio::any_completion_executor>;

}  // namespace ductile::inline DUCTILE_VERSION::detail
