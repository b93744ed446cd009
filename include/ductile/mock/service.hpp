// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>          // Billed
#include <ductile/core/now.hpp>           // WallTime
#include <ductile/core/quota_window.hpp>  // quota_cost
#include <ductile/core/verdict.hpp>       // Duration
#include <ductile/gemini/failures.hpp>    // FailureRow, find_failure, verdict_of
#include <ductile/gemini/models.hpp>      // find_model
#include <ductile/mock/cast.hpp>          // Cast, Part
#include <ductile/mock/detail/bounded_map.hpp>
#include <ductile/mock/detail/seconds.hpp>
#include <ductile/mock/dice.hpp>             // Dice
#include <ductile/mock/harm.hpp>             // Harm
#include <ductile/mock/outcome_row.hpp>      // no_room_row, outcome_row
#include <ductile/mock/price.hpp>            // price_of, Usage
#include <ductile/mock/quota.hpp>            // Quota, QuotaCost, Tier
#include <ductile/mock/quota_errors.hpp>     // canned_quota_words, quota_row, QuotaWords
#include <ductile/mock/refusal_words.hpp>    // refusal_words
#include <ductile/mock/reply.hpp>            // silence_lasts
#include <ductile/mock/request_check.hpp>    // Asked
#include <ductile/mock/rows.hpp>             // find_row, Row
#include <ductile/mock/scenario.hpp>         // Episode, Scenario
#include <ductile/mock/scene.hpp>            // is_streamed, Scene
#include <ductile/mock/service_model.hpp>    // Outcome, ServiceCall, ServiceModel, ServiceReply
#include <ductile/mock/shared_capacity.hpp>  // CapacityLeft
#include <ductile/mock/story.hpp>            // filtered_row, Story, StoryCall
#include <ductile/mock/switches.hpp>         // Switches

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What was decided of a call; the bytes are made of it later.
struct Settled {
  std::string id{};  ///< The row.
  std::optional<QuotaWords> quota{};
  std::optional<Duration> latency{};
  std::uint64_t call = 0;  ///< Names this answer among all of its seed.
  Harm harm{};
  bool own_latency = false;              ///< Written down in the scenario.
  const Row* fault = nullptr;            ///< What its fault does to the answer's bytes.
  std::optional<std::size_t> episode{};  ///< Which has answered.
  std::string near_miss{};               ///< Why no episode has.
};

/// What a call wants drawn.
struct Subject {
  std::uint64_t job = 0;      ///< Which picture, the same for each try.
  std::uint32_t wording = 0;  ///< 0: in its original words; else in which others.
};

/// One run of a scenario: the service's nature, what it has counted, and where its story stands. Decides what becomes of a call that has
/// come past key, model's name and the request's form.
///
/// Threads  One at a time.
/// Cost     Memory is bounded.
class Service {
 public:
  Service(Scenario scenario, std::uint64_t seed, WallTime start)
      : scenario_(std::move(scenario)),
        seed_(scenario_.seed.value_or(seed)),
        model_(seed_, scenario_.model),
        quota_(seed_, scenario_.tier, scenario_.model.sliding_minute),
        story_(scenario_.episodes, scenario_.state, start) {}

  /// What becomes of the call that `scene` tells of.
  ///
  /// \param time_left How long the client lets the service take; none: it does not say.
  [[nodiscard]] Settled settle(const Asked& asked, const Scene& scene, Subject subject, const std::string& project,
                               std::optional<Duration> time_left) {
    Settled settled = decide(asked, scene, subject, project);
    const bool late = time_left && *time_left > Duration::zero() && settled.latency && *settled.latency > *time_left;
    if (!late || breaks(settled)) return settled;  // what breaks on the way knows no deadline
    return {.id = "deadline-504",
            .latency = time_left,
            .call = settled.call,
            .episode = settled.episode,
            .near_miss = std::move(settled.near_miss)};
  }

