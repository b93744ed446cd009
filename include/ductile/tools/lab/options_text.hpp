// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>  // Exponential
#include <ductile/core/by_kind.hpp>         // ByKind
#include <ductile/core/kind.hpp>            // Kind, kinds, name
#include <ductile/core/quota_window.hpp>    // QuotaWindow
#include <ductile/core/target.hpp>          // Target
#include <ductile/core/verdict.hpp>         // Duration, Verdict
#include <ductile/gemini/failures.hpp>      // failures, verdict_of
#include <ductile/gemini/resilient_options.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

// Writes a line for each option. A struct is taken apart by a binding that names all its members: with one more it no longer compiles, so
// no option can be forgotten here.
class OptionLines {
 public:
  void add(const std::string& path, const gemini::ResilientOptions& options) {
    const auto& [deadline, fallback, retry, breaker, slow_start, quota, shared_quota, reword, off_peak, attempt_timeout, least_attempt,
                 downsize, remember_blocked, reword_third_party] = options;
    add(path + "deadline", deadline);
    add(path + "fallback.", fallback);
    add(path + "retry.", retry);
    add(path + "breaker.", breaker);
    add(path + "slow_start.", slow_start);
    add(path + "quota.", quota);
    add(path + "shared_quota", shared_quota != nullptr);
    add(path + "reword.", reword);
    if (off_peak)
      add(path + "off_peak.", *off_peak);
    else
      line(path + "off_peak", "none");
    add(path + "attempt_timeout", attempt_timeout);
    add(path + "least_attempt", least_attempt);
    add(path + "downsize", downsize);
    add(path + "remember_blocked", remember_blocked);
    add(path + "reword_third_party", reword_third_party);
  }

  [[nodiscard]] std::string text() const { return text_; }

 private:
  void line(const std::string& path, std::string_view value) { text_.append(path).append(" ").append(value).append("\n"); }

  template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
  void add(const std::string& path, Number value) {
    std::ostringstream shown;
    shown << std::boolalpha << value;
    line(path, shown.str());
  }
  template <class Choice>
    requires std::is_enum_v<Choice>
  void add(const std::string& path, Choice value) {
    add(path, static_cast<int>(value));
  }
  void add(const std::string& path, Duration value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g s", std::chrono::duration<double>(value).count());
    line(path, text);
  }
  void add(const std::string& path, const std::string& value) { line(path, value.empty() ? "none" : value); }
  void add(const std::string& path, const std::vector<std::string>& values) {
    std::string all;
    for (const std::string& each : values) all.append(all.empty() ? "" : ", ").append(each);
    add(path, all);
  }
  template <class Value>
  void add(const std::string& path, const std::optional<Value>& value) {
    if (value)
      add(path, *value);
    else
      line(path, "none");
  }
  // Kinds that have none are left out.
  template <class Value>
  void add(const std::string& path, const ByKind<Value>& values) {
    for (std::size_t i = 0; i < kinds; ++i) {
      const auto kind = static_cast<Kind>(i);
      if (values[kind] != Value{}) add(path + "." + std::string{name(kind)}, values[kind]);
    }
  }

  void add(const std::string& path, const Exponential& backoff) {
    const auto& [base, cap, factor, jitter, floor] = backoff;
    add(path + "base", base);
    add(path + "cap", cap);
    add(path + "factor", factor);
    add(path + "jitter", jitter);
    add(path + "floor", floor);
  }

  void add(const std::string& path, const Target& target) {
    const auto& [name, model, base_url, project, key_name, region, sizes, price, ratios, quota_group] = target;
    add(path + "name", name);
    add(path + "model", model);
    add(path + "base_url", base_url);
    add(path + "project", project);
    add(path + "key_name", key_name);
    add(path + "region", region);
    add(path + "sizes", sizes);
    add(path + "price", price);
    add(path + "ratios", ratios);
    add(path + "quota_group", quota_group);
  }

  // By what it makes of each row of the catalogue: the rows of each step.
  void add(const std::string& path, const FallbackTable& table) {
    std::map<std::string, std::string> rows;
    for (const gemini::FailureRow& row : gemini::failures) {
      const NextStep step = table(gemini::verdict_of(row));
      std::string taken = step.next == Next::stop ? "stop" : "next";
      if (step.next == Next::here) taken = "here-" + std::to_string(step.attempts);
      rows[taken].append(" ").append(row.id.text());
    }
    for (const auto& [step, ids] : rows) text_.append(path).append(".").append(step).append(ids).append("\n");
  }

  void add(const std::string& path, const FallbackOptions& options) {
    const auto& [targets, table, on_all_open, patience, patience_when_long, long_slack, between_rounds, rest, begin_anew, give_up_after,
                 price_ceiling, longest_rest, rest_jitter] = options;
    for (std::size_t i = 0; i < targets.size(); ++i) add(path + "targets[" + std::to_string(i) + "].", targets[i]);
    add(path + "table", table);
    add(path + "on_all_open", on_all_open);
    add(path + "patience", patience);
    add(path + "patience_when_long", patience_when_long);
    add(path + "long_slack", long_slack);
    add(path + "between_rounds.", between_rounds);
    add(path + "rest", rest);
    add(path + "begin_anew", begin_anew);
    add(path + "give_up_after", give_up_after);
    add(path + "price_ceiling", price_ceiling);
    add(path + "longest_rest", longest_rest);
    add(path + "rest_jitter", rest_jitter);
  }

