// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>               // Time, WallTime
#include <ductile/core/verdict.hpp>           // Duration
#include <ductile/drivers/simulate.hpp>       // Simulation
#include <ductile/mock/dice.hpp>              // Dice
#include <ductile/mock/quota_errors.hpp>      // only_minutes, QuotaWords
#include <ductile/mock/rows.hpp>              // find_row
#include <ductile/mock/scene.hpp>             // Scene
#include <ductile/mock/service.hpp>           // Settled
#include <ductile/tools/lab/day.hpp>          // Day, Scenario
#include <ductile/tools/lab/day_service.hpp>  // DayService
#include <ductile/tools/lab/job.hpp>          // Job
#include <ductile/tools/lab/model.hpp>        // Model, model_id
#include <ductile/tools/lab/service.hpp>      // Service
#include <ductile/tools/lab/workload.hpp>     // jobs_of

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// What a client sees of an answer.
struct Answer {
  int status = 0;  ///< HTTP's; 0: the client gave up before it came.
  bool image = false;
  bool withheld = false;           ///< A 200 whose image is kept back; other words may help.
  std::optional<Duration> hint{};  ///< The wait that a 429 asks for.
  bool names_day = false;          ///< A 429 that says that the day is spent.
};

/// An answer, and how long the service takes over it.
struct TimedAnswer {
  Answer answer{};
  Duration takes{};
};

/// A call as it is counted.
struct CallRecord {
  Time begins{};
  std::uint64_t job = 0;
  Model model = Model::primary;
  int status = 0;                            ///< The service's, whether the client waited for it or not.
  std::string id{};                          ///< The catalogue's, of a failure; of an image it begins with `ok-`.
  Duration takes{};                          ///< The service over its answer, whether the client waited for it or not.
  std::optional<Duration> given_up_after{};  ///< When the client no longer waited for it; none: it did to the end.
};

/// An image that came.
struct Delivery {
  Time at{};
  Model model = Model::primary;
};

/// One world: its jobs, its service, its clock, and the books of what was asked and what came.
///
/// Threads  One.
class World {
 public:
  /// The world of one scenario and one seed. `scenario` must outlive it.
  World(const Day& day, const Scenario& scenario, std::uint64_t seed)
      : World(scenario, jobs_of(scenario, day.mix, seed), day.midnight, seed, std::make_unique<DayService>(day, scenario, seed)) {}

  /// Any other: \p midnight is when its time begins.
  World(const Scenario& scenario, std::vector<Job> jobs, WallTime midnight, std::uint64_t seed, std::unique_ptr<Service> service)
      : scenario_(scenario),
        seed_(seed),
        jobs_(std::move(jobs)),
        deliveries_(jobs_.size()),
        simulation_(midnight, seed),
        midnight_(midnight),
        service_(std::move(service)) {}

  [[nodiscard]] const Scenario& scenario() const noexcept { return scenario_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] const std::vector<Job>& jobs() const noexcept { return jobs_; }
  [[nodiscard]] Simulation& simulation() noexcept { return simulation_; }
  [[nodiscard]] Time now() noexcept { return simulation_.now()(); }
  [[nodiscard]] WallTime midnight() const noexcept { return midnight_; }

  /// Sends a call at the present moment, and gives what the service decides of it. Who waits until the image is there says so by `receive`.
  /// \param wording 0: the original words; else which rewording.
  mock::Settled send(const Job& job, Model model, std::uint32_t wording = 0) {
    scene_.model = model_id(model);
    scene_.time = midnight_ + now().time_since_epoch();
    mock::Settled settled = service_->settle(job, model, wording, scene_);
    calls_.push_back({now(), job.number, model, read(settled).status, settled.id, settled.latency.value_or(Duration{}), std::nullopt});
    return settled;
  }

  /// The same, as a client sees it that knows statuses and little more.
  TimedAnswer ask(const Job& job, Model model, std::uint32_t wording = 0) {
    const mock::Settled settled = send(job, model, wording);
    return {read(settled), settled.latency.value_or(Duration{})};
  }

  /// What the last answer that was sent for speaks of.
  [[nodiscard]] const mock::Scene& scene() const noexcept { return scene_; }

  /// For who sent the last call will not wait for its answer any longer than so.
  void give_up(Duration after) { calls_.back().given_up_after = after; }

  /// The image of a job is there. Only the first one counts.
  void receive(const Job& job, Model model) {
    std::optional<Delivery>& delivery = deliveries_[job.number];
    if (!delivery) delivery = {now(), model};
  }

  /// A job is over, image or not, and kept its caller busy for so long.
  void end(Duration busy) noexcept { busy_ += busy; }

  /// The sum over all jobs that are over.
  [[nodiscard]] Duration busy() const noexcept { return busy_; }

  [[nodiscard]] const std::vector<CallRecord>& calls() const noexcept { return calls_; }

  /// By the numbers of the jobs; none: no image came.
  [[nodiscard]] const std::vector<std::optional<Delivery>>& deliveries() const noexcept { return deliveries_; }

  /// Whether any client could get this image, with the best of words.
  [[nodiscard]] bool deliverable(const Job& job) const {
    constexpr std::uint32_t wordings = 64;
    for (std::uint32_t wording = 0; wording < wordings; ++wording)
      if (service_->makeable(job, wording)) return true;
    return false;
  }

  /// When a minute's window of `model` ends first after `time`, by the service's own phase; none: windows slide.
  [[nodiscard]] std::optional<Time> window_end(Model model, Time time) const {
    const auto end = service_->window_end(model, midnight_ + time.time_since_epoch());
    return end ? std::optional{Time{*end - midnight_}} : std::nullopt;
  }

  /// Chance for what a client throws about a job: its own, whatever others do.
  [[nodiscard]] mock::Dice dice(const Job& job) const noexcept { return mock::Dice{seed_}.with("client").with(job.number); }

 private:
  static Answer read(const mock::Settled& settled) {
    if (settled.quota) return {.status = 429, .hint = settled.quota->hint, .names_day = !mock::only_minutes(settled.quota->violations)};
    const mock::Row* row = mock::find_row(settled.id);
    const std::string_view id = settled.id;
    return {.status = row ? row->status : 0, .image = id.starts_with("ok-"), .withheld = id.starts_with("image-safety")};
  }

  const Scenario& scenario_;
  std::uint64_t seed_;
  std::vector<Job> jobs_;
  std::vector<CallRecord> calls_;
  std::vector<std::optional<Delivery>> deliveries_;
  Duration busy_{};
  Simulation simulation_;
  WallTime midnight_;
  std::unique_ptr<Service> service_;
  mock::Scene scene_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
