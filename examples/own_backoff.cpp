// SPDX-License-Identifier: BSL-1.0
//
// A backoff of your own: a lambda, or a struct whose limits are checked like the library's own.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

// [struct]
// Waits that grow by the same step each time, spread over their upper half.
struct Linear {
  ductile::Duration step = 1s;

  ductile::Duration operator()(unsigned failures, ductile::Now now) const noexcept {
    const auto whole = static_cast<double>((failures * step).count());
    return ductile::Duration{static_cast<ductile::Duration::rep>(whole * (0.5 + 0.5 * now.uniform()))};
  }

  template <class Rules>  // optional: `Retry` asks, and refuses what is out of range
  constexpr void check(Rules& rules) const {
    rules.require(step > 0s && step <= 1h, "Linear: step must be above 0, up to 3600 s", std::chrono::duration<double>(step).count());
  }
};
// [/struct]

int main() {
  // [usage]
  ductile::Pipeline steady{ductile::Retry{ductile::RetryOptions{.attempts = 4, .backoff = Linear{.step = 2s}}}};
  ductile::Pipeline doubling{ductile::Retry{
      ductile::RetryOptions{.attempts = 4, .backoff = [](unsigned failures) { return ductile::Duration{100ms} * (1 << failures); }}}};
  // [/usage]

  ductile::VirtualClock clock;  // waits cost nothing, and last exactly as long as they say
  const auto down = []() -> ductile::Result<int> { return ductile::Failure{ductile::Kind::overload}; };
  const ductile::Result<int> first = steady.run(down, clock);
  const ductile::Duration waited = clock.now()().time_since_epoch();
  const ductile::Result<int> second = doubling.run(down, clock);
  const ductile::Duration doubled = clock.now()().time_since_epoch() - waited;

  bool refused = false;
  try {
    static_cast<void>(ductile::Retry{ductile::RetryOptions{.backoff = Linear{.step = 0s}}});
  } catch (const ductile::ConfigError& error) {
    std::cout << error.what() << '\n';
    refused = true;
  }
  std::cout << "waited " << waited / 1ms << " ms and " << doubled / 1ms << " ms\n";
  return !first && !second && waited >= 6s && waited < 12s && doubled == 1400ms && refused ? 0 : 1;
}
