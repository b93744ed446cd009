// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>            // Attempt
#include <ductile/core/call_options.hpp>       // CallOptions
#include <ductile/core/error_classifier.hpp>   // Cost
#include <ductile/core/failure.hpp>            // Failure
#include <ductile/core/result.hpp>             // Result, served_by
#include <ductile/core/transport.hpp>          // HttpResponse, TransportError, TransportFault
#include <ductile/core/verdict.hpp>            // Duration
#include <ductile/drivers/simulated.hpp>       // Simulated
#include <ductile/gemini/blocked_prompts.hpp>  // BlockedPrompts
#include <ductile/gemini/classifier.hpp>       // classify
#include <ductile/gemini/client.hpp>           // GenerateOptions
#include <ductile/gemini/models.hpp>           // name
#include <ductile/gemini/request.hpp>          // ImageRequest
#include <ductile/gemini/resilient_pipeline.hpp>
#include <ductile/mock/reply.hpp>               // quota_reply, reply
#include <ductile/mock/service.hpp>             // Settled
#include <ductile/tools/lab/ductile_setup.hpp>  // DuctileSetup, request_of
#include <ductile/tools/lab/flow.hpp>           // Flow
#include <ductile/tools/lab/job.hpp>            // Job
#include <ductile/tools/lab/world.hpp>          // Model, model_id, World

#include <coroutine>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// The image of a job, as far as a client's policies see it.
struct LabImage {
  std::int32_t tokens = 0;
  [[nodiscard]] Cost cost() const noexcept { return {tokens, 1}; }
};

/// `gemini::resilient` in a world: its pipeline, its classifier and its way of asking, with the world for a transport.
class DuctileClient {
 public:
  DuctileClient(World& world, const DuctileSetup& setup) : world_(world), setup_(setup), pipeline_(setup.options) {}

  /// `co_await client.generate(job)`: until the job is over, from the present moment on.
  [[nodiscard]] auto generate(const Job& job) { return Generate{*this, job}; }

 private:
  struct Generate {
    DuctileClient& client;
    const Job& job;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> flow) {
      World& world = client.world_;
      CallOptions options{.deadline = job.deadline - world.now()};
      const gemini::ImageRequest request = request_of(job, "job " + std::to_string(job.number));
      if (client.pipeline_.fit(request, options)) return world.simulation().at(world.now(), [flow] { flow.resume(); });
      world.simulation().call(
          client.pipeline_.policies(),
          [self = &client, request, wanted = &job](const Attempt& attempt) { return self->ask(request, *wanted, attempt); },
          [self = &client, wanted = &job, flow](const Result<LabImage>& result) {
            if (result) self->world_.receive(*wanted, self->model_of(served_by(result)));
            self->world_.simulation().at(self->world_.now(), [flow] { flow.resume(); });
          },
          world.now(), options);
    }
    void await_resume() const noexcept {}
  };

  [[nodiscard]] Model model_of(unsigned target) const {
    return pipeline_.targets()[target].model == model_id(Model::primary) ? Model::primary : Model::fallback;
  }

  [[nodiscard]] Simulated<Result<LabImage>> ask(const gemini::ImageRequest& request, const Job& job, const Attempt& attempt) {
    return pipeline_.ask(request, attempt, world_.now(), [&](std::string_view, const gemini::GenerateOptions& how) {
      if (!how.blocked) return send(job, attempt, how);
      gemini::ImageRequest sent = request;
      if (how.rewording) sent.prompt = how.rewording->prompt;
      const auto content = gemini::BlockedPrompts::key_of(sent);
      if (auto refused = how.blocked->refusal(content)) return Simulated<Result<LabImage>>{Duration{}, *std::move(refused)};
      auto answer = send(job, attempt, how);
      if (!answer.value)
        world_.simulation().at(world_.now() + answer.takes, [memo = how.blocked, content, verdict = answer.value.error().verdict()] {
          memo->remember(content, verdict);
        });
      return answer;
    });
  }

  [[nodiscard]] Simulated<Result<LabImage>> send(const Job& job, const Attempt& attempt, const gemini::GenerateOptions& how) {
    const Duration limit = setup_.times_out ? how.timeout.value_or(Duration::max()) : attempt.remaining(world_.now());
    Job asked = job;
    if (how.downsize_to) asked.size = gemini::name(*how.downsize_to);
    const mock::Settled settled = world_.send(asked, model_of(attempt.target), attempt.revision);
    const Duration takes = settled.latency.value_or(Duration{});
    if (takes > limit) {
      world_.give_up(limit);
      const auto late = gemini::classify(TransportError{TransportFault::total_timeout, Sent::unknown, {}});
      return {limit, Failure{late.verdict}};
    }
    if (settled.id.starts_with("ok-")) return {takes, LabImage{static_cast<std::int32_t>(job.tokens)}};
    return {takes, Failure{verdict_on(settled)}};
  }

  // What the bytes of the answer say.
  [[nodiscard]] Verdict verdict_on(const mock::Settled& settled) const {
    const mock::Answer answer =
        settled.quota ? mock::quota_reply(settled.id, *settled.quota, world_.scene()) : mock::reply(settled.id, world_.scene());
    HttpResponse response{.status = answer.status, .headers = answer.headers, .body = answer.body()};
    response.received = world_.scene().time;
    Verdict verdict = gemini::classify(response, {.model = world_.scene().model, .secret = {}}).verdict;
    if (!setup_.reads_hints) verdict.hint = {};
    if (!setup_.knows_days && verdict.remedy == Remedy::next_day) {
      verdict.kind = Kind::rate_limit;
      verdict.remedy = Remedy::after_delay;
      verdict.dimension = QuotaDimension::requests_per_minute;
      verdict.limit = -1;
    }
    return verdict;
  }

  World& world_;
  DuctileSetup setup_;
  gemini::ResilientPipeline<> pipeline_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
