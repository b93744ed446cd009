// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>   // ConfigError
#include <ductile/core/kind.hpp>           // is_about_content, Kind
#include <ductile/core/now.hpp>            // Time, WallTime
#include <ductile/core/verdict.hpp>        // Duration
#include <ductile/mock/dice.hpp>           // Dice
#include <ductile/mock/quota_errors.hpp>   // canned_quota_words, QuotaWords
#include <ductile/mock/scene.hpp>          // Scene
#include <ductile/mock/service.hpp>        // Settled
#include <ductile/tools/lab/incident.hpp>  // Incident, kind_of
#include <ductile/tools/lab/job.hpp>       // Job
#include <ductile/tools/lab/model.hpp>     // Model
#include <ductile/tools/lab/service.hpp>   // Service
#include <ductile/tools/lab/world.hpp>     // CallRecord

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// How much of what a replay was answered the log has seen, in calls.
struct Sureness {
  std::size_t logged = 0;        ///< This very call, or what was seen of this very job: its prompt is refused.
  std::size_t same_minute = 0;   ///< Calls of that minute at that target.
  std::size_t other_minute = 0;  ///< The nearest minutes before and after it.
  std::size_t other_target = 0;  ///< Another target, for the log has no call at this one.
  Duration farthest{};           ///< Of `other_minute`, how far away at most.

  [[nodiscard]] std::size_t calls() const noexcept { return logged + same_minute + other_minute + other_target; }
};

/// Answers as the service did in an incident.
///
/// A call that the log has too, within half a minute, is answered as it was then; what is refused for itself stays refused, at every
/// target; any other call meets what one of the calls of that minute at that target met, by chance. Minutes without calls take one from the
/// nearest minute before or after, the nearer the likelier. Of a job that never got to an answer of its own, whether it is refused for
/// itself is drawn from the jobs that did.
///
/// It knows no quota and no load: whoever asks more is not told so.
class IncidentService final : public Service {
 public:
  /// \param incident Must outlive it.
  ///
  /// Errors   `ConfigError` when no call says anything of the service itself.
  IncidentService(const Incident& incident, std::uint64_t seed, Sureness& sureness)
      : incident_(incident),
        dice_(mock::Dice{seed}.with("replay")),
        sureness_(sureness),
        logged_(incident.jobs.size()),
        asked_(incident.jobs.size()),
        natures_(incident.jobs.size()) {
    for (const CallRecord& call : incident.calls) {
      if (call.id.empty()) continue;
      logged_[call.job][index(call.model)].push_back(&call);
      if (is_of_the_job(kind_of(call.id)))
        natures_[call.job] = Nature{.refused = &call, .until_reworded = incident.deliveries[call.job].has_value()};
      else
        seen_[index(call.model)][minute_of(call.begins)].push_back(&call);
    }
    if (seen_[0].empty() && seen_[1].empty())
      throw ConfigError{"the log has no call that says how the service was: each was refused for its own job, or broken off"};
    std::vector<const CallRecord*> known;
    for (const Job& job : incident.jobs) {
      if (incident.deliveries[job.number] && !natures_[job.number]) natures_[job.number] = Nature{};
      if (natures_[job.number]) known.push_back(natures_[job.number]->refused);
    }
    for (const Job& job : incident.jobs)
      if (!natures_[job.number] && !known.empty())
        natures_[job.number] = Nature{.refused = one_of(known, dice_.with("nature").with(job.number)), .drawn = true};
  }

  mock::Settled settle(const Job& job, Model model, std::uint32_t wording, const mock::Scene& scene) override {
    const Time now{scene.time - incident_.midnight};
    const std::size_t nth = asked_[job.number][index(model)]++;
    const auto& same = logged_[job.number][index(model)];
    if (nth < same.size() && std::chrono::abs(same[nth]->begins - now) <= std::chrono::seconds{30}) {
      ++sureness_.logged;
      return answer(*same[nth]);
    }
    if (!makeable(job, wording)) {
      ++(natures_[job.number]->drawn ? sureness_.other_minute : sureness_.logged);
      return answer(*natures_[job.number]->refused);
    }
    return answer(drawn(model, now, dice_.with(job.number).with(index(model)).with(nth)));
  }

  [[nodiscard]] bool makeable(const Job& job, std::uint32_t wording) const override {
    const std::optional<Nature>& nature = natures_[job.number];
    return !nature || !nature->refused || (wording > 0 && nature->until_reworded);
  }

  [[nodiscard]] std::optional<WallTime> window_end(Model, WallTime) const override { return std::nullopt; }

 private:
  using Minute = std::chrono::minutes;
  using Seen = std::map<Minute, std::vector<const CallRecord*>>;

  // What a job is like, whoever is asked and when.
  struct Nature {
    const CallRecord* refused = nullptr;  // none: an image can be made of it
    bool until_reworded = false;
    bool drawn = false;  // from other jobs
  };

  static const CallRecord* one_of(const std::vector<const CallRecord*>& calls, mock::Dice dice) {
    return calls[static_cast<std::size_t>(dice.uniform() * static_cast<double>(calls.size()))];
  }

  static constexpr std::size_t index(Model model) noexcept { return static_cast<std::size_t>(model); }
  static Minute minute_of(Time time) { return std::chrono::floor<Minute>(time.time_since_epoch()); }

  // One of the calls that were seen at that time, or as near as there are any.
  const CallRecord& drawn(Model model, Time now, mock::Dice dice) {
    const Seen* seen = &seen_[index(model)];
    const bool other = seen->empty();
    if (other) seen = &seen_[1 - index(model)];
    const Minute minute = minute_of(now);
    const auto at_or_after = seen->lower_bound(minute);
    auto chosen = at_or_after;
    if (at_or_after == seen->end()) {
      chosen = std::prev(at_or_after);
    } else if (at_or_after->first != minute && at_or_after != seen->begin()) {
      const auto before = std::prev(at_or_after);
      const auto gap = static_cast<double>((at_or_after->first - before->first).count());
      if (dice.with("side").uniform() * gap >= static_cast<double>((minute - before->first).count())) chosen = before;
    }
    const Duration away = std::chrono::abs(chosen->first - minute);
    if (other)
      ++sureness_.other_target;
    else
      ++(away == Duration{} ? sureness_.same_minute : sureness_.other_minute);
    if (!other) sureness_.farthest = std::max(sureness_.farthest, away);
    return *one_of(chosen->second, dice.with("which"));
  }

  static mock::Settled answer(const CallRecord& call) {
    mock::Settled settled{.id = call.id, .latency = call.takes};
    if (call.status == 429) {
      settled.quota = mock::canned_quota_words(call.id).value_or(mock::QuotaWords{});
      settled.quota->hint.reset();  // the log does not have it
    }
    return settled;
  }

  const Incident& incident_;
  mock::Dice dice_;
  Sureness& sureness_;
  std::vector<std::array<std::vector<const CallRecord*>, 2>> logged_;  // by job and model
  std::vector<std::array<std::size_t, 2>> asked_;                      // the same
  std::vector<std::optional<Nature>> natures_;                         // by job
  std::array<Seen, 2> seen_;                                           // by model; without what was refused for itself
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
