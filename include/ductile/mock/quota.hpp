// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>     // QuotaDimension
#include <ductile/core/now.hpp>      // WallTime
#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/mock/detail/bounded_map.hpp>
#include <ductile/mock/dice.hpp>     // Dice
#include <ductile/mock/pacific.hpp>  // pacific_day, until_pacific_midnight

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What a project may do with a model that only writes. Zero: nothing, ever.
struct TextLimits {
  std::int64_t requests_per_minute = 1'000'000'000;
  std::int64_t tokens_per_minute = 1'000'000'000'000;
  std::int64_t requests_per_day = 1'000'000'000;
};

/// What a project may do with one model. Zero: nothing, ever.
struct Tier {
  std::string name = "unlimited";
  std::int64_t requests_per_minute = 1'000'000'000;
  std::int64_t tokens_per_minute = 1'000'000'000'000;
  std::int64_t images_per_minute = 1'000'000'000;
  std::int64_t requests_per_day = 1'000'000'000;
  std::int64_t tokens_per_day = 1'000'000'000'000;
  std::int64_t nanodollars_per_ten_minutes = 1'000'000'000'000'000'000;  ///< Of a project, whatever models it asks.
  std::optional<TextLimits> text{};  ///< Of models that only write, where they have limits of their own; none: the same.

  /// Quota ids of the free tier carry a suffix.
  [[nodiscard]] bool free() const noexcept { return name == "free" || name == "zero" || name == "free-2026"; }
};

