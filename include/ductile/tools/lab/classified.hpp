// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/error_classifier.hpp>  // Cost
#include <ductile/core/failure.hpp>           // Failure
#include <ductile/core/result.hpp>            // Result
#include <ductile/core/transport.hpp>         // HttpResponse, Sent, TransportError, TransportFault
#include <ductile/core/verdict.hpp>           // Duration, Verdict
#include <ductile/drivers/simulated.hpp>      // Simulated
#include <ductile/gemini/classifier.hpp>      // classify
#include <ductile/mock/reply.hpp>             // quota_reply, reply
#include <ductile/mock/service.hpp>           // Settled
#include <ductile/tools/lab/job.hpp>          // Job
#include <ductile/tools/lab/world.hpp>        // Model, World

#include <cstdint>

// The world as a transport of the library's own: answers come as bytes, and the classifier says what they mean.
namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// The image of a job, as far as a client's policies see it.
struct LabImage {
  std::int32_t tokens = 0;
  [[nodiscard]] Cost cost() const noexcept { return {tokens, 1}; }
};

/// What the bytes of the answer that was sent last say.
[[nodiscard]] inline Verdict classified(const World& world, const mock::Settled& settled) {
  const mock::Answer answer =
      settled.quota ? mock::quota_reply(settled.id, *settled.quota, world.scene()) : mock::reply(settled.id, world.scene());
  HttpResponse response{.status = answer.status, .headers = answer.headers, .body = answer.body()};
  response.received = world.scene().time;
  return gemini::classify(response, {.model = world.scene().model, .secret = {}}).verdict;
}

/// One attempt, which the client gives up after `limit`.
///
/// \param wording 0: the original words; else which rewording.
/// \param hear `Verdict(Verdict)`: what the client makes of what the classifier says.
template <class Hear>
[[nodiscard]] Simulated<Result<LabImage>> attempt_in(World& world, const Job& job, Model model, std::uint32_t wording, Duration limit,
                                                     const Hear& hear) {
  const mock::Settled settled = world.send(job, model, wording);
  const Duration takes = settled.latency.value_or(Duration{});
  if (takes > limit) {
    world.give_up(limit);
    const auto late = gemini::classify(TransportError{TransportFault::total_timeout, Sent::unknown, {}});
    return {limit, Failure{late.verdict}};
  }
  if (settled.id.starts_with("ok-")) return {takes, LabImage{static_cast<std::int32_t>(job.tokens)}};
  return {takes, Failure{hear(classified(world, settled))}};
}

/// The same where the client believes the classifier.
[[nodiscard]] inline Simulated<Result<LabImage>> attempt_in(World& world, const Job& job, Model model, std::uint32_t wording,
                                                            Duration limit) {
  return attempt_in(world, job, model, wording, limit, [](const Verdict& verdict) { return verdict; });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
