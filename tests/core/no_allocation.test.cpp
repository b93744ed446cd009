// SPDX-License-Identifier: BSL-1.0
#include "../support/allocations.hpp"
#include "../support/catch.hpp"

#include <ductile/ductile.hpp>

#include <cstdint>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

template <class Call>
std::uint64_t allocations_of(Call call) {
  const std::uint64_t before = ductile_test::allocations();
  call();
  return ductile_test::allocations() - before;
}

}  // namespace

TEST_CASE("The count of allocations counts", "[core]") {
  CHECK(allocations_of([] { ::operator delete(::operator new(16)); }) == 1);  // not a new-expression, which may be optimised away
}

TEST_CASE("A call whose first attempt succeeds allocates nothing", "[core]") {
  Pipeline pipeline{Deadline{2min},
                    RetryBudget{},
                    FallbackChain{FallbackOptions{.targets = {{.name = "first"}, {.name = "second"}}}},
                    Retry{},
                    Bulkhead{},
                    CircuitBreaker{},
                    QuotaTracker{QuotaOptions{.limits = {per_minute(1'000'000'000)}}},
                    AttemptTimeout{60s}};
  bool ok = true;
  CHECK(allocations_of([&] {
          for (int i = 0; i < 100; ++i) ok = ok && pipeline.run([&] { return i; }).has_value();
        }) == 0);
  CHECK(ok);
}

TEST_CASE("A call that recovers within five attempts allocates nothing for its trail", "[core]") {
  VirtualClock clock;
  Pipeline pipeline{Retry{RetryOptions{.backoff = Constant{.wait = 0s}}}};
  int calls = 0;
  const auto fifth = [&]() -> Result<int> {
    if (++calls < 5) return Failure{Kind::overload};
    return 7;
  };
  CHECK(allocations_of([&] { static_cast<void>(pipeline.run(fifth, clock)); }) == 0);
  CHECK(calls == 5);
}
