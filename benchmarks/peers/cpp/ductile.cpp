// SPDX-License-Identifier: BSL-1.0

// ductile's rows, for benchmarks/peer_rows.
#include "measure.hpp"

#include <ductile/ductile.hpp>

using namespace ductile;
using namespace std::chrono_literals;
using measure::keep;
using measure::operation;

namespace {

constexpr std::int32_t unreached = 1'000'000'000;
const RetryOptions retry{.attempts = 5, .backoff = Exponential{}};
const CircuitBreakerOptions breaker{.trip = consecutive(5)};

[[gnu::noipa]] Result<int> fails_twice() {
  thread_local unsigned calls = 0;
  if (++calls % 3 != 0) return Failure{Kind::internal};
  return operation();
}

}  // namespace

int main() {
  using measure::call;
  call("c++", "bare", [] { keep(operation()); });

  Pipeline b{Retry{retry}};
  Pipeline alone{CircuitBreaker{breaker}};
  Pipeline c{Retry{retry}, CircuitBreaker{breaker}};
  Pipeline d{Retry{retry}, CircuitBreaker{breaker}, QuotaTracker{QuotaOptions{.limits = {per_minute(unreached)}}}};
  Pipeline e{Deadline{60s}, Retry{retry}, CircuitBreaker{breaker}, QuotaTracker{QuotaOptions{.limits = {per_minute(unreached)}}},
             AttemptTimeout{60s}};
  Pipeline f{Retry{RetryOptions{.attempts = 5, .backoff = Constant{0s}}}};
  Pipeline g{CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 24h}}};
  static_cast<void>(g.run([]() -> Result<int> { return Failure{Kind::internal}; }));

  const auto through = [](auto& pipeline) { return [&pipeline] { keep(pipeline.run([] { return operation(); }).assume_value()); }; };
  call("ductile", "b retry", through(b));
  call("ductile", "breaker alone", through(alone));
  call("ductile", "c breaker+retry", through(c));
  call("ductile", "d limiter+breaker+retry", through(d));
  call("ductile", "e timeout+limiter+breaker+retry", through(e));
  call("ductile", "f fails twice", [&] { keep(f.run([] { return fails_twice(); }).assume_value()); });
  call("ductile", "g open breaker", [&] { keep(g.run([] { return operation(); }).has_error()); });
  measure::shared("ductile", "c shared by 2 threads", through(c));
  measure::shared("ductile", "h shared by 2 threads", through(d));
}
