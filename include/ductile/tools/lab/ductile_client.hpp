// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>            // Attempt
#include <ductile/core/call_options.hpp>       // CallOptions
#include <ductile/core/result.hpp>             // Result, served_by
#include <ductile/core/verdict.hpp>            // Duration, Kind, QuotaDimension, Remedy, Verdict
#include <ductile/drivers/simulated.hpp>       // Simulated
#include <ductile/gemini/blocked_prompts.hpp>  // BlockedPrompts
#include <ductile/gemini/client.hpp>           // GenerateOptions
#include <ductile/gemini/models.hpp>           // name
#include <ductile/gemini/request.hpp>          // ImageRequest
#include <ductile/gemini/resilient_pipeline.hpp>
#include <ductile/tools/lab/classified.hpp>     // attempt_in, LabImage
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
    return attempt_in(world_, asked, model_of(attempt.target), attempt.revision, limit,
                      [this](const Verdict& verdict) { return heard(verdict); });
  }

  // What of a verdict reaches a client from which something was taken.
  [[nodiscard]] Verdict heard(Verdict verdict) const {
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
