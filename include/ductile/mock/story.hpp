// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>         // WallTime
#include <ductile/core/verdict.hpp>     // Duration
#include <ductile/detail/iso_time.hpp>  // iso_time
#include <ductile/gemini/redact.hpp>    // shortened
#include <ductile/mock/detail/seconds.hpp>
#include <ductile/mock/dice.hpp>     // Dice
#include <ductile/mock/episode.hpp>  // Episode

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// The configurable filter's answer, which the safetySettings of a call may rule out.
inline constexpr std::string_view filtered_row = "prompt-blocked-safety";

/// What of a call its episode depends on.
struct StoryCall {
  std::string_view model{};
  std::string_view project{};
  std::string_view prompt{};
  std::string_view size{};          ///< As asked; empty: not asked.
  bool image = true;                ///< The model draws.
  bool filtered = true;             ///< Its safetySettings let the configurable filter block.
  bool refused_for_itself = false;  ///< However well the service is.
  WallTime time{};
};

/// A scenario's episodes as they are played: how many calls each has seen, and in what state the story is.
///
/// Threads  One at a time.
class Story {
 public:
  /// \param start What the episodes' spans of time count from.
  Story(std::vector<Episode> episodes, std::string state, WallTime start)
      : episodes_(std::move(episodes)), seen_(episodes_.size()), start_(start) {
    enter(std::move(state));
  }

  /// The number of the episode that answers this call, which counts; none: the service itself does.
  ///
  /// \param dice This call's own.
  std::optional<std::size_t> due(const StoryCall& call, Dice dice) {
    std::optional<std::size_t> found;
    std::string next;
    for (std::size_t i = 0; i < episodes_.size(); ++i) {
      const Episode& episode = episodes_[i];
      if (misses(episode, call) != 0 || (episode.as_overload && call.refused_for_itself)) continue;
      const std::uint64_t number = seen_[i]++;
      if (const auto calls = calls_left(episode, number); calls == Calls::come || calls == Calls::over) continue;
      const bool answers = !found && (episode.chance >= 1 || dice.with("chance").with(i).chance(episode.chance));
      if (answers) found = i;
      const bool last = episode.calls ? number + 1 == std::uint64_t{episode.after} + *episode.calls : answers;
      if (last && !episode.next_state.empty()) next = episode.next_state;
    }
    if (!next.empty()) enter(std::move(next));
    return found;
  }

  /// The answer to `call` of the episode that is due: of a mix, of those answers that the call can have.
  [[nodiscard]] const std::string& answer_of(std::size_t number, const StoryCall& call, Dice dice) const {
    const Episode& episode = episodes_[number];
    if (episode.mix.empty()) return episode.answer;
    double sum = 0;
    for (const WeightedAnswer& each : episode.mix) sum += possible(each.answer, call) ? each.weight : 0;
    double luck = dice.with("mix").with(number).between(0, sum);
    const std::string* last = &episode.mix.back().answer;
    for (const WeightedAnswer& each : episode.mix) {
      if (each.weight <= 0 || !possible(each.answer, call)) continue;
      if ((luck -= each.weight) < 0) return each.answer;
      last = &each.answer;
    }
    return *last;
  }

  /// Why no episode answered a call that `due` has just seen: the one that came nearest, and what of it the call does not meet. Quotes no
  /// prompt. Empty without episodes.
  [[nodiscard]] std::string near_miss(const StoryCall& call) const {
    std::size_t nearest = episodes_.size();
    std::size_t fewest = 0;
    for (std::size_t i = 0; i < episodes_.size(); ++i) {
      const std::size_t count = misses(episodes_[i], call);
      if (nearest < episodes_.size() && count >= fewest) continue;
      nearest = i;
      fewest = count;
    }
    if (nearest == episodes_.size()) return {};
    std::string text;
    compare(episodes_[nearest], call, [&text](bool met, const auto& words) {
      if (!met) text += (text.empty() ? "" : "; ") + words();
    });
    return "episodes[" + std::to_string(nearest) + "]: " + (text.empty() ? number_missed(nearest) : text);
  }

  /// The state that the story is in; empty where a scenario names none.
  [[nodiscard]] const std::string& state() const noexcept { return state_; }

  void enter(std::string state) {
    entered_.insert(state);
    state_ = std::move(state);
  }

