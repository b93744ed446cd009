// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/columns.hpp>  // figure_text

#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the charts of a page are written with.
namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// Words as HTML and SVG take them, in an attribute too.
[[nodiscard]] inline std::string escaped(std::string_view words) {
  std::string text;
  for (const char letter : words) {
    switch (letter) {
      case '&': text += "&amp;"; break;
      case '<': text += "&lt;"; break;
      case '>': text += "&gt;"; break;
      case '"': text += "&quot;"; break;
      default: text += letter;
    }
  }
  return text;
}

/// `<name a="1" b="2">`, or `/>` where nothing is to stand in it.
[[nodiscard]] inline std::string element(std::string_view name, std::initializer_list<std::pair<std::string_view, std::string>> attributes,
                                         std::string_view end = "/>") {
  std::string text = "<" + std::string{name};
  for (const auto& [attribute, value] : attributes) text.append(" ").append(attribute).append("=\"").append(value).append("\"");
  return text.append(end);
}

/// A place in a drawing, in hundredths of a pixel at the finest.
[[nodiscard]] inline std::string place_text(double place) { return figure_text(place, std::nearbyint(place) == place ? 0 : 2); }

/// `<text>` at a place.
/// \param kind The class that says how it looks and where it is anchored.
[[nodiscard]] inline std::string label(double x, double y, std::string_view kind, std::string_view words) {
  return element("text", {{"x", place_text(x)}, {"y", place_text(y)}, {"class", std::string{kind}}}, ">") + escaped(words) + "</text>\n";
}

[[nodiscard]] inline std::string line(double x1, double y1, double x2, double y2, std::string_view kind) {
  return element("line", {{"x1", place_text(x1)},
                          {"y1", place_text(y1)},
                          {"x2", place_text(x2)},
                          {"y2", place_text(y2)},
                          {"class", std::string{kind}}}) +
         "\n";
}

/// The begin of a drawing that says what it is to who cannot see it.
/// \param id Of this drawing alone in its page.
[[nodiscard]] inline std::string drawing(double width, double height, const std::string& id, std::string_view title,
                                         std::string_view what) {
  return element("svg",
                 {{"viewBox", "0 0 " + place_text(width) + " " + place_text(height)},
                  {"role", "img"},
                  {"aria-labelledby", id + "-title " + id + "-desc"}},
                 ">\n") +
         "<title id=\"" + id + "-title\">" + escaped(title) + "</title>\n<desc id=\"" + id + "-desc\">" + escaped(what) + "</desc>\n";
}

/// Where figures stand along an axis, and which of them are written at it.
struct Axis {
  enum class Form { linear, logarithmic };
  Form form = Form::linear;
  double least = 0;
  double most = 1;
  double offset = 0;  ///< Of a logarithmic axis: it shows log(figure + offset), so that 1 gives nought a place.
  std::vector<double> marks{};

  /// 0 to 1; what lies beyond an end is put there.
  [[nodiscard]] double place(double figure) const noexcept {
    const auto value = [this](double of) { return form == Form::linear ? of : std::log(of + offset); };
    const double share = (value(std::fmax(figure, least)) - value(least)) / (value(most) - value(least));
    return std::fmin(share, 1.0);
  }

  /// Shares.
  [[nodiscard]] static Axis share() { return {.marks = {0, 0.25, 0.5, 0.75, 1}}; }

  /// Ratios from 1 up.
  [[nodiscard]] static Axis from_one(double most) {
    Axis axis{.form = Form::logarithmic, .least = 1, .most = std::fmax(most, 2.0)};
    const std::vector<double> steps = axis.most < 30     ? std::vector{1.0, 2.0, 5.0}
                                      : axis.most < 1000 ? std::vector{1.0, 3.0}
                                                         : std::vector{1.0};
    for (const double decade : decades(axis.most))
      for (const double step : steps)
        if (step * decade <= axis.most) axis.marks.push_back(step * decade);
    return axis;
  }

  /// Counts, nought among them.
  [[nodiscard]] static Axis from_nought(double most) {
    Axis axis{.form = Form::logarithmic, .least = 0, .most = std::fmax(most, 1.0), .offset = 1, .marks = {0}};
    for (const double decade : decades(axis.most)) axis.marks.push_back(decade);
    return axis;
  }

 private:
  // The powers of ten from 1 to `most`.
  [[nodiscard]] static std::vector<double> decades(double most) {
    std::vector<double> powers{1.0};
    while (powers.back() * 10 <= most) powers.push_back(powers.back() * 10);
    return powers;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
