// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a test includes. What is behind it, and with it the whole model of the service, is engine_source.hpp: it belongs to a program
// exactly once, and the CMake target ductile::mock sees to that.
#include <ductile/core/now.hpp>              // WallTime
#include <ductile/core/verdict.hpp>          // Duration
#include <ductile/mock/exchange.hpp>         // Answer, Request
#include <ductile/mock/journal.hpp>          // Journal
#include <ductile/mock/quota.hpp>            // Quota, Tier
#include <ductile/mock/scenario.hpp>         // Scenario
#include <ductile/mock/shared_capacity.hpp>  // SharedCapacity
#include <ductile/mock/switches.hpp>         // Switches
#include <ductile/mock/verdict/client_verdict.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

struct EngineOptions {
  Scenario scenario{};
  std::uint64_t seed = 1;  ///< Which day it is, until a scenario has a seed of its own.
  WallTime start{};        ///< The service's time at the start; episodes count from it.

  /// Keys that share a project, and with it a quota, beside those of the scenario. A key that is not named is a project of its own.
  std::map<std::string, std::string, std::less<>> projects{};

  // What the service has instead of the scenario's, whichever that is.
  std::optional<Tier> tier{};
  std::optional<bool> count_failures{};
  std::optional<bool> lying_retry_info{};
  std::optional<SharedCapacity> shared_capacity{};

  /// Only keys of the service's own forms, and those that share a project, are keys. Else a word of a test's own is one, too.
  bool strict_keys = false;
};

/// The service without socket and clock: takes a request and a moment, says what the answer is and how long it takes.
///
/// One request may ask for a row of the catalogue, by the header `x-ductile-scenario: ID`, the key `scenario-ID` or the query
/// `scenario=ID`: it gets that row at once, whatever else would have been said, and it counts nowhere. The rest goes its way through the
/// key, the model's name, the request's form, the quota, what the scenario has written down, and the service's nature.
///
/// Same seed, same requests in the same order at the same moments: same bytes.
///
/// Threads  Any number. The pictures are drawn outside the lock.
/// Cost     Memory is bounded: of the jobs, projects and pictures of long ago, each beyond some 10000, it is forgotten that they were.
class Engine {
 public:
  explicit Engine(EngineOptions options);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// The answer to `request` that arrives at `now`.
  [[nodiscard]] Answer answer(const Request& request, WallTime now);

  /// Says that the client broke off before it had that answer: it knows nothing of it.
  void client_left(const Answer& given);

  /// Says that the client has borne that answer, which is silence, for so long.
  void client_held(const Answer& given, Duration silence);

  /// What can be said about the client, if its run is over now.
  [[nodiscard]] ClientVerdict verdict() const;

  /// Whether any patience gets an image for this prompt in these words, without safety settings: the truth that a client's result is
  /// measured against. A scenario may give the first few prompts their parts when they are first asked for: so ask after the run.
  [[nodiscard]] bool makeable(std::string_view prompt) const;

  /// A copy of the journal as it stands.
  [[nodiscard]] Journal journal() const;

  /// The same with its latest `count` requests alone.
  [[nodiscard]] Journal journal(std::size_t count) const;

  [[nodiscard]] std::vector<Quota::Usage> quota_usage(WallTime now);

  [[nodiscard]] Tier tier() const;

  [[nodiscard]] Scenario scenario() const;

  /// The seed that it plays with now.
  [[nodiscard]] std::uint64_t seed() const;

  /// The seed that it was started with, for scenarios that have none of their own.
  [[nodiscard]] std::uint64_t own_seed() const noexcept;

  /// The keys that share a project whatever is played, each with the project's name.
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& own_projects() const noexcept;

  /// The state that the story is in.
  [[nodiscard]] std::string state() const;

  /// Lets the story enter that state at once.
  void enter(std::string state);

  /// Turns what `change` turns of the switches. What was asked before is not forgotten, and the scenario goes on.
  void turn(const std::function<void(Switches&)>& change);

  /// The calls that each image model could begin at `now`; empty where the projects share no capacity.
  [[nodiscard]] std::map<std::string, double> capacity_left(WallTime now) const;

  /// `scenario` with what this service was started with in place of it, except the members for which `named(member)` holds.
  [[nodiscard]] Scenario with_own(Scenario scenario, const std::function<bool(std::string_view member)>& named) const;

  /// Empties every quota window.
  void refill_quota();

  /// Forgets everything that was asked; the scenario begins anew at `now`.
  void reset(WallTime now);

  /// Puts another scenario in place of this one; it begins at `now`, and everything that was asked is forgotten.
  void play(Scenario scenario, WallTime now);

 private:
  class Serving;

  std::unique_ptr<Serving> serving_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
