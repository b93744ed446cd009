// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/policies/circuit_breaker.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

// Random commands against the simplest thing that can be right: a breaker written as one would explain it, for one thread.

using namespace ductile;
using namespace std::chrono_literals;
using support::said;

namespace {

class Model {
 public:
  Model(unsigned failures, Duration open_for, Duration lease, unsigned probes, unsigned successes)
      : failures_(failures), open_for_(open_for), lease_(lease), probes_(probes), successes_(successes) {}

  enum class Answer { go, reject };

  Answer admit(int call, Time at) {
    if (mode_ == open && at >= open_until_) {
      mode_ = half_open;
      ++era_;
      out_.clear();
      good_ = 0;
    }
    if (mode_ == open) return Answer::reject;
    if (mode_ == half_open) {
      std::erase_if(out_, [&](const auto& probe) { return probe.second <= at; });
      if (out_.size() >= probes_) return Answer::reject;
      out_[call] = at + lease_;
    }
    begun_[call] = era_;
    return Answer::go;
  }

  void settle(int call, const Verdict& verdict, Time at) {
    const int era = begun_.extract(call).mapped();
    const bool bad = !verdict.ok() && (verdict.kind == Kind::overload);
    if (era != era_) return;
    if (mode_ == closed) {
      if (bad) {
        if (++in_a_row_ >= failures_) trip(at);
      } else if (verdict.ok()) {
        in_a_row_ = 0;
      }
    } else if (mode_ == half_open) {
      if (out_.erase(call) == 0) return;  // its lease went to another
      if (bad) {
        trip(at);
      } else if (verdict.ok() && ++good_ >= successes_) {
        mode_ = closed;
        ++era_;
        in_a_row_ = 0;
      }
    }
  }

 private:
  enum Mode { closed, open, half_open };
  void trip(Time at) {
    mode_ = open;
    ++era_;
    in_a_row_ = 0;
    open_until_ = std::max(open_until_, at + open_for_);
  }

  unsigned failures_;
  Duration open_for_;
  Duration lease_;
  unsigned probes_;
  unsigned successes_;
  Mode mode_ = closed;
  int era_ = 0;
  unsigned in_a_row_ = 0;
  unsigned good_ = 0;
  Time open_until_{};
  std::map<int, int> begun_;
  std::map<int, Time> out_;
};

}  // namespace

TEST_CASE("A breaker answers like its model to any sequence of commands", "[properties]") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SplitMix64 dice{seed};
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(dice() % below); };
    CircuitBreakerOptions<> options;
    options.trip = consecutive(1 + pick(4));
    options.open_for = std::chrono::seconds{1 + pick(20)};
    options.probe_lease = std::chrono::seconds{1 + pick(30)};
    options.probes = 1 + pick(3);
    options.successes_to_close = 1 + pick(3);
    const CircuitBreaker breaker{options};
    CircuitBreaker<>::State state;
    Model model{options.trip.failures, options.open_for, options.probe_lease, options.probes, options.successes_to_close};
    support::HandClock clock;
    std::map<int, CircuitBreaker<>::Call> in_flight;
    int calls = 0;
    for (int step = 0; step < 300; ++step) {
      clock.pass(std::chrono::milliseconds{pick(4) == 0 ? pick(8000) : pick(50)});
      const Time at = clock.now()();
      if (in_flight.empty() || (in_flight.size() < 6 && pick(2) == 0)) {
        CircuitBreaker<>::Call call;
        const bool admitted = breaker.admit(state, call, clock.now(), Attempt{}).form() == Admission::Form::go;
        const bool expected = model.admit(calls, at) == Model::Answer::go;
        CAPTURE(seed, step);
        REQUIRE(admitted == expected);
        if (admitted) in_flight[calls] = call;
        ++calls;
      } else {
        const auto chosen = std::next(in_flight.begin(), pick(static_cast<unsigned>(in_flight.size())));
        const Verdict verdict = pick(5) < 2   ? support::success()
                                : pick(3) > 0 ? said(Kind::overload)
                                : pick(2) > 0 ? said(Kind::bad_request)
                                              : support::abandoned(Sent::unknown);
        breaker.settle(state, chosen->second, clock.now(), Attempt{}, verdict);
        model.settle(chosen->first, verdict, at);
        in_flight.erase(chosen);
      }
    }
  }
}
