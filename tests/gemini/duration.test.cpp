// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/gemini/duration.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

using namespace ductile;
using namespace ductile::gemini;
using namespace std::chrono_literals;

TEST_CASE("Durations are read as the service and its neighbours write them", "[gemini]") {
  struct Case {
    std::string_view text;
    Duration value;
  };
  for (const Case& c :
       {Case{"36s", 36s}, Case{"34.4s", 34400ms}, Case{"45.837906927s", 45837906927ns}, Case{"0s", 0s},
        Case{"581981.300432511s", 581981300432511ns}, Case{"900.2ms", 900200us}, Case{"539.477544ms", 539477544ns},
        Case{"161h39m41s", 161h + 39min + 41s}, Case{"161h39m41.300432511s", 581981300432511ns}, Case{"10m", 10min},
        Case{"30 seconds", 30s}, Case{"15 minutes", 15min}, Case{"1.5h", 90min}, Case{"2 Days", 48h}, Case{"0.0000000009s", 0ns}}) {
    CAPTURE(c.text);
    CHECK(parse_duration(c.text) == c.value);
  }
}

TEST_CASE("What is no duration is none", "[gemini]") {
  for (const char* text : {"", "s", "5", "-5s", "5 parsecs", "5s later", "1e3s", ".5s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("A duration is read from the beginning of a sentence", "[gemini]") {
  const auto read = leading_duration("58.93s. Thank you");
  REQUIRE(read);
  CHECK(read->value == 58930ms);
  CHECK(read->length == 6);
  CHECK_FALSE(leading_duration("soon, in 5s"));
}

TEST_CASE("A span that is written as by a clock has hours, minutes and seconds", "[gemini]") {
  const auto read = leading_clock("02:18:35. Thank you");
  REQUIRE(read);
  CHECK(read->value == 2h + 18min + 35s);
  CHECK(read->length == 8);
  CHECK(leading_clock("99:59:59")->value == 99h + 59min + 59s);
  for (const char* text : {"", "02:18", "2:18:35", "02:60:35", "02:18:60", "02-18-35", "0x:18:35", "in 02:18:35"}) {
    CAPTURE(text);
    CHECK_FALSE(leading_clock(text));
  }
}

TEST_CASE("A duration too long to count is cut and does not overflow", "[gemini]") {
  CHECK(parse_duration("99999999999999999999999999s") == longest_hint);
  CHECK(parse_duration("9223372036854775807s") == longest_hint);
  CHECK(parse_duration(std::string(10000, '9') + "h") == longest_hint);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "8784h";
  CHECK(parse_duration(many) == longest_hint);
}
