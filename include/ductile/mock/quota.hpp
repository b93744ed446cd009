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

/// The quotas as the service keeps them: for each project and model windows of a minute, and a day that ends at midnight in California; for
/// each project what it spent in the last ten minutes. A minute's windows are fixed, of a phase that nobody is told, or each moment's last
/// 60 seconds.
///
/// `check` says what is full and counts nothing: a refused call costs nothing. `count` books a call that was let in, however it ends.
/// Previews share the quota of the model that they became.
///
/// Threads  One at a time.
/// Cost     Bounded memory: the project that was first heard of is forgotten for the 10001st, and its windows with it.
class Quota {
 public:
  /// \param sliding A minute's window is the last 60 seconds.
  Quota(std::uint64_t seed, Tier tier, bool sliding = false) : seed_(seed), tier_(std::move(tier)), sliding_(sliding) {}

  [[nodiscard]] const Tier& tier() const noexcept { return tier_; }

  /// The windows that one more call of so many input tokens would overrun: none, if it may pass.
  /// \param draws The model makes images; one that only writes may have limits of its own.
  /// \param image An image is wanted: what asks for words alone needs no room for one.
  [[nodiscard]] std::vector<QuotaViolation> check(std::string_view project, std::string_view model, std::int64_t tokens, WallTime time,
                                                  bool draws = true, bool image = true) {
    const Tier limits = draws || !tier_.text ? tier_ : text_limits(tier_);
    Windows& used = windows(project, model, time);
    std::vector<QuotaViolation> full;
    const auto look = [&full](QuotaDimension dimension, std::int64_t needs, std::int64_t limit, Duration opens_in) {
      if (needs > limit) full.push_back({dimension, limit, opens_in});
    };
    look(QuotaDimension::requests_per_day, used.day_requests + 1, limits.requests_per_day, until_pacific_midnight(time));
    look(QuotaDimension::tokens_per_day, used.day_tokens + tokens, limits.tokens_per_day, until_pacific_midnight(time));
    const auto look_at_minute = [&](QuotaDimension dimension, std::int64_t MinuteCost::* member, std::int64_t more, std::int64_t limit) {
      if (const std::int64_t needs = used.minute.*member + more; needs > limit)
        full.push_back({dimension, limit, opens_in(used, member, needs - limit, project, model, time)});
    };
    look_at_minute(QuotaDimension::requests_per_minute, &MinuteCost::requests, 1, limits.requests_per_minute);
    look_at_minute(QuotaDimension::tokens_per_minute, &MinuteCost::tokens, tokens, limits.tokens_per_minute);
    if (image) look_at_minute(QuotaDimension::images_per_minute, &MinuteCost::images, 1, limits.images_per_minute);
    Spending& spent = spending(project, time);  // what a call costs is known when it has ended: so one may go over
    if (full.empty() && spent.sum >= tier_.nanodollars_per_ten_minutes)
      full.push_back({QuotaDimension::spend, tier_.nanodollars_per_ten_minutes / 1'000'000'000,
                      spent.payments.empty() ? Duration{} : spent.payments.front().first + ten_minutes - time});
    return full;
  }

  void count(std::string_view project, std::string_view model, QuotaCost cost, WallTime time) {
    Windows& used = windows(project, model, time);
    const MinuteCost counted{.requests = 1, .tokens = cost.tokens, .images = cost.image ? 1 : 0};
    used.minute += counted;
    if (sliding_) used.last_minute.emplace_back(time, counted);
    used.day_requests += cost.day ? 1 : 0;
    used.day_tokens += cost.day ? cost.tokens : 0;
    if (cost.nanodollars == 0) return;
    Spending& spent = spending(project, time);
    if (spent.payments.empty() || time - spent.payments.back().first >= std::chrono::seconds{1}) spent.payments.emplace_back(time, 0);
    spent.payments.back().second += cost.nanodollars;
    spent.sum += cost.nanodollars;
  }

  /// When the minute's window ends that `time` is in; none where windows slide. No client learns it: it is for who judges clients.
  [[nodiscard]] std::optional<WallTime> window_end(std::string_view project, std::string_view model, WallTime time) const noexcept {
    if (sliding_) return std::nullopt;
    return time + minute - since_phase(project, model, time) % minute;
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
    Duration minute_left{};        ///< Until the window ends; of one that slides, until the first call leaves it, zero where there is none.
    Duration day_left{};
  };

  [[nodiscard]] std::vector<Usage> usage(WallTime time) {
    std::vector<Usage> all;
    for (const auto& [who, ignored] : used_) {
      const Windows& used = windows(who.first, who.second, time);
      all.push_back({who.first, who.second, used.minute.requests, used.minute.tokens, used.minute.images, used.day_requests,
                     used.day_tokens, spending(who.first, time).sum, minute_left(used, who.first, who.second, time),
                     until_pacific_midnight(time)});
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

  struct MinuteCost {
    std::int64_t requests = 0;
    std::int64_t tokens = 0;
    std::int64_t images = 0;

    MinuteCost& operator+=(const MinuteCost& more) noexcept {
      requests += more.requests;
      tokens += more.tokens;
      images += more.images;
      return *this;
    }
    MinuteCost& operator-=(const MinuteCost& less) noexcept {
      requests -= less.requests;
      tokens -= less.tokens;
      images -= less.images;
      return *this;
    }
  };

  struct Windows {
    std::int64_t minute_index = -1;
    MinuteCost minute{};
    std::deque<std::pair<WallTime, MinuteCost>> last_minute{};  // of which `minute` is the sum; empty where windows are fixed
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

  [[nodiscard]] Duration minute_left(const Windows& used, std::string_view project, std::string_view model, WallTime time) const noexcept {
    if (sliding_) return used.last_minute.empty() ? Duration{} : used.last_minute.front().first + minute - time;
    return minute - since_phase(project, model, time) % minute;
  }

  // Until so much has left the window; if more is asked than it ever holds, until it is empty.
  [[nodiscard]] Duration opens_in(const Windows& used, std::int64_t MinuteCost::* member, std::int64_t excess, std::string_view project,
                                  std::string_view model, WallTime time) const noexcept {
    if (!sliding_) return minute_left(used, project, model, time);
    Duration left = minute;
    for (const auto& [counted, cost] : used.last_minute) {
      left = counted + minute - time;
      if ((excess -= cost.*member) <= 0) break;
    }
    return left;
  }

  Windows& windows(std::string_view project, std::string_view model, WallTime time) {
    Windows& used = used_.obtain({std::string{project}, std::string{bucket(model)}}).first;
    if (sliding_) {
      while (!used.last_minute.empty() && used.last_minute.front().first + minute <= time) {
        used.minute -= used.last_minute.front().second;
        used.last_minute.pop_front();
      }
    } else if (const std::int64_t index = since_phase(project, model, time) / minute; used.minute_index != index) {
      used.minute_index = index;
      used.minute = {};
    }
    if (const std::chrono::sys_days today = pacific_day(time); used.day != today) {
      used.day = today;
      used.day_requests = used.day_tokens = 0;
    }
    return used;
  }

  std::uint64_t seed_;
  Tier tier_;
  bool sliding_;
  detail::BoundedMap<std::pair<std::string, std::string>, Windows> used_{most_projects};
  detail::BoundedMap<std::string, Spending> spent_{most_projects};
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
