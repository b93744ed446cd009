// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/columns.hpp>     // Column, columns, figure_text, interval_of, outage_columns
#include <ductile/tools/lab/day.hpp>         // Scenario
#include <ductile/tools/lab/dot_chart.hpp>   // dot_chart, DotPanel
#include <ductile/tools/lab/interval.hpp>    // Interval
#include <ductile/tools/lab/load_chart.hpp>  // load_chart
#include <ductile/tools/lab/load_curve.hpp>  // LoadCurve
#include <ductile/tools/lab/markup.hpp>      // Axis, escaped
#include <ductile/tools/lab/metrics.hpp>     // Metrics
#include <ductile/tools/lab/strategies.hpp>  // Strategy

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// What one strategy came to in one scenario, a run a seed.
struct PlottedStrategy {
  const Strategy* strategy = nullptr;
  std::vector<Metrics> runs{};
  std::optional<LoadCurve> load{};  ///< Of a scenario with an outage.
};

/// A scenario, and who was played in it.
struct PlottedScenario {
  const Scenario* scenario = nullptr;
  std::vector<PlottedStrategy> strategies{};
};

namespace detail {

inline constexpr std::string_view plot_head = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ductile lab</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --mark: #0b62c4; --shade: #cf222e26; --back: #fff; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6edf3; --faint: #9da7b1; --line: #3d444d; --mark: #6cb0ff; --shade: #ff7b7238; --back: #0d1117; }
  }
  body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 0 auto; max-width: 84rem; padding: 1rem 1.2rem 3rem; }
  h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
  h2 { font-size: 1.15rem; margin: 0; }
  h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
  p { max-width: 62rem; margin: .3rem 0; }
  .faint { color: var(--faint); }
  section { border-top: 1px solid var(--line); margin-top: 1.6rem; padding-top: 1rem; }
  .pair { display: grid; grid-template-columns: minmax(36rem, 1fr) auto; gap: 1rem 2rem; align-items: start; margin-top: .6rem; }
  @media (max-width: 70rem) { .pair { grid-template-columns: minmax(0, 1fr); } }
  .wide { overflow-x: auto; }
  .pair svg { min-width: 36rem; width: 100%; display: block; }
  .curves { display: grid; gap: .6rem 1.2rem; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); margin-top: .6rem; }
  .curves svg { width: 100%; display: block; }
  table { border-collapse: collapse; font-size: .87rem; font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: .22rem 0 .22rem 1rem; border-bottom: 1px solid var(--line); white-space: nowrap; font-weight: 400; }
  thead th { font-weight: 600; vertical-align: bottom; }
  th:first-child { text-align: left; padding-left: 0; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem 1.2rem; margin: .5rem 0; }
  dt { font-weight: 600; } dd { margin: 0; }
  svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
  svg .name { text-anchor: end; }
  svg .panel { font-weight: 600; }
  svg .peak { text-anchor: end; fill: var(--faint); }
  svg .mark { text-anchor: middle; fill: var(--faint); font-size: 11px; }
  svg .scale { text-anchor: end; fill: var(--faint); font-size: 11px; }
  svg .none { fill: var(--faint); font-style: italic; font-size: 11px; }
  svg .grid { stroke: var(--line); }
  svg .row { stroke: var(--line); stroke-dasharray: 1 3; }
  svg .interval { stroke: var(--mark); stroke-width: 2; }
  svg .dot { fill: var(--mark); }
  svg .load { stroke: var(--mark); stroke-width: 1.5; fill: none; }
  svg .outage { fill: var(--shade); }
  svg .capacity { stroke: var(--ink); stroke-dasharray: 5 4; opacity: .6; }
</style>
</head>
<body>
)html";

