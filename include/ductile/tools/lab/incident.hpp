// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>          // Kind
#include <ductile/core/now.hpp>           // WallTime
#include <ductile/gemini/failures.hpp>    // find_failure
#include <ductile/tools/lab/job.hpp>      // Job
#include <ductile/tools/lab/metrics.hpp>  // Metrics, metrics_of
#include <ductile/tools/lab/world.hpp>    // CallRecord, Delivery, World

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// What really went on for a while: the books of a client, as a log has them.
struct Incident {
  WallTime midnight{};                                ///< When its time begins: UTC's, before the first job.
  std::vector<std::string> targets{};                 ///< Those that the log calls so, the first two of its chain; one where there was one.
  std::vector<Job> jobs{};                            ///< By arrival.
  std::vector<CallRecord> calls{};                    ///< By job. A call whose answer nobody waited for has an empty id.
  std::vector<std::optional<Delivery>> deliveries{};  ///< By the numbers of the jobs.
  std::size_t jobs_left_out = 0;                      ///< That were not played to their end: cancelled, not begun, or there already.
  std::size_t calls_left_out = 0;                     ///< Of targets beyond the second.
};

/// The row of the catalogue that stands for all failures of a kind; an image's for `ok`, none for a kind that is no answer.
[[nodiscard]] constexpr std::string_view row_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::ok: return "ok-image";
    case Kind::rate_limit: return "rate-generic";
    case Kind::quota: return "rpd-paid";
    case Kind::overload: return "high-demand";
    case Kind::internal: return "internal";
    case Kind::timeout: return "deadline-504";
    case Kind::network: return "bad-gateway-html";
    case Kind::auth: return "oauth-expected";
    case Kind::permission: return "model-no-access";
    case Kind::failed_precondition: return "precondition-check-failed";
    case Kind::bad_request: return "invalid-argument-generic";
    case Kind::payload_too_large: return "body-too-large-413";
    case Kind::not_found: return "entity-not-found";
    case Kind::safety_prompt: return "image-safety";
    case Kind::safety_output: return "image-safety";
    case Kind::prohibited: return "prompt-blocked-prohibited";
    case Kind::recitation: return "image-recitation";
    case Kind::no_image: return "no-image";
    case Kind::max_tokens: return "max-tokens-no-image";
    case Kind::other: return "image-other";
    default: return {};
  }
}

/// The kind of an answer by its row.
[[nodiscard]] inline Kind kind_of(std::string_view row) noexcept {
  if (row.starts_with("ok-")) return Kind::ok;
  if (row.empty()) return Kind::abandoned;
  const auto* failure = gemini::find_failure(row);
  return failure ? failure->kind : Kind::other;
}

/// Whether such a failure is the job's own, whoever is asked and when.
[[nodiscard]] constexpr bool is_of_the_job(Kind kind) noexcept {
  return is_about_content(kind) || kind == Kind::recitation || kind == Kind::bad_request || kind == Kind::payload_too_large ||
         kind == Kind::not_found || kind == Kind::permission || kind == Kind::failed_precondition;
}

/// Whether that call says how the service was, and not only what the job is.
[[nodiscard]] inline bool tells_of_the_service(const CallRecord& call) noexcept {
  return !call.id.empty() && !is_of_the_job(kind_of(call.id));
}

/// What a strategy has done in a world, as its own log would have it.
[[nodiscard]] inline Incident incident_of(const World& world) {
  Incident incident{.midnight = world.midnight(), .jobs = world.jobs(), .calls = world.calls(), .deliveries = world.deliveries()};
  for (CallRecord& call : incident.calls)
    if (call.given_up_after) {
      call.id = row_of(Kind::timeout);
      call.status = 0;
      call.takes = *call.given_up_after;
    }
  for (const Model model : both_models) incident.targets.emplace_back(model_id(model));
  return incident;
}

/// What came of it. Nobody knows a bound: `ratio` is the share of all jobs.
[[nodiscard]] inline Metrics metrics_of(const Incident& incident) {
  return metrics_of(incident.jobs, incident.calls, incident.deliveries, static_cast<std::int64_t>(incident.jobs.size()));
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
