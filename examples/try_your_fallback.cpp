// SPDX-License-Identifier: BSL-1.0
//
// Does the fallback work? A fallback that nobody has seen at work is a hope. Here single calls are told that a target fails, without
// an outage and without a request to it: each kind of failure, and what the program then gets.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

int main() {
  ductile::VirtualClock clock;
  std::string asked;
  const auto draw = [&asked](const ductile::Attempt& attempt) {  // stands for the program's own operation; it works
    asked.push_back(static_cast<char>('a' + attempt.target));
    return 7;
  };

  // [chain]
  ductile::FallbackOptions options;
  options.targets = {{.name = "best", .price = 0.13}, {.name = "other", .price = 0.03}, {.name = "luxury", .price = 0.50}};
  ductile::Pipeline pipeline{ductile::Deadline{10min}, ductile::FallbackChain{options}, ductile::Retry{}};
  // [/chain]

  // [usage]
  const auto when_first_fails_as = [&](ductile::Kind kind) {
    return pipeline.run(draw, ductile::CallOptions{.forced = {.targets = 0b001, .kind = kind}}, clock);
  };
  const auto spent = when_first_fails_as(ductile::Kind::quota);             // the other one draws it
  const auto withheld = when_first_fails_as(ductile::Kind::safety_output);  // nobody does: a refusal is not carried on
  const auto all = pipeline.run(draw, ductile::CallOptions{.forced = {.targets = 0b111, .kind = ductile::Kind::quota}}, clock);
  // [/usage]

  if (!spent || withheld || all) return 1;
  std::cout << "served by " << options.targets[ductile::served_by(spent)].name << ", since the first one said "
            << name(ductile::why_not_first(spent)) << '\n';
  for (const auto* failed : {&withheld, &all}) std::cout << failed->error() << '\n';
  // "luxury" is dearer than "best", so it was never asked.
  const bool right = asked == "b" && ductile::served_by(spent) == 1 && ductile::why_not_first(spent) == ductile::Kind::quota &&
                     withheld.error().kind() == ductile::Kind::safety_output && withheld.error().attempts() == 1 &&
                     all.error().attempts() == 2;
  return right ? 0 : 1;
}
