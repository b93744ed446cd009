// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>      // WallTime
#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/mock/detail/bounded_map.hpp>
#include <ductile/mock/journal.hpp>           // Entry
#include <ductile/mock/verdict/answered.hpp>  // Answered
#include <ductile/mock/verdict/pace.hpp>      // Pace

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What became of one job so far: one prompt of one project, whatever models and keys it was sent with.
struct Job {
  /// What passed between it and one model.
  struct Turn {
    std::string model{};
    Answered last{};
    Pace pace{};
  };

  static constexpr std::size_t most_turns = 8;

  std::vector<Turn> turns{};   ///< With the models that it asked, the one asked last at the end.
  std::uint64_t requests = 0;  ///< So many it has made.
  WallTime first{};            ///< When it made the first of them.
  WallTime latest_request{};   ///< And the latest.
  std::uint64_t project = 0;
  std::uint64_t prompt = 0;  ///< Whoever else asks for it.
  bool drawn = false;        ///< What it asked for was given.
  bool hidden = false;       ///< A 200 that hides a failure was answered, and it asked again, or went on from there: it knows such answers.
  Price waste{};             ///< Of the latest answer.

  /// What the client says is left of its time.
  struct Declared {
    WallTime time{};  ///< When it said so.
    Duration left{};
    std::uint64_t number = 0;
    std::optional<WallTime> deadline{};  ///< Once what is left has been seen to shrink as time passes.
  };
  std::optional<Declared> declared{};

  [[nodiscard]] const Turn* find(std::string_view model) const {
    const auto found = std::find_if(turns.begin(), turns.end(), [&](const Turn& turn) { return turn.model == model; });
    return found == turns.end() ? nullptr : &*found;
  }

  /// The turn with `model`, from now on the latest one.
  Turn& turn_to(std::string_view model) {
    const auto found = std::find_if(turns.begin(), turns.end(), [&](const Turn& turn) { return turn.model == model; });
    if (found != turns.end()) {
      std::rotate(found, found + 1, turns.end());
    } else {
      if (turns.size() == most_turns) turns.erase(turns.begin());
      turns.push_back({.model = std::string{model}});
    }
    return turns.back();
  }
};

/// The jobs asked for last. Bounded: the oldest one is forgotten for a new one.
class Jobs {
 public:
  explicit Jobs(std::size_t capacity) : jobs_(capacity) {}

  /// The job that `entry` belongs to. What was turned away before its prompt was read is a job by its body.
  [[nodiscard]] Job& of(const Entry& entry) {
    const Name name = name_of(entry);
    const auto [job, is_new] = jobs_.obtain(name);
    if (is_new) std::tie(job.project, job.prompt) = name;
    return job;
  }

  /// The same; null when it is forgotten.
  [[nodiscard]] Job* find(const Entry& entry) { return jobs_.find(name_of(entry)); }

  /// The job whose answer `entry` takes up in the same chat; null when it takes up none, or that is forgotten.
  [[nodiscard]] Job* find_before(const Entry& entry) { return entry.chat == 0 ? nullptr : jobs_.find(Name{entry.project, entry.chat}); }

  template <class Visitor>
  void for_each(const Visitor& visit) const {
    for (const auto& [name, job] : jobs_) visit(job);
  }

 private:
  using Name = std::pair<std::uint64_t, std::uint64_t>;

  static Name name_of(const Entry& entry) { return {entry.project, entry.job != 0 ? entry.job : entry.request}; }

  detail::BoundedMap<Name, Job> jobs_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
