// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/lab/load_curve.hpp>
#include <ductile/tools/lab/markup.hpp>
#include <ductile/tools/lab/plot.hpp>
#include <ductile/tools/lab/strategies.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
namespace lab = ductile::tools::lab;
using ductile::Time;

namespace {

std::size_t count_of(std::string_view words, std::string_view page) {
  std::size_t count = 0;
  for (std::size_t at = page.find(words); at != page.npos; at = page.find(words, at + words.size())) ++count;
  return count;
}

}  // namespace

TEST_CASE("A load curve counts the calls of each minute around an outage, as the mean of its runs", "[lab]") {
  lab::LoadCurve curve{lab_for_test::day().scenarios.at("W5")};  // 01:00 to 01:30
  CHECK(curve.begin() == Time{30min});
  CHECK(curve.minutes() == 180);
  curve.add({{.begins = Time{29min}}, {.begins = Time{30min}}, {.begins = Time{30min + 59s}}, {.begins = Time{210min}}});
  curve.add({{.begins = Time{209min}}});
  CHECK(curve.calls(0) == 1);
  CHECK(curve.calls(1) == 0);
  CHECK(curve.calls(179) == 0.5);
  CHECK(curve.peak() == 1);
}

TEST_CASE("An axis puts its ends at its ends, what is beyond there too, and marks what lies within", "[lab]") {
  struct Case {
    lab::Axis axis;
    double least;
    double middle;  // what stands in the middle
    double most;
    std::vector<double> marks;
  };
  for (const Case& each :
       {Case{lab::Axis::share(), 0, 0.5, 1, {0, 0.25, 0.5, 0.75, 1}}, Case{lab::Axis::from_one(25), 1, 5, 25, {1, 2, 5, 10, 20}},
        Case{lab::Axis::from_one(400), 1, 20, 400, {1, 3, 10, 30, 100, 300}}, Case{lab::Axis::from_one(0), 1, std::sqrt(2.0), 2, {1, 2}},
        Case{lab::Axis::from_nought(99), 0, 9, 99, {0, 1, 10}}}) {
    INFO("to " << each.most);
    CHECK(each.axis.place(each.least) == 0);
    CHECK(each.axis.place(each.least - 1) == 0);
    CHECK(each.axis.place(each.middle) == Catch::Approx(0.5));
    CHECK(each.axis.place(each.most) == 1);
    CHECK(each.axis.place(each.most * 2) == 1);
    CHECK(each.axis.marks == each.marks);
  }
}

TEST_CASE("The page has a row a strategy in chart and table, curves where there is an outage, and nothing from outside", "[lab]") {
  lab::Scenario quiet{.name = "quiet <1>", .what = "R&D \"only\""};
  lab::Scenario outage{.name = "outage", .what = "half an hour", .from = 0h, .until = 4h, .outage = lab::Outage{1h, 90min}};
  const lab::Strategy& none = lab::strategy_named("none");
  const lab::Strategy& both = lab::strategy_named("jitter-both");
  const std::vector<lab::Metrics> runs{{.ratio = 0.5, .calls_per_image = 2, .quota_429 = 17.5}, {.ratio = 0.7, .calls_per_image = 3}};
  const std::vector<lab::PlottedScenario> plotted{
      {&quiet, {{&none, runs}, {&both, {lab::Metrics{}}}}},
      {&outage, {{&none, runs, lab::LoadCurve{outage}}, {&both, runs, lab::LoadCurve{outage}}}}};
  const std::string page = lab::plot_page(plotted, "1-2");

  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(count_of("<svg ", page) == 4);  // two with dots, two curves
  CHECK(count_of("<title id=", page) == 4);
  CHECK(count_of("<desc id=", page) == 4);
  CHECK(count_of("<table ", page) == 3);
  CHECK(count_of("<polyline ", page) == 2);
  CHECK(count_of("class=\"outage\"", page) == 2);
  CHECK(count_of("class=\"dot\"", page) == 11);
  CHECK(count_of(">no image<", page) == 1);  // who delivered none has no calls for an image
  CHECK(count_of("<td>0.600 ± 1.271</td>", page) == 3);
  CHECK(page.find("quiet &lt;1&gt;") != page.npos);
  CHECK(page.find("R&amp;D &quot;only&quot;") != page.npos);
  CHECK(page.find("prefers-color-scheme: dark") != page.npos);
  for (const char* const outside : {"http:", "https:", "<script", "<link rel=\"stylesheet", "@import", "url("})
    CHECK(page.find(outside) == page.npos);
  CHECK(page.size() < 100'000);
  for (const char* const id : {"scenario-0-title", "scenario-1-title", "scenario-1-load-0-title", "scenario-1-load-1-title"})
    CHECK(count_of("id=\"" + std::string{id} + "\"", page) == 1);
}