  /// Counts a request that made no sense: it is a request all the same.
  void count_refused(const std::string& project, const Scene& scene) {
    if (scenario_.switches.count_failures) quota_.count(project, scene.model, {}, scene.time);
  }

  /// Whether any patience gets an image for this job in these words, without safety settings.
  [[nodiscard]] bool makeable(std::uint64_t job, std::uint32_t wording = 0) const { return cast_.part(job, model_, wording).makeable(); }

  [[nodiscard]] const Scenario& scenario() const noexcept { return scenario_; }
  [[nodiscard]] Switches& switches() noexcept { return scenario_.switches; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] Quota& quota() noexcept { return quota_; }
  [[nodiscard]] const Quota& quota() const noexcept { return quota_; }
  [[nodiscard]] Story& story() noexcept { return story_; }
  [[nodiscard]] const Story& story() const noexcept { return story_; }

  /// The calls that each image model could begin at `now`; empty where the projects share no capacity.
  [[nodiscard]] std::map<std::string, double> capacity_left(WallTime now) const {
    const auto& shared = scenario_.switches.shared_capacity;
    return shared ? capacity_.left(*shared, now) : std::map<std::string, double>{};
  }

 private:
  static constexpr std::size_t most_jobs = 10'000;

  Settled decide(const Asked& asked, const Scene& scene, Subject subject, const std::string& project) {
    const std::uint64_t job = subject.job;
    const ServiceParameters& parameters = model_.parameters();
    const Switches& switches = scenario_.switches;
    const WallTime now = scene.time;
    const bool draws = gemini::find_model(scene.model) != nullptr;
    cast_.meet(job, scenario_, model_);
    const std::uint32_t number = next_call(job, scene.model);
    const Dice dice = Dice{seed_}.with("answer").with(job).with(scene.model).with(number);
    Settled settled{.call = dice.bits()};
    const auto quickly = [&] {
      return detail::from_seconds(dice.with("quickly").between(parameters.network.low, parameters.network.high));
    };

    if (auto full = quota_.check(project, scene.model, asked.tokens, now, draws, asked.image); !full.empty()) {
      if (parameters.count_rejected) quota_.count(project, scene.model, {.day = false}, now);
      settled.quota = refusal_words(full, quota_.tier().free(), parameters, switches.lying_retry_info, dice);
      settled.id = std::string{quota_row(full, *settled.quota)};
      if (settled.id == "spend-rate") settled.quota.reset();  // has words of its own, and names no window
      settled.latency = quickly();
      return settled;
    }

    const Part part = cast_.part(job, model_, subject.wording);
    const StoryCall call{.model = scene.model,
                         .project = project,
                         .prompt = asked.prompt,
                         .size = asked.size,
                         .image = draws,
                         .filtered = asked.safety.block(Harm{}),
                         .refused_for_itself = refused_for_itself(part.outcome),
                         .time = now};
    settled.episode = story_.due(call, dice);
    if (settled.episode) {
      written_down(*settled.episode, call, dice, scene, settled);
      if (!settled.latency) settled.latency = quickly();
      if (const auto cost = cost_of(settled.id, asked, scene.model)) quota_.count(project, scene.model, *cost, now);
      return settled;
    }
    settled.near_miss = story_.near_miss(call);

    // The filter looks at the prompt before anything is made of it; what is made is looked at by others, which no setting changes.
    if (part.harm && asked.safety.block(*part.harm)) {
      settled.id = filtered_row;
      settled.harm = *part.harm;
      settled.latency = quickly();
      quota_.count(project, scene.model, {.tokens = asked.tokens}, now);
      return settled;
    }

    const ServiceCall wanted{job, number, scene.model, resolution(asked.size), subject.wording, draws};
    const bool spent = switches.shared_capacity && draws && !refused_for_itself(part.outcome) &&
                       !capacity_.take(*switches.shared_capacity, scene.model, now);
    const ServiceReply real =
        spent ? ServiceReply{Outcome::overloaded, model_.overload_takes(dice)} : model_.reply(wanted, now, part.outcome);
    settled.id = spent ? no_room_row(dice.with("words").uniform()) : outcome_row(real.outcome, asked, scene.model, dice);
    settled.latency = real.latency;
    const bool counts = switches.count_failures || !fails(real.outcome);
    if (counts && real.outcome != Outcome::no_permission && real.outcome != Outcome::not_found) {
      const bool day = real.outcome != Outcome::overloaded || parameters.count_overload_in_day;
      const bool image = makes_image(real.outcome) && asked.image;
      quota_.count(project, scene.model,
                   {.tokens = asked.tokens, .image = image, .day = day, .nanodollars = image ? price_of_image(asked, scene.model) : 0},
                   now);
    }
    return settled;
  }

