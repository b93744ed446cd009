// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>      // WallTime
#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/mock/detail/seconds.hpp>
#include <ductile/mock/dice.hpp>                // Dice
#include <ductile/mock/harm.hpp>                // Harm, HarmProbability
#include <ductile/mock/service_parameters.hpp>  // ServiceParameters, Span

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// How large the image is to be, as far as the service's trouble depends on it.
enum class Resolution : std::uint8_t { up_to_1k, up_to_2k, up_to_4k };

/// What the service does with a call.
enum class Outcome : std::uint8_t {
  image,              ///< 200 with an image.
  overloaded,         ///< 503.
  internal,           ///< 500.
  deadline_exceeded,  ///< 504; the image was made and is lost.
  withheld,           ///< 200 with IMAGE_SAFETY; the image was made and is kept back.
  prohibited,         ///< 200 with the prompt blocked, nothing made.
  bad_request,        ///< 400, for good.
  no_permission,      ///< 403, for good.
  not_found           ///< 404, for good.
};

/// Whether the client gets an error, in HTTP's terms: a 200 that withholds is none.
[[nodiscard]] constexpr bool fails(Outcome outcome) noexcept {
  return outcome != Outcome::image && outcome != Outcome::withheld && outcome != Outcome::prohibited;
}

/// Whether an image was generated, shown or not: only that counts in a quota of images.
[[nodiscard]] constexpr bool makes_image(Outcome outcome) noexcept {
  return outcome == Outcome::image || outcome == Outcome::deadline_exceeded || outcome == Outcome::withheld;
}

/// Whether the service says that the call can never succeed, before it tries: overload cannot hide it.
[[nodiscard]] constexpr bool refused_for_itself(Outcome outcome) noexcept {
  return outcome == Outcome::bad_request || outcome == Outcome::no_permission || outcome == Outcome::not_found;
}

/// One call as the model sees it.
struct ServiceCall {
  std::uint64_t job = 0;     ///< What is asked for; the mock takes the hash of the prompt.
  std::uint32_t number = 0;  ///< Which call of this job to this model it is, from 0.
  std::string_view model{};  ///< The model's id.
  Resolution resolution = Resolution::up_to_1k;
  std::uint32_t wording = 0;  ///< 0: the original words; else which rewording.
  bool draws = true;          ///< The model makes images. One that only writes is never overloaded: what is short is what images take.
};

/// What happens to a call, and how long the service takes over it.
struct ServiceReply {
  Outcome outcome = Outcome::image;
  Duration latency{};

  friend constexpr bool operator==(const ServiceReply&, const ServiceReply&) = default;
};

/// The service's own nature, as pure functions of (seed, job, call, model, service time): when it is overloaded, how long it takes, which
/// prompts it will never draw.
///
/// No socket, no clock, no state: whatever clients ask, in whatever order, the same seed is the same world. Quotas are not in it
/// (`mock/quota.hpp`), they depend on what was asked before.
///
/// Threads  Immutable: any number of threads.
/// Cost     `reply` walks the bursts of one day: microseconds.
class ServiceModel {
 public:
  explicit ServiceModel(std::uint64_t seed, ServiceParameters parameters = {}) noexcept : seed_(seed), given_(parameters) {}

