// SPDX-License-Identifier: BSL-1.0
#pragma once

// Everything about a value that two runs must agree on, as one line.

#include <ductile/core/answer.hpp>
#include <ductile/core/attempt.hpp>
#include <ductile/core/result.hpp>
#include <ductile/core/verdict.hpp>

#include <string>
#include <type_traits>

namespace ductile_test {

inline std::string text(ductile::Duration span) { return std::to_string(span.count()); }
inline std::string text(ductile::Time time) { return time == ductile::end_of_time ? "never" : text(time.time_since_epoch()); }

inline std::string text(const ductile::Attempt& attempt) {
  return "attempt " + std::to_string(attempt.number) + " target " + std::to_string(attempt.target) + " revision " +
         std::to_string(attempt.revision) + " deadline " + text(attempt.deadline) + " start by " + text(attempt.start_by) +
         (attempt.own_deadline ? " own" : "") + (attempt.insists ? " insists" : "") + (attempt.nowhere_else ? " alone" : "") +
         " attempts " + std::to_string(attempt.attempts) + " targets " + std::to_string(attempt.targets) + " revisions " +
         std::to_string(attempt.revisions);
}

inline std::string text(const ductile::Verdict& verdict) {
  return std::string{name(verdict.kind)} + " " + std::string{name(verdict.remedy)} + " " + std::string{name(verdict.says)} + " sent " +
         std::to_string(static_cast<int>(verdict.sent)) + " billed " + std::string{name(verdict.billed)} + " " +
         std::string{name(verdict.dimension)} + " images " + std::to_string(verdict.images) + " tokens " + std::to_string(verdict.tokens) +
         " limit " + std::to_string(verdict.limit) + " hint " + text(verdict.hint) + " " + std::string{verdict.id.text()} +
         (verdict.reclassified ? " reclassified" : "");
}

inline std::string text(const ductile::TrailEntry& entry) {
  return std::to_string(entry.number) + " " + std::string{name(entry.kind)} + " target " + std::to_string(entry.target) + " revision " +
         std::to_string(entry.revision) + " waited " + std::to_string(entry.wait_ms) + " " + name(entry.wait) + " took " +
         std::to_string(entry.duration_ms) + " sent " + std::to_string(static_cast<int>(entry.sent)) + " billed " +
         std::string{name(entry.billed)};
}

inline std::string text(const ductile::Failure& failure) {
  std::string line = "failure " + text(failure.verdict()) + " | as " + std::string{name(failure.kind())} + " " +
                     std::string{name(failure.remedy())} + " notes " + std::to_string(static_cast<int>(failure.notes())) + " target " +
                     std::to_string(failure.target()) + " attempts " + std::to_string(failure.attempts()) + " earliest " +
                     text(failure.earliest_retry_at().value_or(ductile::end_of_time)) + " trail";
  for (std::size_t i = 0; i < failure.trail().kept(); ++i) line += "; " + text(failure.trail()[i]);
  return line;
}

template <class T>
std::string text(const ductile::Result<T>& result) {
  if (!result) return text(result.assume_error());
  std::string line = "success";
  if constexpr (std::is_integral_v<T>) line += " " + std::to_string(result.assume_value());
  return line + " served by " + std::to_string(served_by(result)) + " trips " + std::to_string(trips(result)) + " not by the first for " +
         std::string{name(why_not_first(result))};
}

}  // namespace ductile_test
