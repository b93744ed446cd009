// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>                  // WallTime
#include <ductile/core/verdict.hpp>              // Duration
#include <ductile/mock/latency_percentiles.hpp>  // LatencyPercentiles

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// One of the answers that an episode draws from.
struct WeightedAnswer {
  std::string answer{};
  double weight = 1;  ///< Against the sum of all, 0 to 1000000.

  friend bool operator==(const WeightedAnswer&, const WeightedAnswer&) = default;
};

/// A stretch of the story that is written down instead of drawn: these calls get this answer.
///
/// An episode counts every call that its `model`, `project`, `prompt`, `image`, `size` and states let in, whoever answers it, and that came
/// in its span of time. It answers those from the `after`-th on, `calls` of them. The first episode of a scenario that is due answers.
struct Episode {
  std::string answer{};                  ///< A row of the catalogue, or `ok-image` and the like.
  std::string model{};                   ///< Only calls to this model; empty: to all.
  std::string prompt{};                  ///< Only prompts that contain this; empty: all.
  std::uint32_t after = 0;               ///< Calls to let pass first.
  std::optional<std::uint32_t> calls{};  ///< How many it answers; none: all in its span of time.
  Duration from{};                       ///< Since the service's start.
  std::optional<Duration> until{};       ///< Since the service's start; none: for ever.
  std::optional<Duration> latency{};     ///< How long the answer takes; none: seconds, or what the row itself takes.

  std::optional<WallTime> from_moment{};   ///< By the service's clock, beside `from`; none: always.
  std::optional<WallTime> until_moment{};  ///< By the service's clock, beside `until`; none: for ever.
  std::string project{};                   ///< Only calls of the project that the scenario names so; empty: of all.

  std::string size{};                               ///< Only calls that ask for images of this size ("4K"); empty: all.
  std::optional<bool> image{};                      ///< Only calls to models that draw (true) or only write (false); none: to all.
  std::vector<WeightedAnswer> mix{};                ///< Draws one of these for each call, instead of `answer`.
  double chance = 1;                                ///< That it answers a call for which it is due, 0 to 1; else the next episode may.
  std::string fault{};                              ///< A row of the transport: what it does to the bytes happens to this answer.
  std::optional<LatencyPercentiles> percentiles{};  ///< How long the answers take, instead of `latency`.

  /// It is an overload as the model has them: its answers take as long as the model's 503s, unless a latency is given, and a call that the
  /// model refuses for itself (400, 403, 404) is refused all the same.
  bool as_overload = false;
  std::string state{};        ///< Only while the story is in this state; empty: in any.
  std::string until_state{};  ///< Until the story has entered this state; empty: for ever.
  std::string next_state{};   ///< Which the story enters after the last of `calls`; without `calls` after an answer.
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
