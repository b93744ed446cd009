// SPDX-License-Identifier: BSL-1.0
//
// A policy of your own, beside the library's: no more than so many attempts at once.
#include <ductile/ductile.hpp>

#include <atomic>
#include <chrono>
#include <iostream>
#include <stdexcept>

using namespace std::chrono_literals;

// [policy]
class AtOnce {
 public:
  using State = std::atomic<int>;  // shared by all calls of a pipeline, which owns it

  explicit AtOnce(int most) : most_(most) {}

  ductile::Admission admit(State& running, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    if (running.fetch_add(1) < most_) return ductile::Admission::go();
    running.fetch_sub(1);
    return ductile::Admission::reject(ductile::Kind::bulkhead_full);
  }
  ductile::Reaction settle(State& running, ductile::NoCall&, ductile::Now, const ductile::Attempt&,
                           const ductile::Verdict&) const noexcept {
    running.fetch_sub(1);  // once for each admission, however the attempt ends
    return ductile::Reaction::pass();
  }

 private:
  int most_;
};
// [/policy]

// [worst_case]
// Lets each attempt wait for a while, so that a service that was just started is not asked too early.
class Patience {
 public:
  constexpr explicit Patience(ductile::Duration wait) : wait_(wait) {}

  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go_at(ductile::later(now(), wait_), ductile::Kind::deadline, ductile::WaitSource::none);
  }
  constexpr ductile::WorstCase worst_case(const ductile::WorstCase& inside) const noexcept { return inside.after(wait_); }

 private:
  ductile::Duration wait_;
};
static_assert(worst_case_latency(Patience{3s}, ductile::AttemptTimeout{20s}) == 23s);
// [/worst_case]

int main() {
  // [usage]
  ductile::Pipeline pipeline{ductile::Retry{ductile::RetryOptions{.attempts = 3, .backoff = ductile::Constant{1ms}}}, AtOnce{1}};
  // [/usage]

  // While one attempt is under way, another call is refused.
  int attempts = 0;
  const ductile::Result<ductile::Kind> second = pipeline.run([&]() -> ductile::Result<ductile::Kind> {
    if (++attempts == 1) return ductile::Failure{ductile::Kind::network};
    const ductile::Result<int> other = pipeline.run([] { return 1; });
    return other ? ductile::Kind::ok : other.error().kind();
  });

  // An operation that throws gives its place back too.
  bool thrown = false;
  try {
    static_cast<void>(pipeline.run([]() -> int { throw std::runtime_error{"broken"}; }));
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  const int running = pipeline.state<1>();

  ductile::VirtualClock clock;
  ductile::Pipeline patient{Patience{3s}};
  const bool waited = patient.run([] { return 1; }, clock) && clock.now()() == ductile::Time{3s};

  std::cout << "the call within was told " << ductile::name(second.value()) << ", and " << running
            << " attempts are under way at the end\n";
  return second.value() == ductile::Kind::bulkhead_full && attempts == 2 && thrown && running == 0 && waited ? 0 : 1;
}
