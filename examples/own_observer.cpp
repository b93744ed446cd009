// SPDX-License-Identifier: BSL-1.0
//
// An observer of your own: counts and prints what happens. It has a function for each event that it wants, and no base class.
#include <ductile/ductile.hpp>

#include <atomic>
#include <iostream>

// [observer]
class Meter {
 public:
  void on(const ductile::AttemptEnded& event) {
    ++attempts_;
    std::cout << "attempt " << event.attempt.number << ": " << ductile::name(event.verdict.kind) << '\n';
  }
  void on(const ductile::WaitBegan& event) { waited_ += (event.until - event.at).count(); }
  void on(const ductile::OperationEnded& event) { std::cout << "call: " << ductile::name(event.outcome) << '\n'; }

  long attempts() const { return attempts_; }
  ductile::Duration waited() const { return ductile::Duration{waited_}; }

 private:
  std::atomic<long> attempts_{0};  // every thread that runs a call tells it
  std::atomic<ductile::Duration::rep> waited_{0};
};
// [/observer]

int main() {
  // [usage]
  Meter meter;  // outlives the pipeline
  ductile::Pipeline pipeline{ductile::Retry{}, ductile::Observe{meter}};
  // [/usage]

  ductile::VirtualClock clock;
  const auto call = [](const ductile::Attempt& attempt) -> ductile::Result<int> {
    if (attempt.number < 3) return ductile::Failure{ductile::Kind::internal};
    return 1;
  };
  const ductile::Result<int> result = pipeline.run(call, clock);
  return result && meter.attempts() == 3 && meter.waited() == clock.now()().time_since_epoch() ? 0 : 1;
}
