// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/journal.hpp>
#include <ductile/mock/verdict/judge.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Requests as a mock would have written them down, for the tests of its verdict.
namespace history {

using ductile::Duration;
using ductile::WallTime;
using ductile::mock::ClientVerdict;
using ductile::mock::Entry;
using ductile::mock::Judge;

// Ten in the morning of a winter's day in California.
inline constexpr WallTime start = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + std::chrono::hours{18};

// A request of one job to one model, that begins `at` and is answered by `id` at once: what a test is about, it changes.
inline Entry asked(Duration at, std::string id) {
  const auto* failure = ductile::gemini::find_failure(id);
  const bool good = !failure && id != "ok-text-only";
  Entry entry{
      .time = start + at, .method = "generateContent", .model = "gemini-3-pro-image", .key = 9, .project = 7, .job = 1, .request = 1};
  entry.id = std::move(id);
  entry.status = failure ? failure->http_status : 200;
  entry.image_wanted = true;
  entry.image_given = good;
  entry.price = {.requests = 1, .tokens = 10, .nanodollars = 1000, .nanodollars_at_most = 3000};
  return entry;
}

// A change of an entry, to be written behind it: `asked(5s, "high-demand") | to("gemini-nano-banana-2.1")`.
template <class Change>
Entry operator|(Entry entry, const Change& change)
  requires std::invocable<Change, Entry&>
{
  change(entry);
  return entry;
}

inline auto to(std::string model) {
  return [model](Entry& entry) { entry.model = model; };
}
inline auto with_key(std::uint64_t key) {
  return [key](Entry& entry) { entry.key = key; };
}
inline auto of_project(std::uint64_t project) {
  return [project](Entry& entry) { entry.project = project; };
}
inline auto for_job(std::uint64_t job) {
  return [job](Entry& entry) { entry.job = entry.request = job; };
}
inline auto after_job(std::uint64_t job) {
  return [job](Entry& entry) { entry.chat = job; };
}
inline auto in_other_words() {
  return [](Entry& entry) { entry.request += 1000; };
}
inline auto hint(Duration span) {
  return [span](Entry& entry) { entry.hint = span; };
}
inline auto takes(Duration span) {
  return [span](Entry& entry) { entry.latency = span; };
}
inline auto time_left(Duration span) {
  return [span](Entry& entry) { entry.time_left = span; };
}
inline auto words_only() {
  return [](Entry& entry) { entry.image_wanted = entry.image_given = false; };
}
inline auto with_image() {
  return [](Entry& entry) { entry.image_given = true; };
}
inline auto on_demand() {
  return [](Entry& entry) { entry.asked_for = true; };
}

// What a judge makes of it, with numbers from 1 in this order.
inline Judge judge_of(std::vector<Entry> entries) {
  Judge judge;
  std::uint64_t number = 0;
  for (Entry& entry : entries) {
    entry.number = ++number;
    judge.see(entry);
  }
  return judge;
}

inline ClientVerdict verdict(std::vector<Entry> entries) { return judge_of(std::move(entries)).verdict(); }

// The findings in a line: "retry_before_hint 2<1, 3<2; gave_up_early 3".
inline std::string findings(const ClientVerdict& verdict) {
  std::ostringstream text;
  for (const auto& finding : verdict.findings) {
    text << (text.tellp() == 0 ? "" : "; ") << finding.name();
    for (std::size_t i = 0; i < finding.proofs.size(); ++i) {
      text << (i == 0 ? " " : ", ") << finding.proofs[i].number;
      if (finding.proofs[i].after != 0) text << '<' << finding.proofs[i].after;
    }
  }
  return text.str();
}

inline std::string findings(std::vector<Entry> entries) { return findings(verdict(std::move(entries))); }

struct Case {
  const char* what;
  std::vector<Entry> entries;
  const char* found;  // empty: nothing
};

}  // namespace history