/// The tiers that have a name. The figures are no promise of the service: it shows the real ones to each project alone.
[[nodiscard]] inline std::vector<Tier> known_tiers() {
  return {{"zero", 0, 0, 0, 0},
          {.name = "free-2026",  // as it has been since image models have no free quota, and text models a small one
           .requests_per_minute = 0,
           .tokens_per_minute = 0,
           .images_per_minute = 0,
           .requests_per_day = 0,
           .tokens_per_day = 0,
           .text = TextLimits{5, 250'000, 20}},
          {"free", 15, 32'000, 2, 50},
          {"tier1", 60, 250'000, 10, 250},
          {"tier2", 120, 1'000'000, 20, 1000},
          {"tier2_raised", 120, 1'000'000, 20, 20'000},
          {"fleet", 150, 2'500'000, 25, 20'000},
          Tier{}};
}

[[nodiscard]] inline std::optional<Tier> find_tier(std::string_view name) {
  for (Tier& tier : known_tiers())
    if (tier.name == name) return std::move(tier);
  return std::nullopt;
}

/// One window that is full.
struct QuotaViolation {
  QuotaDimension dimension = QuotaDimension::none;
  std::int64_t limit = 0;
  Duration opens_in{};

  friend constexpr bool operator==(const QuotaViolation&, const QuotaViolation&) = default;
};

/// What a call costs once it is clear how it ends.
struct QuotaCost {
  std::int64_t tokens = 0;
  bool image = false;  ///< An image was generated, shown or not.
  bool day = true;     ///< It counts as a request of the day.
  std::int64_t nanodollars = 0;
};

/// The quotas as the service keeps them: for each project and model fixed windows of a minute, whose phase nobody is told, and a day that
/// ends at midnight in California; for each project what it spent in the last ten minutes.
///
/// `check` says what is full and counts nothing: a refused call costs nothing. `count` books a call that was let in, however it ends.
/// Previews share the quota of the model that they became.
///
/// Threads  One at a time.
/// Cost     Bounded memory: the project that was first heard of is forgotten for the 10001st, and its windows with it.
class Quota {
 public:
  Quota(std::uint64_t seed, Tier tier) : seed_(seed), tier_(std::move(tier)) {}

  [[nodiscard]] const Tier& tier() const noexcept { return tier_; }

  /// The windows that one more call of so many input tokens would overrun: none, if it may pass.
  /// \param draws The model makes images; one that only writes may have limits of its own.
  [[nodiscard]] std::vector<QuotaViolation> check(std::string_view project, std::string_view model, std::int64_t tokens, WallTime time,
                                                  bool draws = true) {
    const Tier limits = draws || !tier_.text ? tier_ : text_limits(tier_);
    Windows& used = windows(project, model, time);
    const Duration left = minute_left(project, model, time);
    std::vector<QuotaViolation> full;
    const auto look = [&full](QuotaDimension dimension, std::int64_t needs, std::int64_t limit, Duration opens_in) {
      if (needs > limit) full.push_back({dimension, limit, opens_in});
    };
    look(QuotaDimension::requests_per_day, used.day_requests + 1, limits.requests_per_day, until_pacific_midnight(time));
    look(QuotaDimension::tokens_per_day, used.day_tokens + tokens, limits.tokens_per_day, until_pacific_midnight(time));
    look(QuotaDimension::requests_per_minute, used.requests + 1, limits.requests_per_minute, left);
    look(QuotaDimension::tokens_per_minute, used.tokens + tokens, limits.tokens_per_minute, left);
    look(QuotaDimension::images_per_minute, used.images + 1, limits.images_per_minute, left);
    Spending& spent = spending(project, time);  // what a call costs is known when it has ended: so one may go over
    if (full.empty() && spent.sum >= tier_.nanodollars_per_ten_minutes)
      full.push_back({QuotaDimension::spend, tier_.nanodollars_per_ten_minutes / 1'000'000'000,
                      spent.payments.empty() ? Duration{} : spent.payments.front().first + ten_minutes - time});
    return full;
  }

  void count(std::string_view project, std::string_view model, QuotaCost cost, WallTime time) {
    Windows& used = windows(project, model, time);
    ++used.requests;
    used.tokens += cost.tokens;
    used.images += cost.image ? 1 : 0;
    used.day_requests += cost.day ? 1 : 0;
    used.day_tokens += cost.day ? cost.tokens : 0;
    if (cost.nanodollars == 0) return;
    Spending& spent = spending(project, time);
    if (spent.payments.empty() || time - spent.payments.back().first >= std::chrono::seconds{1}) spent.payments.emplace_back(time, 0);
    spent.payments.back().second += cost.nanodollars;
    spent.sum += cost.nanodollars;
  }

  /// Empties every window.
  void refill() {
    used_.clear();
    spent_.clear();
  }

  /// How full one project's windows for one model are.
  struct Usage {
    std::string project;
    std::string model;
    std::int64_t requests = 0;
    std::int64_t tokens = 0;
    std::int64_t images = 0;
    std::int64_t day_requests = 0;
    std::int64_t day_tokens = 0;
    std::int64_t nanodollars = 0;  ///< Of the project, in ten minutes.
    Duration minute_left{};
    Duration day_left{};
  };

  [[nodiscard]] std::vector<Usage> usage(WallTime time) {
    std::vector<Usage> all;
    for (const auto& [who, ignored] : used_) {
      const Windows& used = windows(who.first, who.second, time);
      all.push_back({who.first, who.second, used.requests, used.tokens, used.images, used.day_requests, used.day_tokens,
                     spending(who.first, time).sum, minute_left(who.first, who.second, time), until_pacific_midnight(time)});
    }
    return all;
  }

  /// The name under which a model's quota is kept.
  [[nodiscard]] static std::string_view bucket(std::string_view model) noexcept {
    constexpr std::string_view preview = "-preview";
    if (model.ends_with(preview)) model.remove_suffix(preview.size());
    return model == "nano-banana-pro" ? std::string_view{"gemini-3-pro-image"} : model;
  }

 private:
  static constexpr std::size_t most_projects = 10'000;
  static constexpr Duration minute = std::chrono::minutes{1};
  static constexpr Duration ten_minutes = std::chrono::minutes{10};

  // As a tier: what a model that only writes is not asked for has no limit.
  static Tier text_limits(const Tier& tier) {
    Tier limits{.name = tier.name};
    limits.requests_per_minute = tier.text->requests_per_minute;
    limits.tokens_per_minute = tier.text->tokens_per_minute;
    limits.requests_per_day = tier.text->requests_per_day;
    return limits;
  }

  struct Windows {
    std::int64_t minute_index = -1;
    std::int64_t requests = 0;
    std::int64_t tokens = 0;
    std::int64_t images = 0;
    std::chrono::sys_days day{};
    std::int64_t day_requests = 0;
    std::int64_t day_tokens = 0;
  };

  struct Spending {
    std::deque<std::pair<WallTime, std::int64_t>> payments{};  // of the last ten minutes, those within a second in one
    std::int64_t sum = 0;
  };

  Spending& spending(std::string_view project, WallTime time) {
    Spending& spent = spent_.obtain(std::string{project}).first;
    while (!spent.payments.empty() && spent.payments.front().first + ten_minutes <= time) {
      spent.sum -= spent.payments.front().second;
      spent.payments.pop_front();
    }
    return spent;
  }

  [[nodiscard]] Duration since_phase(std::string_view project, std::string_view model, WallTime time) const noexcept {
    const double phase = Dice{seed_}.with("phase").with(project).with(bucket(model)).uniform();
    return time.time_since_epoch() + std::chrono::duration_cast<Duration>(phase * minute);
  }

  [[nodiscard]] Duration minute_left(std::string_view project, std::string_view model, WallTime time) const noexcept {
    return minute - since_phase(project, model, time) % minute;
  }

  Windows& windows(std::string_view project, std::string_view model, WallTime time) {
    Windows& used = used_.obtain({std::string{project}, std::string{bucket(model)}}).first;
    const std::int64_t index = since_phase(project, model, time) / minute;
    if (used.minute_index != index) {
      used.minute_index = index;
      used.requests = used.tokens = used.images = 0;
    }
    if (const std::chrono::sys_days today = pacific_day(time); used.day != today) {
      used.day = today;
      used.day_requests = used.day_tokens = 0;
    }
    return used;
  }

  std::uint64_t seed_;
  Tier tier_;
  detail::BoundedMap<std::pair<std::string, std::string>, Windows> used_{most_projects};
  detail::BoundedMap<std::string, Spending> spent_{most_projects};
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