  void add(const std::string& path, const RetryOptions<Exponential>& options) {
    const auto& [attempts, backoff, attempts_by_kind, longest_by_kind, longest_hint, hint_jitter, outwait_rejections, probe_at_hint,
                 squeeze_to] = options;
    add(path + "attempts", attempts);
    add(path + "backoff.", backoff);
    add(path + "attempts_by_kind", attempts_by_kind);
    add(path + "longest_by_kind", longest_by_kind);
    add(path + "longest_hint", longest_hint);
    add(path + "hint_jitter", hint_jitter);
    add(path + "outwait_rejections", outwait_rejections);
    add(path + "probe_at_hint", probe_at_hint);
    add(path + "squeeze_to", squeeze_to);
  }

  void add(const std::string& path, const CircuitBreakerOptions<FailureRatio>& options) {
    const auto& [trip, open_for, longest_open, probes, successes_to_close, probe_lease, counts, last_chance] = options;
    const auto& [share, window] = trip;
    const auto& [of, within, at_least] = window;
    add(path + "trip.share", share);
    add(path + "trip.of", of);
    add(path + "trip.within", within);
    add(path + "trip.at_least", at_least);
    add(path + "open_for", open_for);
    add(path + "longest_open", longest_open);
    add(path + "probes", probes);
    add(path + "successes_to_close", successes_to_close);
    add(path + "probe_lease", probe_lease);
    add(path + "counts", counts);
    add(path + "last_chance", last_chance);
  }

  void add(const std::string& path, const SlowStartOptions& options) {
    const auto& [begin, step, shrink, end, calm, longest_wait, counts] = options;
    add(path + "begin", begin);
    add(path + "step", step);
    add(path + "shrink", shrink);
    add(path + "end", end);
    add(path + "calm", calm);
    add(path + "longest_wait", longest_wait);
    add(path + "counts", counts);
  }

  void add(const std::string& path, const QuotaWindow& window) {
    const auto& [dimension, unit, limit, span, day, counts, fixed] = window;
    add(path + "dimension", dimension);
    add(path + "unit", unit);
    add(path + "limit", limit);
    add(path + "span", span);
    add(path + "daily", day.has_value());
    add(path + "counts", counts);
    add(path + "fixed", fixed);
  }

  void add(const std::string& path, const QuotaOptions<6>& options) {
    const auto& [limits, images, tokens, store, store_patience, when_store_fails, prices] = options;
    const auto& [image, million_tokens] = prices;
    std::size_t number = 0;
    for (const QuotaWindow& each : limits) add(path + "limits[" + std::to_string(number++) + "].", each);
    add(path + "images", images);
    add(path + "tokens", tokens);
    add(path + "store", store != nullptr);
    add(path + "store_patience", store_patience);
    add(path + "when_store_fails", when_store_fails);
    add(path + "prices.image", image);
    add(path + "prices.million_tokens", million_tokens);
  }

  void add(const std::string& path, const RewordOptions& options) {
    const auto& [most, rerolls, kinds_reworded, rows] = options;
    add(path + "most", most);
    add(path + "rerolls", rerolls);
    add(path + "kinds", kinds_reworded);
    std::vector<std::string> ids;
    for (const FailureId row : rows)
      if (!(row == FailureId{})) ids.emplace_back(row.text());
    add(path + "rows", ids);
  }

  void add(const std::string& path, const OffPeakOptions& options) {
    const auto& [overload, well, reserve, spread, learns_from] = options;
    for (std::size_t hour = 0; hour < overload.size(); ++hour) add(path + "overload[" + std::to_string(hour) + "]", overload[hour]);
    add(path + "well", well);
    add(path + "reserve", reserve);
    add(path + "spread", spread);
    add(path + "learns_from", learns_from);
  }

  std::string text_;
};

}  // namespace detail

/// Every option that a client was made with, a line each: its path, and its value. Spans in seconds; an option by kinds has a line for each
/// kind that is not left at zero, the fallback's table one for each step with the rows of the catalogue that it is for.
[[nodiscard]] inline std::string options_text(const gemini::ResilientOptions& options) {
  detail::OptionLines lines;
  lines.add({}, options);
  return lines.text();
}

/// Where two such texts first differ, for a person; none: nowhere.
[[nodiscard]] inline std::optional<std::string> first_difference(const std::string& is, const std::string& wanted) {
  std::istringstream ours{is};
  std::istringstream theirs{wanted};
  for (;;) {
    std::string our;
    std::string their;
    const bool more = static_cast<bool>(std::getline(ours, our));
    const bool other_more = static_cast<bool>(std::getline(theirs, their));
    if (!more && !other_more) return std::nullopt;
    if (our != their) return "'" + our + "' is not '" + their + "'";
  }
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
