// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>              // Time
#include <ductile/tools/lab/columns.hpp>     // figure_text
#include <ductile/tools/lab/day.hpp>         // Scenario
#include <ductile/tools/lab/load_curve.hpp>  // LoadCurve
#include <ductile/tools/lab/markup.hpp>      // Axis, drawing, element, label, line, place_text

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

// "01:30"; hours go on after midnight.
inline std::string clock_text(Time time) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d", static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  return text.data();
}

}  // namespace detail

/// A strategy's calls a minute over time, with the outage shaded and what both models can serve as a dashed line.
/// \param most Of the axis, so that the charts of several strategies can be compared.
/// \param id Of this drawing alone in its page.
[[nodiscard]] inline std::string load_chart(const std::string& id, std::string_view name, const Scenario& scenario, const LoadCurve& curve,
                                            double most) {
  constexpr double left = 38;
  constexpr double width = 280;
  constexpr double top = 24;
  constexpr double height = 110;
  constexpr double right = 12;
  const Axis axis = Axis::from_nought(most);
  const auto y = [&](double calls) { return top + height * (1 - axis.place(calls)); };
  const auto minutes = static_cast<double>(curve.minutes());
  const auto x = [&](double minute) { return left + width * minute / minutes; };
  const auto minute_of = [&](Time time) { return std::chrono::duration<double>(time - curve.begin()).count() / 60; };
  const double outage_from = minute_of(Time{scenario.outage->from});
  const double outage_until = minute_of(Time{scenario.outage->until});

  std::string svg =
      drawing(left + width + right, top + height + 20, id, std::string{name} + ": calls a minute around the outage",
              "The mean of the seeds, from " + detail::clock_text(curve.begin()) + " on; the outage, from " +
                  detail::clock_text(Time{scenario.outage->from}) + " to " + detail::clock_text(Time{scenario.outage->until}) +
                  ", is shaded. At most " + figure_text(curve.peak(), 0) + " in a minute.");
  svg += element("rect", {{"x", place_text(x(outage_from))},
                          {"y", place_text(top)},
                          {"width", place_text(x(outage_until) - x(outage_from))},
                          {"height", place_text(height)},
                          {"class", "outage"}}) +
         "\n";
  svg += label(left, 15, "panel", name);
  svg += label(left + width, 15, "peak", "at most " + figure_text(curve.peak(), 0) + " a minute");
  for (const double mark : axis.marks) {
    if (mark == 1) continue;  // too near to nought
    svg += line(left, y(mark), left + width, y(mark), "grid");
    svg += label(left - 6, y(mark) + 4, "scale", figure_text(mark, 0));
  }
  for (Time time = std::chrono::ceil<std::chrono::hours>(curve.begin()); minute_of(time) <= minutes; time += std::chrono::hours{1})
    svg += label(x(minute_of(time)), top + height + 14, minute_of(time) > minutes - 15 ? "peak" : "mark", detail::clock_text(time));
  if (scenario.capacity)
    svg += line(left, y(2 * scenario.capacity->calls_per_minute), left + width, y(2 * scenario.capacity->calls_per_minute), "capacity");
  std::string points;
  for (std::size_t minute = 0; minute < curve.minutes(); ++minute)
    points.append(minute == 0 ? "" : " ")
        .append(place_text(x(static_cast<double>(minute) + 0.5)))
        .append(",")
        .append(place_text(y(curve.calls(minute))));
  svg += element("polyline", {{"points", points}, {"class", "load"}}) + "\n";
  return svg + "</svg>\n";
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
