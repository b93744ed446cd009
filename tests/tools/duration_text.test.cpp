// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/duration_text.hpp>

#include "../support/catch.hpp"

using namespace std::chrono_literals;
using ductile::Duration;
using ductile::tools::duration_text;
using ductile::tools::parse_duration;

TEST_CASE("a duration is read with its units", "[tools]") {
  struct Row {
    std::string text;
    Duration wanted;
  };
  const auto row = GENERATE(values<Row>({{"10m", 10min},
                                         {"90s", 90s},
                                         {"1h30m", 90min},
                                         {"1.5h", 90min},
                                         {"500ms", 500ms},
                                         {"2d", 48h},
                                         {"0s", 0s},
                                         {"0.25s", 250ms},
                                         {"1m1s", 61s}}));
  INFO(row.text);
  CHECK(parse_duration(row.text) == row.wanted);
}

TEST_CASE("what is no duration is refused", "[tools]") {
  const auto text =
      GENERATE(as<std::string>{}, "", "10", "m", "-1s", "1 m", "10min", "1..5s", "1.s2", "1e3s", "9999999999d", "10m ", "nan", ".s");
  INFO(text);
  CHECK_FALSE(parse_duration(text).has_value());
}

TEST_CASE("a duration is told in two units at most", "[tools]") {
  struct Row {
    Duration span;
    std::string wanted;
  };
  const auto row = GENERATE(values<Row>({{0s, "0.0 s"},
                                         {-5s, "0.0 s"},
                                         {420ms, "0.4 s"},
                                         {41s, "41 s"},
                                         {60s, "1 min"},
                                         {200s, "3 min 20 s"},
                                         {125min, "2 h 5 min"},
                                         {76h, "3 d 4 h"}}));
  CHECK(duration_text(row.span) == row.wanted);
}