  [[nodiscard]] const ServiceParameters& parameters() const noexcept { return given_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

  /// Whether any patience gets an image for this job in its original words: the model's own truth, to be measured against.
  [[nodiscard]] bool makeable(std::uint64_t job) const noexcept { return destiny(job, 0) == Outcome::image; }

  /// What becomes of a job once nothing else is in its way: `image`, or the reason why never.
  [[nodiscard]] Outcome destiny(std::uint64_t job, std::uint32_t wording = 0) const noexcept {
    const Dice dice = Dice{seed_}.with("destiny").with(job);
    double luck = dice.with("permanent").uniform();
    if ((luck -= given_.bad_request_share) < 0) return Outcome::bad_request;
    if ((luck -= given_.permission_share) < 0) return Outcome::no_permission;
    if ((luck -= given_.not_found_share) < 0) return Outcome::not_found;

    luck = dice.with("safety").uniform();
    if ((luck -= given_.prohibited_share) < 0) return dice.with("says so").chance(0.5) ? Outcome::prohibited : Outcome::withheld;
    if ((luck -= given_.borderline_share) < 0) {
      const double passes = wording == 0 ? 1 - given_.borderline_blocked : given_.reworded_passes;
      return dice.with("wording").with(wording).chance(passes) ? Outcome::image : Outcome::withheld;
    }
    return Outcome::image;
  }

  /// What the configurable filter sees in this job's prompt; none: nothing. A request may say that it does not mind.
  [[nodiscard]] std::optional<Harm> harm(std::uint64_t job) const noexcept {
    const Dice dice = Dice{seed_}.with("filter").with(job);
    if (!dice.with("sees").chance(given_.filtered_share)) return std::nullopt;
    return Harm{static_cast<gemini::HarmCategory>(static_cast<int>(dice.with("category").uniform() * 4)),
                dice.with("probability").chance(0.5) ? HarmProbability::high : HarmProbability::medium};
  }

  /// The share of calls to `model` that meet a 503 at this hour, in the long run.
  [[nodiscard]] double overload_mean(std::string_view model, WallTime time) const noexcept {
    return overload_in_hour(model, hour_of_day(time));
  }

  /// Whether `model` is in a burst of overload.
  [[nodiscard]] bool overload_burst(std::string_view model, WallTime time) const noexcept {
    return in_burst("overload", model, time, given_.burst_mean,
                    [&](int hour) { return share_of_time(overload_in_hour(model, hour), given_.overload_calm, given_.overload_burst); });
  }

  /// Whether `model` is in a burst of 500s.
  [[nodiscard]] bool internal_burst(std::string_view model, WallTime time) const noexcept {
    const double share = share_of_time(given_.internal_mean, given_.internal_calm, given_.internal_burst);
    return in_burst("internal", model, time, given_.internal_burst_mean, [share](int) { return share; });
  }

  /// Whether this job always meets a 500 at `model`; other models draw it.
  [[nodiscard]] bool poison(std::uint64_t job, std::string_view model) const noexcept {
    return is_pro(model) && Dice{seed_}.with("poison").with(job).chance(given_.poison_share);
  }

  /// How long a call that meets a 503 waits for it. \param dice This call's own.
  [[nodiscard]] Duration overload_takes(Dice dice) const noexcept {
    const bool slow = dice.with("slow").chance(given_.slow_overload_share);
    return detail::from_seconds(within(dice.with("overload takes"), slow ? given_.slow_overload : given_.fast_overload) +
                                within(dice.with("network"), given_.network));
  }

  /// What happens to `call` that arrives at `time`.
  [[nodiscard]] ServiceReply reply(const ServiceCall& call, WallTime time) const noexcept {
    return reply(call, time, destiny(call.job, call.wording));
  }

  /// The same for a job that is to end otherwise than the model has it: a scenario may have its own view of some.
  [[nodiscard]] ServiceReply reply(const ServiceCall& call, WallTime time, Outcome destiny) const noexcept {
    const Dice dice = Dice{seed_}.with("call").with(call.job).with(call.wording).with(call.model).with(call.number);
    const bool burst = call.draws && overload_burst(call.model, time);
    const auto size = static_cast<std::size_t>(call.resolution);
    const auto takes = [&](double seconds) { return detail::from_seconds(seconds + within(dice.with("network"), given_.network)); };

    if (refused_for_itself(destiny)) return {destiny, takes(0)};

    if (call.draws && dice.with("overloaded").chance(burst ? given_.overload_burst : given_.overload_calm))
      return {Outcome::overloaded, overload_takes(dice)};
    const double internal = internal_burst(call.model, time) ? given_.internal_burst : given_.internal_calm;
    if (poison(call.job, call.model) || dice.with("internal").chance(internal))
      return {Outcome::internal, takes(within(dice.with("internal takes"), given_.fast_overload))};

    if (destiny == Outcome::withheld && !call.draws) destiny = Outcome::image;  // words alone
    if (destiny == Outcome::prohibited) return {destiny, takes(within(dice.with("filter takes"), given_.network))};

    const DeadlineChance deadline = given_.deadline_chance[size];
    if (call.draws && dice.with("deadline").chance(burst ? deadline.burst : deadline.calm))
      return {Outcome::deadline_exceeded, takes(given_.deadline_after)};

    double seconds = (is_pro(call.model) ? given_.pro_latency : given_.flash_latency) * given_.size_latency_factor[size] *
                     std::exp(given_.latency_sigma * dice.with("latency").normal());
    if (burst) seconds *= within(dice.with("burst latency"), given_.burst_latency_factor);
    return {destiny, takes(seconds)};
  }

  /// Whether an id names one of the large models ("pro"), which have a pool and a pace of their own.
  [[nodiscard]] static constexpr bool is_pro(std::string_view model) noexcept { return model.find("pro") != std::string_view::npos; }

 private:
  static constexpr int hours = 24;
  static constexpr double hour_length = 3600;

  [[nodiscard]] static double within(Dice dice, Span span) noexcept { return dice.between(span.low, span.high); }

  [[nodiscard]] static int hour_of_day(WallTime time) noexcept {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    return static_cast<int>(std::chrono::duration_cast<std::chrono::hours>(time - day).count());
  }

  [[nodiscard]] double overload_in_hour(std::string_view model, int hour) const noexcept {
    return given_.overload_by_hour[static_cast<std::size_t>(hour)] * (is_pro(model) ? 1.0 : given_.flash_overload_factor);
  }

  // The share of time in a burst that gives this mean.
  [[nodiscard]] static double share_of_time(double mean, double calm, double burst) noexcept {
    return burst > calm ? std::clamp((mean - calm) / (burst - calm), 0.0, 0.999) : 0.0;
  }

  // Two states that follow each other through one day of UTC, drawn anew each midnight so that a day needs no other day. Bursts last
  // `mean` on average; calm lasts as long as gives the hour's share. Calm runs at a pace that changes by the hour, so one exponential
  // draw is used up hour by hour.
  template <class ShareByHour>
  [[nodiscard]] bool in_burst(std::string_view what, std::string_view model, WallTime time, double mean,
                              const ShareByHour& share_by_hour) const noexcept {
    const auto midnight = std::chrono::floor<std::chrono::days>(time);
    const double now = detail::in_seconds(time - midnight);
    const Dice day = Dice{seed_}.with(what).with(model).with(static_cast<std::uint64_t>(midnight.time_since_epoch().count()));

    bool burst = day.with("start").chance(share_by_hour(0));
    double at = 0;
    for (std::uint64_t change = 0;; ++change) {
      double left = day.with(change).exponential();
      if (burst) {
        at += left * mean;
      } else {
        for (int in = static_cast<int>(at / hour_length); in < hours; ++in) {
          const double share = share_by_hour(in);
          const double pace = share / ((1 - share) * mean);
          const double until = (in + 1) * hour_length;
          if (left <= pace * (until - at)) {
            at += left / pace;
            left = -1;
            break;
          }
          left -= pace * (until - at);
          at = until;
        }
        if (left >= 0) return false;  // calm to the end of the day
      }
      if (now < at) return burst;
      burst = !burst;
    }
  }

  std::uint64_t seed_;
  ServiceParameters given_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
