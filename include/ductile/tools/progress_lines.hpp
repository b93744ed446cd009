// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/answer.hpp>          // Signal
#include <ductile/core/now.hpp>             // Time
#include <ductile/gemini/redact.hpp>        // detail::character_length
#include <ductile/tools/duration_text.hpp>  // duration_text
#include <ductile/tools/progress.hpp>       // Progress, ProgressView

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// What a drawing needs to know beside the picture itself.
struct Canvas {
  std::size_t width = 80;   ///< Columns; a longer line is cut.
  std::size_t height = 24;  ///< Rows; jobs that do not fit are counted instead.
  Time now{};
  std::string title{};                                 ///< What the first line begins with.
  std::function<std::string(Time)> time_of_day{};      ///< A moment of the run's clock as "10:07:32".
  std::function<Time(unsigned target)> rests_until{};  ///< Until when the chain leaves a target alone; in the past: not.
};

namespace detail {

/// At most `width` characters; a cut is marked. (Every character counts as one column.)
[[nodiscard]] inline std::string cut(std::string_view text, std::size_t width) {
  std::size_t end = 0;
  std::size_t before = 0;
  std::size_t characters = 0;
  while (end < text.size()) {
    if (characters == width) return std::string{text.substr(0, before)} + (width > 0 ? ">" : "");
    before = end;
    end += std::max<std::size_t>(1, gemini::detail::character_length(text.substr(end)));
    ++characters;
  }
  return std::string{text};
}

[[nodiscard]] inline std::string padded(std::string_view text, std::size_t width) {
  std::string result = cut(text, width);
  if (result.size() < width) result.append(width - result.size(), ' ');
  return result;
}

[[nodiscard]] inline std::string target_state(const TargetView& target, unsigned index, const Canvas& canvas) {
  if (target.circuit == Signal::circuit_opened)
    return target.opens_at > canvas.now ? "open until " + canvas.time_of_day(target.opens_at) : "open, to be tried";
  if (target.circuit == Signal::circuit_isolated) return "isolated by hand";
  if (target.circuit == Signal::circuit_half_opened) return "half open, being tried";
  if (canvas.rests_until)
    if (const Time until = canvas.rests_until(index); until > canvas.now) return "rests until " + canvas.time_of_day(until);
  return "closed";
}

[[nodiscard]] inline std::string job_state(const JobView& job, const ProgressView& view, const Canvas& canvas) {
  if (job.wait != WaitSource::none)
    return "waiting until " + canvas.time_of_day(job.until) + " (" + std::string{Progress::wait_text(job.wait)} + ")" +
           (job.after.empty() ? "" : " after " + job.after);
  if (job.attempt == 0) return "begins";
  std::string text = "attempt " + std::to_string(job.attempt);
  if (!job.after.empty()) text += " after " + job.after;
  if (job.target < view.targets.size()) text += " on " + view.targets[job.target].name;
  return text + ", " + duration_text(canvas.now - job.since);
}

}  // namespace detail

/// The picture of a run as lines for a terminal, none wider or more than the canvas: a headline, the targets, the running jobs.
[[nodiscard]] inline std::vector<std::string> progress_lines(const ProgressView& view, const Canvas& canvas) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& line) { lines.push_back(detail::cut(line, canvas.width)); };

  std::string headline = canvas.title + "  " + std::to_string(view.made) + " made";
  if (view.kept > 0) headline += ", " + std::to_string(view.kept) + " kept";
  if (view.failed > 0) headline += ", " + std::to_string(view.failed) + " failed";
  headline +=
      ", " + std::to_string(view.running.size()) + " running, " + std::to_string(view.to_go()) + " to go of " + std::to_string(view.jobs);
  if (canvas.time_of_day) headline += "  " + canvas.time_of_day(canvas.now);
  add(headline);

  std::size_t name_width = 4;
  for (const TargetView& target : view.targets) name_width = std::max(name_width, std::min<std::size_t>(target.name.size(), 24));
  for (std::size_t i = 0; i < view.targets.size(); ++i) {
    const TargetView& target = view.targets[i];
    add("  " + detail::padded(target.name, name_width) + "  " +
        detail::padded(detail::target_state(target, static_cast<unsigned>(i), canvas), 22) + "  " + std::to_string(target.made) +
        " made, " + std::to_string(target.failed) + " failed attempts  " + target.model);
  }

  const std::size_t room = canvas.height > lines.size() + 2 ? canvas.height - lines.size() - 2 : 0;
  const std::size_t shown = view.running.size() <= room ? view.running.size() : room;
  for (std::size_t i = 0; i < shown; ++i)
    add("  " + detail::padded(view.running[i].label, 28) + "  " + detail::job_state(view.running[i], view, canvas));
  if (shown < view.running.size()) add("  and " + std::to_string(view.running.size() - shown) + " more");
  return lines;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
