// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <stdexcept>
#include <string>

namespace ductile::inline DUCTILE_VERSION::tools {

/// How a subcommand ends, as its exit status.
enum class Ending : int {
  ok = 0,
  failed = 1,
  usage = 64  ///< What was asked for makes no sense; nothing was done.
};

/// What ends a subcommand, in one line for people: which thing, what is wrong with it, what would be right.
class Problem : public std::runtime_error {
 public:
  Problem(Ending ending, const std::string& line) : std::runtime_error(line), ending_(ending) {}

  [[nodiscard]] Ending ending() const noexcept { return ending_; }

 private:
  Ending ending_;
};

/// A wrong flag, value or input file.
[[nodiscard]] inline Problem misuse(const std::string& line) { return {Ending::usage, line}; }

/// Something that the machine or the other side denies.
[[nodiscard]] inline Problem trouble(const std::string& line) { return {Ending::failed, line}; }

}  // namespace ductile::inline DUCTILE_VERSION::tools
