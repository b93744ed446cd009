// SPDX-License-Identifier: BSL-1.0
//
// The places of a recovery and the line before them, under relacy: a place that is given back, a new recovery and the end of one, each
// while somebody enters the line or is about to leave it. scripts/check_races builds and runs it, and once for each fault below. The one
// atomic is relaxed as it stands: what it guards has a lock.
//
// planted: policies/detail/ramp.hpp | if (era != era_) return; |
// planted: policies/detail/ramp.hpp | if (++era_ == 0) era_ = 1; |
// planted: policies/detail/ramp.hpp | if (!line_.remove(waiter)) return false; | line_.remove(waiter);
// planted: policies/detail/ramp.hpp | --waiting_; |
// planted: policies/detail/ramp.hpp | line_.remove(*first); |
// planted: policies/detail/ramp.hpp | in_flight_ = 0; |
// planted: policies/detail/ramp.hpp | let_in(); |
// planted: policies/detail/ramp.hpp | void enter(Waiter& waiter) noexcept override { | void enter(Waiter& waiter) noexcept override { if (waiting_ > 0 || !has_room()) return line_.add(waiter);
#include "watched_std.hpp"

#include <ductile/policies/detail/ramp.hpp>

namespace {

using namespace ductile;
using detail::Ramp;

constexpr Time now{Duration{1}};
constexpr Time later_on{Duration{1000}};

// One place at first; with `end` of them the recovery is over.
struct Service {
  explicit Service(double end) : ramp(Ramp::Slope{.begin = 1.0, .step = 1.0, .shrink = 0.5, .end = end, .calm = Duration{1'000'000}}) {}

  Ramp ramp;

  void falls_ill() { ramp.begin(now); }
  Ramp::Era hold() {
    const auto [place, era] = ramp.take(now, later_on);
    RL_ASSERT(place == Ramp::Place::taken);
    return era;
  }
  void end(Ramp::Era era, Ramp::End how = Ramp::End::neither) { ramp.give_back(era, how, Duration{1}, now); }

  // A call from its begin to its end, which may have to wait, and may not have the patience.
  void call(bool impatient) {
    const auto [place, era] = ramp.take(now, later_on);
    if (place == Ramp::Place::taken) return end(era);
    RL_ASSERT(place == Ramp::Place::in_line);
    BlockingWaiter waiter;
    ramp.enter(waiter);
    if (impatient && !waiter.wait_for(Duration{1}) && ramp.leave(waiter)) return;
    end(Ramp::era_of(waiter.wait()));
  }
};

template <class Scene, int Threads>
struct SceneOf : rl::test_suite<Scene, Threads> {
  explicit SceneOf(double end = 1e6) : service(end) {}

  Service service;
  Ramp::Era held = 0;

  void before() {
    service.falls_ill();
    held = service.hold();
  }
  void after() {
    RL_ASSERT(service.ramp.in_flight() == 0);
    RL_ASSERT(service.ramp.waiting() == 0);
  }
};

// A place is given back while who waits for it runs out of time.
struct OutOfTime : SceneOf<OutOfTime, 2> {
  void thread(unsigned index) {
    if (index == 0) return service.end(held);
    service.call(true);
  }
};

// A new recovery begins while the call of the old one still hangs, which is in nobody's way then.
struct FallsIllAnew : SceneOf<FallsIllAnew, 2> {
  void before() {
    SceneOf::before();
    service.end(held, Ramp::End::well);  // two places, and it is recovering
    held = service.hold();
    other = service.hold();
  }
  void thread(unsigned index) {
    if (index == 1) return service.call(false);
    service.falls_ill();
    service.end(held);
    service.end(other);
  }
  Ramp::Era other = 0;
};

// The same with one who has no patience.
struct FallsIllAndLeft : SceneOf<FallsIllAndLeft, 2> {
  void before() {
    SceneOf::before();
    service.end(held, Ramp::End::well);
    held = service.hold();
    other = service.hold();
  }
  void thread(unsigned index) {
    if (index == 1) return service.call(true);
    service.falls_ill();
    service.end(held);
    service.end(other);
  }
  Ramp::Era other = 0;
};

// The last success ends the recovery, and nobody is left in line, nor one who leaves it counted.
template <bool Impatient>
struct Recovers : SceneOf<Recovers<Impatient>, 2> {
  Recovers() : SceneOf<Recovers<Impatient>, 2>(2.0) {}
  void thread(unsigned index) {
    if (index == 0) return this->service.end(this->held, Ramp::End::well);
    this->service.call(Impatient);
  }
};

// One place goes through three hands.
struct AllServed : SceneOf<AllServed, 3> {
  void thread(unsigned index) {
    if (index == 0) return service.end(held);
    service.call(false);
  }
};

}  // namespace

int main(int count, char** arguments) {
  races::begin(count, arguments);
  const bool ok = races::holds_nearly<OutOfTime>("a place that is given back, and the deadline of who waits for it") &&
                  races::holds_nearly<FallsIllAnew>("a new recovery, and one who waits") &&
                  races::holds_nearly<FallsIllAndLeft>("a new recovery, and one who leaves") &&
                  races::holds_nearly<Recovers<false>>("the end of a recovery, and one who waits") &&
                  races::holds_nearly<Recovers<true>>("the end of a recovery, and one who leaves") &&
                  races::holds_nearly<AllServed>("one place for three");
  return ok ? 0 : 1;
}
