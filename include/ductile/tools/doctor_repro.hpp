// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>            // FailureId
#include <ductile/gemini/failures.hpp>         // find_failure
#include <ductile/tools/doctor_diagnosis.hpp>  // Diagnosis

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// What the mock does again of what was pasted.
struct Reproduction {
  std::string scenario{};               ///< A scenario file for `ductile mock --scenario`; empty when nothing of it can be done again.
  std::vector<std::string> left_out{};  ///< What is not in it, and why: a line each.
};

namespace detail {

/// What is no answer of the service, so that no scenario gives it, and how the mock shows it all the same.
struct OtherWay {
  std::string_view id;
  std::string_view way;
};
inline constexpr std::array<OtherWay, 5> other_ways{
    {{"dns-failure", "ask a host that ends in .invalid"},
     {"connect-refused", "ask a port on which nothing listens"},
     {"connect-timeout", "start ductile mock with --full-port 0, and ask that port"},
     {"tls-failure", "start ductile mock with --tls-port 0, and ask that port by https without its certificate"},
     {"h2-goaway", "start ductile mock with --goaway-port 0, and ask that port by https and HTTP/2"}}};

/// The same answer so many times.
struct Stretch {
  std::string_view answer;
  std::size_t calls = 0;
};

[[nodiscard]] inline std::string scenario_of(const std::vector<Stretch>& stretches) {
  std::string text = "{\n  \"name\": \"repro\",\n  \"model\": \"calm\",\n  \"episodes\": [";
  std::size_t after = 0;
  for (const Stretch& stretch : stretches) {
    text.append(after == 0 ? "\n" : ",\n").append("    {\"answer\": \"").append(stretch.answer).append("\"");
    if (stretches.size() > 1) {  // each in its turn; one alone answers every call
      text += ", \"after\": " + std::to_string(after) + ", \"calls\": " + std::to_string(stretch.calls);
      after += stretch.calls;
    }
    text += "}";
  }
  return text + "\n  ]\n}\n";
}

}  // namespace detail

/// The scenario in which the mock gives the same failures in the same order: a single one to every image call, several to one call each;
/// then it is well.
[[nodiscard]] inline Reproduction reproduce(const std::vector<Diagnosis>& diagnoses) {
  Reproduction made;
  std::vector<detail::Stretch> stretches;
  const auto leave_out = [&made](std::string line) {
    if (std::ranges::find(made.left_out, line) == made.left_out.end()) made.left_out.push_back(std::move(line));
  };
  for (const Diagnosis& diagnosis : diagnoses) {
    const gemini::FailureRow* row = gemini::find_failure(diagnosis.said.verdict.id.text());
    if (!row && !diagnosis.said.ok()) {
      leave_out("what is not recognised" +
                (diagnosis.nearest.empty() ? std::string{} : " (the nearest is " + std::string{diagnosis.nearest} + ")"));
      continue;
    }
    const std::string_view answer = row ? row->id.text() : std::string_view{"ok-image"};
    const auto* const other = std::ranges::find(detail::other_ways, answer, &detail::OtherWay::id);
    if (other != detail::other_ways.end()) {
      leave_out(std::string{answer} + ", which is no answer of the service: " + std::string{other->way});
    } else if (!stretches.empty() && stretches.back().answer == answer) {
      ++stretches.back().calls;
    } else {
      stretches.push_back({answer, 1});
    }
  }
  if (!stretches.empty()) made.scenario = detail::scenario_of(stretches);
  return made;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
