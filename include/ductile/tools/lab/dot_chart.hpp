// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/columns.hpp>   // Column, figure_text
#include <ductile/tools/lab/interval.hpp>  // Interval
#include <ductile/tools/lab/markup.hpp>    // Axis, drawing, label, line

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// One panel: a figure of each row, with its interval.
struct DotPanel {
  std::string_view title;
  Axis axis;
  std::vector<Interval> figures;  ///< A row each.
};

/// Rows with names and panels beside them, a dot and its interval a row.
/// \param id Of this drawing alone in its page.
[[nodiscard]] inline std::string dot_chart(const std::string& id, std::string_view title, std::span<const std::string_view> rows,
                                           std::span<const DotPanel> panels) {
  constexpr double names = 160;
  constexpr double panel_width = 160;
  constexpr double gap = 28;
  constexpr double top = 26;
  constexpr double row_height = 22;
  const double bottom = top + row_height * static_cast<double>(rows.size());
  const double width = names + (panel_width + gap) * static_cast<double>(panels.size());
  const auto middle_of = [](std::size_t row) { return top + row_height * (static_cast<double>(row) + 0.5); };

  std::string svg =
      drawing(width, bottom + 22, id, title,
              "A row a strategy, a panel a figure: a dot is the mean over the seeds, the line through it the 95 % interval. The "
              "table has the figures.");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    svg += label(names - 8, middle_of(row) + 4, "name", rows[row]);
    svg += line(names, middle_of(row), width - gap, middle_of(row), "row");
  }
  double left = names;
  for (const DotPanel& panel : panels) {
    const auto x = [&](double figure) { return left + panel_width * panel.axis.place(figure); };
    svg += label(left, 14, "panel", panel.title);
    for (const double mark : panel.axis.marks) {
      svg += line(x(mark), top, x(mark), bottom, "grid");
      svg += label(x(mark), bottom + 14, "mark", figure_text(mark, mark < 1 && mark > 0 ? 2 : 0));
    }
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const Interval& figure = panel.figures[row];
      const double y = middle_of(row);
      if (figure.mean < panel.axis.least) {  // calls for each image, of who has got none
        svg += label(left + 4, y + 4, "none", "no image");
        continue;
      }
      if (figure.half) svg += line(x(figure.mean - *figure.half), y, x(figure.mean + *figure.half), y, "interval");
      svg += element("circle", {{"cx", place_text(x(figure.mean))}, {"cy", place_text(y)}, {"r", "4"}, {"class", "dot"}}) + "\n";
    }
    left += panel_width + gap;
  }
  return svg + "</svg>\n";
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
