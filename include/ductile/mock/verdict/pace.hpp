// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>               // WallTime
#include <ductile/core/verdict.hpp>           // Duration
#include <ductile/mock/journal.hpp>           // Entry
#include <ductile/mock/verdict/answered.hpp>  // Answered, is_trouble_of_the_service, passes, waste_of
#include <ductile/mock/verdict/finding.hpp>   // Fault, Findings

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::mock {

/// How one job comes back to one model that fails it: whether its pauses grow, come in bursts, or are none at all.
class Pace {
 public:
  /// A repeat so soon after its answer has not waited. Jitter draws one such pause, seldom three in a row.
  static constexpr Duration no_pause = std::chrono::milliseconds{20};
  static constexpr std::uint32_t without_pause_in_a_row = 3;
  /// Nor do so many repeats in a row back off that each waited no longer: waits from 0.1 s that double leave it at the fifth.
  static constexpr Duration short_pause = std::chrono::seconds{1};
  static constexpr std::uint32_t shortly_in_a_row = 15;
  /// A minute's requests. First waits of a second that double make six, decorrelated jitter from 0.1 s up to twenty.
  static constexpr std::uint32_t most_a_minute = 20;
  /// A pause that ends a burst is at least so long, and three times as long as any within it: waits that double are not.
  static constexpr Duration shortest_long_pause = std::chrono::seconds{1};

  /// A request of the job to the model, and the model's answer to the one before.
  void see(const Entry& now, const Answered& last, Findings& findings) {
    if (!last.failure_known_at(now.time) || !passes(*last.failure)) {
      *this = {};
      return;
    }
    const Proof proof{now.number, last.number};
    if (storms(now.time, *last.failure)) findings.add(Fault::retry_storm, proof, waste_of(now));
    if (last.hint > Duration::zero()) {  // a wait that was asked for says nothing about the client's own
      rest_from_rhythm();
      return;
    }
    const Duration pause = now.time - last.time;
    if (hurries(pause)) findings.add(Fault::no_backoff, proof, waste_of(now));
    if (is_in_a_nested_burst(pause)) findings.add(Fault::nested_retries, proof, waste_of(now));
  }

  /// The job asked another model in between: the pauses before and after are not one series.
  void rest_from_rhythm() {
    without_pause_ = shortly_ = 0;
    burst_ = burst_before_ = {};
    bursts_alike_ = 0;
  }

 private:
  struct Burst {
    std::uint32_t requests = 1;
    Duration longest_pause{};
  };

  bool hurries(Duration pause) {
    without_pause_ = pause <= no_pause ? without_pause_ + 1 : 0;
    shortly_ = pause <= short_pause ? shortly_ + 1 : 0;
    return without_pause_ >= without_pause_in_a_row || shortly_ >= shortly_in_a_row;
  }

  bool storms(WallTime now, const gemini::FailureRow& failure) {
    if (!is_trouble_of_the_service(failure)) {
      in_minute_ = 0;
      return false;
    }
    if (in_minute_ == 0 || now - minute_began_ >= std::chrono::minutes{1}) {
      minute_began_ = now;
      in_minute_ = 0;
    }
    return ++in_minute_ > most_a_minute;
  }

  // From the third burst on, each of its repeats: bursts of one size, with pauses of about one length between them. Two are an accident
  // that jitter makes, three hardly ever.
  bool is_in_a_nested_burst(Duration pause) {
    const Duration within = std::max(burst_.longest_pause, burst_before_.longest_pause);
    if (burst_.requests >= 3 && pause >= std::max(3 * within, shortest_long_pause)) {
      const bool like_the_last = burst_.requests == burst_before_.requests && 3 * long_pause_ >= 2 * pause && 3 * pause >= 2 * long_pause_;
      bursts_alike_ = like_the_last ? bursts_alike_ + 1 : 1;
      burst_before_ = burst_;
      long_pause_ = pause;
      burst_ = {};
      return false;
    }
    ++burst_.requests;
    burst_.longest_pause = std::max(burst_.longest_pause, pause);
    return bursts_alike_ >= 2 && burst_.requests <= burst_before_.requests && 3 * pause <= long_pause_;
  }

  std::uint32_t without_pause_ = 0;
  std::uint32_t shortly_ = 0;
  WallTime minute_began_{};
  std::uint32_t in_minute_ = 0;
  Burst burst_{};
  Burst burst_before_{};
  Duration long_pause_{};  // the latest between two bursts
  std::uint32_t bursts_alike_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