  // The answer of an episode, in place of the service's own.
  void written_down(std::size_t number, const StoryCall& call, Dice dice, const Scene& scene, Settled& settled) const {
    const Episode& episode = story_.episodes()[number];
    settled.id = story_.answer_of(number, call, dice);
    settled.quota = canned_quota_words(settled.id);
    if (!episode.fault.empty()) settled.fault = find_row(episode.fault);
    if (episode.percentiles)
      settled.latency = episode.percentiles->at(dice.with("latency").with(number).normal());
    else if (episode.as_overload && !episode.latency)
      settled.latency = model_.overload_takes(dice);
    else
      settled.latency = episode.latency;
    settled.own_latency = settled.latency.has_value();
    const Row* row = settled.fault ? settled.fault : find_row(settled.id);
    const bool silent = row && (row->fault == ByteFault::silence || (row->fault == ByteFault::stall && !is_streamed(scene.delivery)));
    if (!settled.latency && silent) settled.latency = silence_lasts;
  }

  std::uint32_t next_call(std::uint64_t job, const std::string& model) { return calls_.obtain({job, model}).first++; }

  static Resolution resolution(std::string_view size) {
    return size == "4K" ? Resolution::up_to_4k : size == "2K" ? Resolution::up_to_2k : Resolution::up_to_1k;
  }

  // What a written-down answer costs: as much as the same answer of the model; none: nothing at all. Whether it counts says the table.
  [[nodiscard]] std::optional<QuotaCost> cost_of(std::string_view id, const Asked& asked, std::string_view model) const {
    const Row* row = find_row(id);
    const gemini::FailureRow* failure = gemini::find_failure(id);
    if (!row || (failure && ductile::quota_cost(gemini::verdict_of(*failure), {.requests = 1}).requests == 0)) return std::nullopt;
    if (row->status != 200 && !scenario_.switches.count_failures) return std::nullopt;
    const bool image = row->status == 504 || (row->form == Form::answer && (id.starts_with("ok-") || id.starts_with("image-safety")));
    const bool overload = row->status == 502 || row->status == 503;
    return QuotaCost{.tokens = asked.tokens,
                     .image = image,
                     .day = !overload || model_.parameters().count_overload_in_day,
                     .nanodollars = image ? price_of_image(asked, model) : 0};
  }

  // What the service takes for an image, shown or not, and its prompt.
  static std::int64_t price_of_image(const Asked& asked, std::string_view model) {
    return price_of(model, asked.size, {.input_tokens = asked.tokens, .images = 1}, true, Billed::yes).nanodollars;
  }

  [[nodiscard]] static bool breaks(const Settled& settled) {
    const Row* row = settled.fault ? settled.fault : find_row(settled.id);
    return row && row->fault != ByteFault::none;
  }

  Scenario scenario_;
  std::uint64_t seed_;
  ServiceModel model_;
  Quota quota_;
  detail::BoundedMap<std::pair<std::uint64_t, std::string>, std::uint32_t> calls_{most_jobs};
  Cast cast_;
  Story story_;
  CapacityLeft capacity_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
