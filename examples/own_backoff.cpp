// SPDX-License-Identifier: BSL-1.0
//
// A backoff of your own: a lambda, or a struct whose limits are checked like the library's own.
#include <ductile/ductile.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>

using namespace std::chrono_literals;

// [struct]
// A list of waits, spread over their upper half; the last one counts from then on.
struct Schedule {
  std::array<ductile::Duration, 4> waits{1s, 10s, 1min, 5min};

  ductile::Duration operator()(unsigned failures, ductile::Now now) const noexcept {
    return ductile::jittered(waits[std::min<std::size_t>(failures, waits.size()) - 1], 0s, ductile::Jitter::equal, now);
  }

  constexpr ductile::WaitRange range(unsigned failures, ductile::WaitRange) const noexcept {  // optional: for `worst_case_latency`
    return ductile::jittered_range(waits[std::min<std::size_t>(failures, waits.size()) - 1], 0s, ductile::Jitter::equal);
  }

  template <class Rules>  // optional: `Retry` asks, and refuses what is out of range
  constexpr void check(Rules& rules) const {
    for (const ductile::Duration wait : waits)
      rules.require(wait >= 0s && wait <= 1h, "Schedule: waits must be from 0 to 3600 s", std::chrono::duration<double>(wait).count());
  }
};
// [/struct]

int main() {
  // [usage]
  ductile::Pipeline listed{ductile::Retry{ductile::RetryOptions{.attempts = 4, .backoff = Schedule{{2s, 10s, 1min, 5min}}}}};
  ductile::Pipeline growing{
      ductile::Retry{ductile::RetryOptions{.attempts = 4, .backoff = [](unsigned failures) { return failures * 1s; }}}};
  // [/usage]

  ductile::VirtualClock clock;  // waits cost nothing, and last exactly as long as they say
  const auto down = []() -> ductile::Result<int> { return ductile::Failure{ductile::Kind::overload}; };
  const ductile::Result<int> first = listed.run(down, clock);
  const ductile::Duration waited = clock.now()().time_since_epoch();
  const ductile::Result<int> second = growing.run(down, clock);
  const ductile::Duration grown = clock.now()().time_since_epoch() - waited;

  static_assert(worst_case_latency(ductile::Retry{ductile::RetryOptions{.attempts = 4, .backoff = Schedule{}, .longest_hint = 0s}},
                                   ductile::AttemptTimeout{10s}) == 4 * 10s + 1s + 10s + 1min);

  bool refused = false;
  try {
    static_cast<void>(ductile::Retry{ductile::RetryOptions{.backoff = Schedule{{-2s}}}});
  } catch (const ductile::ConfigError& error) {
    std::cout << error.what() << '\n';
    refused = true;
  }
  std::cout << "waited " << waited / 1ms << " ms and " << grown / 1ms << " ms\n";
  return !first && !second && waited >= 36s && waited < 72s && grown == 6s && refused ? 0 : 1;
}
