// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/day.hpp>       // Day
#include <ductile/tools/lab/day_json.hpp>  // read_day

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace lab_for_test {

inline std::string text_of(const char* name) {
  std::ifstream file{std::filesystem::path{DUCTILE_TEST_DATA} / "lab" / name};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// The day of tests/data/lab, read once.
inline const ductile::tools::lab::Day& day() {
  static const ductile::tools::lab::Day read = ductile::tools::lab::read_day(text_of("scenarios.json"));
  return read;
}

}  // namespace lab_for_test
