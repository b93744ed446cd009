// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/ductile.hpp>

#include <cstddef>
#include <cstdlib>
#include <new>

// Every allocation of this program is counted; a test looks at how many its own thread made.

namespace {
thread_local std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace ductile;
using namespace std::chrono_literals;

namespace {

template <class Call>
std::size_t allocations_of(Call call) {
  const std::size_t before = allocations;
  call();
  return allocations - before;
}

}  // namespace

TEST_CASE("The count of allocations counts", "[core]") {
  CHECK(allocations_of([] { delete new int{7}; }) == 1);
}

TEST_CASE("A call whose first attempt succeeds allocates nothing", "[core]") {
  Pipeline pipeline{Deadline{2min},
                    FallbackChain{FallbackOptions{.targets = {{.name = "first"}, {.name = "second"}}}},
                    Retry{},
                    CircuitBreaker{},
                    QuotaTracker{QuotaOptions{.limits = {per_minute(1'000'000'000)}}},
                    AttemptTimeout{60s}};
  bool ok = true;
  CHECK(allocations_of([&] {
          for (int i = 0; i < 100; ++i) ok = ok && pipeline.run([&] { return i; }).has_value();
        }) == 0);
  CHECK(ok);
}

TEST_CASE("A call that recovers within eight attempts allocates nothing for its trail", "[core]") {
  VirtualClock clock;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 8, .backoff = Constant{.wait = 0s}}}};
  int calls = 0;
  const auto eighth = [&]() -> Result<int> {
    if (++calls < 8) return Failure{Kind::overload};
    return 7;
  };
  CHECK(allocations_of([&] { static_cast<void>(pipeline.run(eighth, clock)); }) == 0);
  CHECK(calls == 8);
}
