// SPDX-License-Identifier: BSL-1.0

// The physical limits: what the parts of a policy cost on this machine, and hand-written code that does each workload.
#include "measure.hpp"

#include <boost/outcome/result.hpp>

#include <x86intrin.h>
#include <ctime>
#include <functional>
#include <mutex>
#include <random>

namespace outcome = BOOST_OUTCOME_V2_NAMESPACE;
using namespace std::chrono_literals;
using measure::keep;
using measure::operation;

enum class Failure { none, transient, rejected };
using Result = outcome::basic_result<int, Failure, outcome::policy::all_narrow>;

[[gnu::noipa]] Result succeed() { return measure::source; }
[[gnu::noipa]] Result fail() { return measure::source == 7 ? Failure::transient : Failure::none; }
[[gnu::noipa]] int throwing() { throw Failure::transient; }
[[gnu::noipa]] Result fails_twice() {
  thread_local unsigned calls = 0;
  if (++calls % 3 != 0) return Failure::transient;
  return measure::source;
}

std::int64_t now() { return measure::Clock::now().time_since_epoch().count(); }

// A breaker by hand: one word of state on the happy path.
struct alignas(64) Breaker {
  std::atomic<bool> open{false};
  std::atomic<unsigned> failures{0};

  template <class Call>
  Result operator()(Call call) {
    if (open.load(std::memory_order_relaxed)) return Failure::rejected;
    Result result = call();
    if (result) {
      if (failures.load(std::memory_order_relaxed) != 0) failures.store(0, std::memory_order_relaxed);
    } else if (failures.fetch_add(1, std::memory_order_relaxed) + 1 >= 3) {
      open.store(true, std::memory_order_relaxed);
    }
    return result;
  }
};

// A token bucket by hand (GCRA): one clock read and one compare-and-swap a call.
struct alignas(64) Limiter {
  std::atomic<std::int64_t> next{0};

  bool admit(std::int64_t now, std::int64_t calls = 1) {
    constexpr std::int64_t interval = 1, burst = 1'000'000'000;
    std::int64_t at = next.load(std::memory_order_relaxed);
    for (;;) {
      std::int64_t const base = std::max(at, now);
      if (base - now > burst) return false;
      if (next.compare_exchange_weak(at, base + calls * interval, std::memory_order_relaxed)) return true;
    }
  }
};

// The same bucket, from which each thread takes permits for 64 calls at a time.
struct LeasedLimiter {
  Limiter bucket;

  bool admit() {
    constexpr int lease = 64;
    thread_local int left = 0;
    if (left == 0) {
      if (!bucket.admit(now(), lease)) return false;
      left = lease;
    }
    --left;
    return true;
  }
};

template <class Call>
Result retried(Call call) {
  for (unsigned attempt = 1;; ++attempt) {
    Result result = call();
    if (result || result.error() == Failure::rejected || attempt == 5) return result;
    if (measure::source == 0) std::this_thread::sleep_for(1s * (1 << attempt));
  }
}

int main() {
  using measure::call;
  call("c++", "bare", [] { keep(operation()); });
  call("c++", "bare, Boost.Outcome result", [] { keep(succeed()); });

  std::atomic<std::uint64_t> word{0};
  std::mutex mutex;
  std::function<int()> function = operation;
  timespec time{};
  call("floor", "atomic relaxed load", [&] { keep(word.load(std::memory_order_relaxed)); });
  call("floor", "atomic fetch_add", [&] { keep(word.fetch_add(1, std::memory_order_relaxed)); });
  call("floor", "atomic compare_exchange", [&] {
    auto old = word.load(std::memory_order_relaxed);
    keep(word.compare_exchange_strong(old, old + 1, std::memory_order_relaxed));
  });
  call("floor", "steady_clock::now", [] { keep(std::chrono::steady_clock::now()); });
  call("floor", "clock_gettime MONOTONIC_COARSE", [&] {
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    keep(time);
  });
  call("floor", "rdtsc", [] { keep(__rdtsc()); });
  call("floor", "mutex lock+unlock", [&] {
    std::lock_guard const lock{mutex};
    keep(word);
  });
  call("floor", "std::function call", [&] { keep(function()); });
  call("floor", "new+delete 64 bytes", [] {
    auto* memory = ::operator new(64);
    keep(memory);
    ::operator delete(memory);
  });
  call("floor", "mt19937_64 seeded from random_device", [] {
    std::mt19937_64 generator{std::random_device{}()};
    keep(generator());
  });
  call("floor", "failure as Boost.Outcome", [] { keep(fail().has_error()); });
  call("floor", "failure as throw+catch", [] {
    try {
      keep(throwing());
    } catch (Failure failure) {
      keep(failure);
    }
  });
  measure::shared("floor", "2 threads: fetch_add, one word", [&] { keep(word.fetch_add(1, std::memory_order_relaxed)); });
  measure::shared("floor", "2 threads: relaxed load, one word", [&] { keep(word.load(std::memory_order_relaxed)); });
  measure::shared("floor", "2 threads: one mutex", [&] {
    std::lock_guard const lock{mutex};
    keep(word);
  });

  Breaker breaker, open;
  open.open = true;
  Limiter limiter, coarse, ticking;
  LeasedLimiter leased;
  auto const guarded = [&] { return breaker(succeed); };
  auto const limited = [&] { return limiter.admit(now()) ? breaker(succeed) : Result{Failure::rejected}; };
  auto const all = [&] { keep(retried(limited).value()); };
  call("by hand", "b retry", [] { keep(retried(succeed).value()); });
  call("by hand", "breaker alone", [&] { keep(guarded().value()); });
  call("by hand", "c breaker+retry", [&] { keep(retried(guarded).value()); });
  call("by hand", "d limiter+breaker+retry", all);
  call("by hand", "d, coarse clock", [&] {
    keep(retried([&] {
           clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
           return coarse.admit(time.tv_sec * 1'000'000'000 + time.tv_nsec) ? breaker(succeed) : Result{Failure::rejected};
         }).value());
  });
  call("by hand", "d, rdtsc", [&] {
    keep(retried([&] {
           return ticking.admit(static_cast<std::int64_t>(__rdtsc())) ? breaker(succeed) : Result{Failure::rejected};
         }).value());
  });
  auto const lease = [&] { keep(retried([&] { return leased.admit() ? breaker(succeed) : Result{Failure::rejected}; }).value()); };
  call("by hand", "d, leases of 64 permits", lease);
  call("by hand", "e timeout+limiter+breaker+retry", [&] {
    auto const deadline = now() + 60'000'000'000;
    keep(retried([&] {
           auto const at = now();
           if (at >= deadline || !limiter.admit(at)) return Result{Failure::rejected};
           return breaker(succeed);
         }).value());
  });
  call("by hand", "f fails twice", [] { keep(retried(fails_twice).value()); });
  call("by hand", "g open breaker", [&] { keep(open(succeed).has_error()); });
  measure::shared("by hand", "c shared by 2 threads", [&] { keep(retried(guarded).value()); });
  measure::shared("by hand", "h shared by 2 threads", all);
  measure::shared("by hand", "h, leases of 64 permits", lease);
}
