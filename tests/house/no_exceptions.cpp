// SPDX-License-Identifier: BSL-1.0
//
// The core in a build with -fno-exceptions and -fno-rtti: a call that recovers, run-time options that are refused as a value, and a
// constructor that tells the handler. No Catch2 here, which needs both.
#include <ductile/ductile.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

using namespace std::chrono_literals;

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::exit(1);
}

void is_told(const char* sentence) {
  require(std::string_view{sentence}.find("attempts") != std::string_view::npos, "the handler's sentence names the field");
  std::exit(0);
}

}  // namespace

int main() {
  ductile::VirtualClock clock;
  ductile::Pipeline pipeline{ductile::Deadline{2min}, ductile::Retry{ductile::RetryOptions{.attempts = 3}}, ductile::CircuitBreaker{}};

  int calls = 0;
  const auto third_time_lucky = [&]() -> ductile::Result<int> {
    if (++calls < 3) return ductile::Failure{ductile::Kind::overload};
    return 7;
  };
  const ductile::Result<int> recovered = pipeline.run(third_time_lucky, clock);
  require(recovered && recovered.value() == 7 && calls == 3, "the third attempt succeeds");

  const auto refused = ductile::make<ductile::Retry>(ductile::RetryOptions{.attempts = 0});
  require(!refused && refused.error().kind() == ductile::Kind::bad_request, "make answers attempts = 0 with a failure");

  ductile::set_config_error_handler(&is_told);
  (void)ductile::Retry{ductile::RetryOptions{.attempts = 0}};
  require(false, "the constructor refuses attempts = 0");
}
