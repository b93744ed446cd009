// SPDX-License-Identifier: BSL-1.0

// What a call on Boost.Asio takes that succeeds at once, for benchmarks/peer_rows: the operation on its own, and through a pipeline; each
// with a run of the context. Not in ductile.cpp, for the reason that ductile_hold.cpp gives.
#include "measure.hpp"

#include <ductile/drivers/asio.hpp>
#include <ductile/ductile.hpp>

#include <boost/asio.hpp>

using namespace ductile;
namespace asio = boost::asio;

namespace {

struct Completes {
  template <class Token>
  auto operator()(const Attempt&, Token&& token) const {
    return asio::async_initiate<Token, void(Result<int>)>(
        [](auto handler) { asio::post(asio::append(std::move(handler), Result<int>{measure::operation()})); }, token);
  }
};

void keep(const Result<int>& result) { measure::keep(result.assume_value()); }

}  // namespace

int main() {
  measure::call("c++", "bare", [] { measure::keep(measure::operation()); });
  asio::io_context context{1};
  const asio::steady_timer reactor{context};  // the first timer or socket makes the context ask the system for events between steps
  const auto run = [&context] {
    context.restart();
    context.run();
  };
  measure::call("asio", "k async_initiate", [&] {
    Completes{}(Attempt{}, asio::bind_executor(context, keep));
    run();
  });
  Pipeline pipeline{Retry{}, CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(5)}}};
  measure::call("ductile", "k async_run, breaker+retry", [&] {
    pipeline.async_run(Completes{}, context, keep);
    run();
  });
}
