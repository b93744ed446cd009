// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>               // WallTime
#include <ductile/core/verdict.hpp>           // Duration
#include <ductile/mock/journal.hpp>           // Entry
#include <ductile/mock/verdict/answered.hpp>  // Answered, answered, is_trouble_of_the_service, waste_of
#include <ductile/mock/verdict/finding.hpp>   // Fault, Findings

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock {

/// How a project asks a model that is down. One call tells whether it is up again; many at once fall upon it the moment it is.
///
/// A model is down for a project after five failures of the service in a row over ten seconds, until it has answered something: what it
/// withholds counts, a limit does not, which stands before it.
class Probes {
 public:
  static constexpr std::uint32_t failures_in_a_row = 5;
  static constexpr Duration for_so_long = std::chrono::seconds{10};
  static constexpr std::size_t most_at_once = 4;  ///< A breaker lets through one, or a few.
  static constexpr Duration at_once = std::chrono::seconds{1};

  void see(const Entry& now, Findings& findings) {
    if (models_.size() > most_models) models_.clear();
    Model& model = models_[{now.project, now.model}];
    model.hear_answers_until(now.time);
    if (model.is_down(now.time) && !model.is_probed_by(now.job)) {  // one job's repeats are its own pace
      if (model.probes.size() == most_at_once && now.time - model.probes.front().time < at_once)
        findings.add(Fault::probe_stampede, {now.number, model.latest_failure}, waste_of(now));
      if (model.probes.size() == most_at_once) model.probes.pop_front();
      model.probes.push_back({now.time, now.job});
    }
    const Answered answer = answered(now);
    if (answer.unread) return;  // nobody knows when that one ends
    if (model.in_flight.size() >= most_in_flight) model.in_flight.erase(model.in_flight.begin());
    const bool fails = answer.failure && is_trouble_of_the_service(*answer.failure);
    model.in_flight.emplace(answer.time, Flight{now.number, fails, !fails && answer.status == 200});
  }

  /// The client broke off: the answer tells it nothing.
  void left(const Entry& entry) {
    const auto model = models_.find({entry.project, entry.model});
    if (model == models_.end()) return;
    auto& flights = model->second.in_flight;
    const auto flight = std::find_if(flights.begin(), flights.end(), [&](const auto& each) { return each.second.number == entry.number; });
    if (flight != flights.end()) flights.erase(flight);
  }

 private:
  static constexpr std::size_t most_models = 1000;
  static constexpr std::size_t most_in_flight = 4096;

  struct Flight {
    std::uint64_t number = 0;
    bool fails = false;
    bool up = false;
  };

  struct Probe {
    WallTime time{};
    std::uint64_t job = 0;
  };

  struct Model {
    std::uint32_t failures = 0;
    WallTime failing_since{};
    std::uint64_t latest_failure = 0;
    std::multimap<WallTime, Flight> in_flight{};  // by when the answer is there
    std::deque<Probe> probes{};                   // the latest ones that were sent while it was down

    [[nodiscard]] bool is_down(WallTime now) const { return failures >= failures_in_a_row && now - failing_since >= for_so_long; }

    [[nodiscard]] bool is_probed_by(std::uint64_t job) const {
      return std::any_of(probes.begin(), probes.end(), [job](const Probe& probe) { return probe.job == job; });
    }

    void hear_answers_until(WallTime now) {
      while (!in_flight.empty() && in_flight.begin()->first <= now) {
        const auto& [time, flight] = *in_flight.begin();
        if (flight.fails) {
          if (failures++ == 0) failing_since = time;
          latest_failure = flight.number;
        } else if (flight.up) {
          failures = 0;
        }
        in_flight.erase(in_flight.begin());
      }
    }
  };

  std::map<std::pair<std::uint64_t, std::string>, Model> models_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
