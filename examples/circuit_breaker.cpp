// SPDX-License-Identifier: BSL-1.0
//
// A service that is ill from 00:05 to 00:45, asked every second, in virtual time: what a breaker lets through, and when. Then the same
// breaker by hand, as for an announced maintenance.
#include <ductile/ductile.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

// Writes down each change, with the second at which it came.
struct Changes {
  std::vector<std::string> lines{};
  void on(const ductile::CircuitChanged& event) {
    const auto second = std::chrono::floor<std::chrono::seconds>(event.at.time_since_epoch()).count();
    const auto digits = [](auto number) { return std::string{number < 10 ? "0" : ""} + std::to_string(number); };
    lines.push_back(digits(second / 60) + ":" + digits(second % 60) + " " + name(event.what));
    std::cout << lines.back() << '\n';
  }
};

}  // namespace

int main() {
  Changes changes;
  // [usage]
  ductile::Pipeline pipeline{ductile::Observe{changes},
                             ductile::CircuitBreaker{ductile::CircuitBreakerOptions{
                                 .trip = ductile::either(ductile::consecutive(3), ductile::slow_calls(0.5, 20s)),  // whichever is first
                                 .open_for = 10s,
                                 .longest_open = 60s}}};  // 10 s, then 20, 40, 60 as long as it stays ill
  // [/usage]

  ductile::VirtualClock clock;
  std::size_t asked = 0;
  std::size_t rejected = 0;
  const auto service = [&]() -> ductile::Result<int> {
    ++asked;
    const auto at = clock.now()().time_since_epoch();
    if (at >= 5s && at < 45s) return ductile::Failure{ductile::Kind::overload};
    return 7;
  };
  const auto ask = [&] {
    const auto result = pipeline.run(service, clock);
    const bool kept_out = !result && result.error().kind() == ductile::Kind::circuit_open;
    rejected += kept_out ? 1 : 0;
    return !kept_out;
  };
  for (int second = 0; second < 80; ++second) {
    ask();
    clock.advance(1s);
  }
  std::cout << asked << " calls, " << rejected << " rejected\n";

  // [by_hand]
  auto& state = pipeline.state<0>();
  state.isolate();  // rejects until further notice
  const bool out = ask();
  state.reset();  // closed, as new
  const bool back = ask();
  // [/by_hand]

  const std::vector<std::string> expected{"00:07 circuit_opened",      "00:17 circuit_half_opened", "00:17 circuit_opened",
                                          "00:37 circuit_half_opened", "00:37 circuit_opened",      "01:17 circuit_half_opened",
                                          "01:17 circuit_closed",      "01:20 circuit_isolated",    "01:20 circuit_closed"};
  return changes.lines == expected && !out && back ? 0 : 1;
}