  [[nodiscard]] const std::vector<Episode>& episodes() const noexcept { return episodes_; }

 private:
  enum class Calls : std::uint8_t { come, now, over };

  static Calls calls_left(const Episode& episode, std::uint64_t number) {
    if (number < episode.after) return Calls::come;
    return episode.calls && number >= std::uint64_t{episode.after} + *episode.calls ? Calls::over : Calls::now;
  }

  static std::string quoted(std::string_view text) { return '"' + gemini::shortened(text, 80) + '"'; }

  static std::string written(Duration span) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6g", detail::in_seconds(span));
    return text.data();
  }

  static bool possible(std::string_view answer, const StoryCall& call) { return answer != filtered_row || call.filtered; }

  static bool has_answer(const Episode& episode, const StoryCall& call) {
    if (episode.mix.empty()) return possible(episode.answer, call);
    return std::any_of(episode.mix.begin(), episode.mix.end(),
                       [&call](const WeightedAnswer& each) { return each.weight > 0 && possible(each.answer, call); });
  }

  // Shows `visit` each thing that the episode wants of a call, its number apart: whether it is met, and in words why not.
  template <class Visit>
  void compare(const Episode& episode, const StoryCall& call, const Visit& visit) const {
    const Duration since = call.time - start_;
    const auto came = [&] { return ", and the call came at " + written(since); };
    visit(episode.model.empty() || episode.model == call.model,
          [&] { return "match.model is " + quoted(episode.model) + ", and the call asks " + quoted(call.model); });
    visit(episode.project.empty() || episode.project == call.project,
          [&] { return "match.project is " + quoted(episode.project) + ", and the call's key belongs to another"; });
    visit(call.prompt.find(episode.prompt) != call.prompt.npos,
          [&] { return "match.prompt is " + quoted(episode.prompt) + ", which the call's prompt does not hold"; });
    visit(!episode.image || *episode.image == call.image, [&] {
      return std::string{"match.image is "} + (call.image ? "false, and the call's model draws" : "true, and the call's model only writes");
    });
    visit(episode.size.empty() || episode.size == call.size,
          [&] { return "match.size is " + quoted(episode.size) + ", and the call asks for " + quoted(call.size); });
    visit(has_answer(episode, call),
          [&] { return "answer is " + quoted(filtered_row) + ", and the call's safetySettings let the prompt pass"; });
    visit(since >= episode.from, [&] { return "from_s is " + written(episode.from) + came(); });
    visit(!episode.until || since < *episode.until, [&] { return "until_s is " + written(*episode.until) + came(); });
    const auto by_clock = [&] { return ", and the call came at " + ductile::detail::iso_time(call.time); };
    visit(!episode.from_moment || call.time >= *episode.from_moment,
          [&] { return "from is " + ductile::detail::iso_time(*episode.from_moment) + by_clock(); });
    visit(!episode.until_moment || call.time < *episode.until_moment,
          [&] { return "until is " + ductile::detail::iso_time(*episode.until_moment) + by_clock(); });
    visit(episode.state.empty() || episode.state == state_,
          [&] { return "state is " + quoted(episode.state) + ", and the story is in " + quoted(state_); });
    visit(episode.until_state.empty() || !entered_.contains(episode.until_state),
          [&] { return "until_state is " + quoted(episode.until_state) + ", which the story has entered"; });
  }

  [[nodiscard]] std::size_t misses(const Episode& episode, const StoryCall& call) const {
    std::size_t count = 0;
    compare(episode, call, [&count](bool met, const auto&) { count += met ? 0 : 1; });
    return count;
  }

  // Why a call that the episode has let in was none of its own.
  [[nodiscard]] std::string number_missed(std::size_t number) const {
    const Episode& episode = episodes_[number];
    const std::uint64_t seen = seen_[number];
    if (seen <= episode.after) return "after is " + std::to_string(episode.after) + ", and this is call " + std::to_string(seen);
    if (calls_left(episode, seen - 1) == Calls::over) return "its calls, " + std::to_string(*episode.calls) + ", are over";
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "chance is %g, and this call was left out", episode.chance);
    return text.data();
  }

  std::vector<Episode> episodes_;
  std::vector<std::uint64_t> seen_;  // calls that each episode has let in
  WallTime start_{};
  std::string state_;
  std::set<std::string, std::less<>> entered_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
