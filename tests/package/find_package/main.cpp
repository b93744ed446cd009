// SPDX-License-Identifier: BSL-1.0
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>

int main() {
  using namespace std::chrono_literals;
  ductile::Pipeline pipeline{ductile::Deadline{1min}, ductile::Retry{ductile::RetryOptions{.attempts = 3}}};
  const ductile::Result<int> answer = pipeline.run([] { return 42; });
  if (!answer) std::cerr << answer.error() << '\n';
  return answer && answer.value() == 42 ? 0 : 1;
}