inline std::string table_of(std::string_view caption, std::span<const Column> shown, const std::vector<PlottedStrategy>& strategies) {
  std::string html = "<div class=\"wide\"><table aria-label=\"" + escaped(caption) + "\">\n<thead><tr><th scope=\"col\">strategy</th>";
  for (const Column& column : shown) html += "<th scope=\"col\">" + escaped(column.title) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const PlottedStrategy& each : strategies) {
    html += "<tr><th scope=\"row\">" + escaped(each.strategy->name) + "</th>";
    for (const Column& column : shown) {
      const Interval figure = interval_of(each.runs, column.figure);
      html += "<td>" + interval_text(figure, column.digits, " ± ") + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

// The first three columns, which the goals are about.
inline std::string dots_of(const std::string& id, const PlottedScenario& played) {
  std::vector<std::string_view> rows;
  for (const PlottedStrategy& each : played.strategies) rows.push_back(each.strategy->name);
  std::vector<DotPanel> panels;
  for (const Column& column : std::span{columns}.first(3)) {
    DotPanel panel{.title = column.title, .axis = {}, .figures = {}};
    double most = 0;
    for (const PlottedStrategy& each : played.strategies) {
      panel.figures.push_back(interval_of(each.runs, column.figure));
      most = std::max(most, panel.figures.back().mean + panel.figures.back().half.value_or(0));
    }
    panel.axis = column.figure == &Metrics::ratio             ? Axis::share()
                 : column.figure == &Metrics::calls_per_image ? Axis::from_one(most)
                                                              : Axis::from_nought(most);
    panels.push_back(std::move(panel));
  }
  return dot_chart(id, played.scenario->name + ": what the strategies come to", rows, panels);
}

inline std::string curves_of(const std::string& id, const PlottedScenario& played) {
  double most = 0;
  for (const PlottedStrategy& each : played.strategies)
    if (each.load) most = std::max(most, each.load->peak());
  std::string html =
      "<h3>Calls a minute around the outage</h3>\n<p class=\"faint\">The mean of the seeds, on a logarithmic scale that has a place for "
      "nought. "
      "Shaded: the outage." +
      std::string{played.scenario->capacity ? " Dashed: what both models together can serve." : ""} + "</p>\n<div class=\"curves\">\n";
  for (std::size_t i = 0; i < played.strategies.size(); ++i)
    if (const auto& load = played.strategies[i].load)
      html += load_chart(id + "-load-" + std::to_string(i), played.strategies[i].strategy->name, *played.scenario, *load, most);
  return html + "</div>\n";
}

}  // namespace detail

/// One page of HTML with all that was played: charts, tables, and what is to be known to read them. It loads nothing from outside, runs no
/// script, and follows the reader's choice of light or dark.
/// \param seeds Which days, as they were asked for: "1-20".
[[nodiscard]] inline std::string plot_page(const std::vector<PlottedScenario>& scenarios, std::string_view seeds) {
  std::string html{detail::plot_head};
  html +=
      "<header>\n<h1>ductile lab</h1>\n<p>Clients of several kinds on the same simulated days, seeds " + escaped(seeds) +
      ". Each figure is the mean over the seeds ± half of its 95 % interval (Student's). <em>Bound</em>: images by their jobs' deadlines "
      "that no client can exceed, even one that knows everything beforehand. <em>429</em>: answers that a quota is used up. Scales from 1 "
      "up, and of 429s, are logarithmic. Nothing here was measured at the real service.</p>\n</header>\n<main>\n";
  std::vector<const Strategy*> strategies;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const PlottedScenario& played = scenarios[i];
    const std::string id = "scenario-" + std::to_string(i);
    html += "<section>\n<h2>" + escaped(played.scenario->name) + "</h2>\n<p class=\"faint\">" + escaped(played.scenario->what) +
            "</p>\n<div class=\"pair\">\n<div class=\"wide\">\n" + detail::dots_of(id, played) + "</div>\n" +
            detail::table_of(played.scenario->name, std::span{columns}.first(3), played.strategies) + "</div>\n";
    if (played.scenario->outage) {
      html += detail::curves_of(id, played);
      html += "<h3>The outage and after</h3>\n" +
              detail::table_of(played.scenario->name + ": the outage and after", outage_columns, played.strategies);
    }
    html += "</section>\n";
    for (const PlottedStrategy& each : played.strategies)
      if (std::ranges::find(strategies, each.strategy) == strategies.end()) strategies.push_back(each.strategy);
  }
  html += "<section>\n<h2>The strategies</h2>\n<dl>\n";
  for (const Strategy* each : strategies) html += "<dt>" + escaped(each->name) + "</dt><dd>" + escaped(each->what) + "</dd>\n";
  return html + "</dl>\n</section>\n</main>\n</body>\n</html>\n";
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
