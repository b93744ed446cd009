// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/worst_case.hpp>  // Misfit, foresee

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

namespace detail {
[[nodiscard]] inline std::string in_seconds(Duration span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g s", std::chrono::duration<double>(span).count());
  return text;
}
}  // namespace detail

/// The misfit as a sentence that says what to change: "Retry: 5 attempts of up to 60 s with waits of up to 15 s between them have a
/// deadline of 120 s: no more than 2 can begin when all take so long; raise the deadline, or lower attempts, ...".
[[nodiscard]] inline std::string describe(const Misfit& misfit) {
  std::string text{misfit.policy};
  text.append(": ").append(std::to_string(misfit.wanted)).append(" ").append(misfit.parts);
  if (misfit.each) text.append(" of up to ").append(detail::in_seconds(*misfit.each));
  if (misfit.waits > Duration::zero())
    text.append(" with waits of up to ").append(detail::in_seconds(misfit.waits)).append(" between them");
  text.append(" have a deadline of ").append(detail::in_seconds(misfit.deadline));
  text.append(": no more than ").append(std::to_string(misfit.fit)).append(" can begin when all take so long; ").append(misfit.cure);
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
  static_cast<void>(detail::foresee([&found](const Misfit& misfit) { found.push_back(describe(misfit)); }, std::nullopt, parts...));
  return found;
}

}  // namespace ductile::inline DUCTILE_VERSION
