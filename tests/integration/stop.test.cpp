// SPDX-License-Identifier: BSL-1.0

// With the computer's own clock: a stop request from another thread ends a wait of any length within 50 ms.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"

#include <ductile/drivers/blocking.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

struct Backoff {
  Reaction settle(NoState&, NoCall&, Now now, const Attempt&, const Verdict&) const noexcept {
    return Reaction::again_at(now() + 1h, WaitSource::backoff);
  }
};

struct Reserve {
  Admission admit(NoState&, NoCall&, Now now, const Attempt&) const noexcept {
    return Admission::go_at(now() + 1h, Kind::quota, WaitSource::quota);
  }
};

class SilentGate final : public Gate {
 public:
  void enter(Waiter&) noexcept override { occupied = true; }
  bool leave(Waiter&) noexcept override {
    occupied = false;
    return true;
  }
  bool occupied = false;
};

// Whatever a signal handler can set.
struct Flag {
  const std::atomic<bool>* set;
  [[nodiscard]] bool stop_requested() const { return *set; }
};

// A busy machine may stop this process for a while: the wait is right when one of five tries is in time.
template <class Try>
bool within_50_ms(Try overrun) {
  for (int tries = 0; tries < 5; ++tries)
    if (overrun() <= 50ms) return true;
  return false;
}

// How long a wait that another thread stops goes on after the request.
Duration overrun(const std::function<Result<int>()>& run, const std::function<void()>& stop) {
  std::atomic<std::int64_t> requested{0};
  std::jthread stopper{[&] {
    std::this_thread::sleep_for(60ms);  // the wait has begun, and looked at its token more than once
    requested = Now{}().time_since_epoch().count();
    stop();
  }};
  const Result<int> result = run();
  const Duration over = Now{}().time_since_epoch() - Duration{requested.load()};
  CHECK(result.error().kind() == Kind::cancelled);
  CHECK(requested != 0);
  return over;
}

Result<int> overloaded() { return Failure{Kind::overload}; }

}  // namespace

TEST_CASE("A stop request ends an hour's backoff within 50 ms", "[integration]") {
  Pipeline pipeline{CountingPolicy{}, Backoff{}, CountingPolicy{}};
  CHECK(within_50_ms([&] {
    std::stop_source source;
    return overrun([&] { return pipeline.run(overloaded, source.get_token()); }, [&] { source.request_stop(); });
  }));
  CHECK(Ledger::global().fault().empty());
}

TEST_CASE("A stop request ends an hour's wait that holds a reservation within 50 ms", "[integration]") {
  Pipeline pipeline{CountingPolicy{}, Reserve{}, CountingPolicy{}};
  CHECK(within_50_ms([&] {
    std::stop_source source;
    return overrun([&] { return pipeline.run(overloaded, source.get_token()); }, [&] { source.request_stop(); });
  }));
  CHECK(Ledger::global().fault().empty());
}

TEST_CASE("A flag ends an hour's wait at a gate within 50 ms", "[integration]") {
  SilentGate gate;
  Pipeline pipeline{CountingPolicy{}, CountingPolicy{Admission::wait(gate, Kind::bulkhead_full)}};
  CHECK(within_50_ms([&] {
    std::atomic<bool> flag{false};
    return overrun([&] { return pipeline.run(overloaded, Flag{&flag}, CallOptions{.deadline = 1h}); }, [&] { flag = true; });
  }));
  CHECK_FALSE(gate.occupied);
  CHECK(Ledger::global().fault().empty());
}
