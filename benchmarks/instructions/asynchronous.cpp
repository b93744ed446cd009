// SPDX-License-Identifier: BSL-1.0

// One call at a time of an operation that completes in the context's next step: on its own, and through a pipeline. In a unit of its own,
// since no other needs Asio. The hedge is planned and not needed.
#include <ductile/core/pipeline.hpp>
#include <ductile/drivers/asio.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/retry.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <utility>

int operation(int argument);

namespace {

using namespace ductile;
namespace asio = boost::asio;

struct Completes {
  int argument;

  template <class Token>
  auto operator()(const Attempt&, Token&& token) const {
    return asio::async_initiate<Token, void(Result<int>)>(
        [](auto handler, int argument) { asio::post(asio::append(std::move(handler), Result<int>{operation(argument)})); }, token,
        argument);
  }
};

const CircuitBreakerOptions breaker{.trip = consecutive(5)};

auto through(auto& pipeline) {
  return [&pipeline](const Completes& operation, asio::io_context& context, auto handler) {
    pipeline.async_run(repeatable(operation), context, std::move(handler));
  };
}

long run(auto start, long count) {
  asio::io_context context{1};
  const asio::steady_timer reactor{context};  // the first timer or socket makes the context ask the system for events between steps
  long sum = 0;
  for (long i = 0; i < count; ++i) {
    start(Completes{static_cast<int>(i)}, context, [&sum](Result<int> result) { sum += result.assume_value(); });
    context.restart();
    context.run();
  }
  return sum;
}

}  // namespace

long bare_asynchronous(long count) {
  return run([](const Completes& operation, asio::io_context& context,
                auto handler) { operation(Attempt{}, asio::bind_executor(context, std::move(handler))); },
             count);
}

long asynchronous(long count) {
  static Pipeline pipeline{Retry{}, CircuitBreaker{breaker}};
  return run(through(pipeline), count);
}

long asynchronous_hedged(long count) {
  static Pipeline pipeline{Retry{}, Hedge{}, CircuitBreaker{breaker}};
  return run(through(pipeline), count);
}
