// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/bounds.hpp>      // ForeseenPart, foresee
#include <ductile/core/worst_case.hpp>  // Fit

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

namespace detail {
[[nodiscard]] inline std::string in_seconds(Duration span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g s", static_cast<double>(span.count()) / 1e9);
  return text;
}
}  // namespace detail

/// Which attempts have no time, and what to change: "Retry: 5 attempts of up to 60 s with waits of up to 15 s between them have a
/// deadline of 120 s: no more than 2 can begin when all take so long; raise the deadline, or lower attempts, ...".
[[nodiscard]] inline std::string describe(const Fit& fit) {
  std::string text;
  const auto add = [&text](std::string_view words) { text.append(words); };  // each literal given to a string costs the compiler
  add(fit.policy);
  add(": ");
  add(std::to_string(fit.wanted));
  add(" ");
  add(fit.parts);
  if (fit.each > Duration::zero()) {
    add(" of up to ");
    add(detail::in_seconds(fit.each));
  }
  if (fit.waits > Duration::zero()) {
    add(" with waits of up to ");
    add(detail::in_seconds(fit.waits));
    add(" between them");
  }
  add(" have a deadline of ");
  add(detail::in_seconds(fit.deadline));
  add(": no more than ");
  add(std::to_string(fit.begun));
  add(" can begin when all take so long; ");
  add(fit.cure);
  return text;
}

/// Which attempts have no time to begin, when each takes as long as it may: a sentence for each policy that makes such, innermost first.
/// A pipeline that is meant to try as often as its deadline allows has them too; where each attempt is meant, a test asserts that there are
/// none.
///
/// \param parts As for `max_attempts`.
template <ForeseenPart... Parts>
[[nodiscard]] std::vector<std::string> misfits(const Parts&... parts) {
  std::vector<std::string> found;
  static_cast<void>(detail::foresee([&found](const Fit& fit) { found.push_back(describe(fit)); }, forever, parts...));
  return found;
}

}  // namespace ductile::inline DUCTILE_VERSION
