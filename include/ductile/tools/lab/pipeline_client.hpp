// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>          // Attempt
#include <ductile/core/call_options.hpp>     // CallOptions
#include <ductile/core/result.hpp>           // Result
#include <ductile/tools/lab/asking.hpp>      // each_job
#include <ductile/tools/lab/classified.hpp>  // attempt_in, LabImage
#include <ductile/tools/lab/flow.hpp>        // Flow
#include <ductile/tools/lab/job.hpp>         // Job
#include <ductile/tools/lab/world.hpp>       // Model, World

#include <coroutine>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// Whether a pipeline learns until when its caller waits.
enum class Deadlines : std::uint8_t { told, kept_secret };

/// `co_await PipelineCall{world, pipeline, job}`: until the job is over, from the present moment on. Asks the primary model, in the job's
/// own words.
template <class Policies>
struct PipelineCall {
  World& world;
  Policies& pipeline;
  const Job& job;
  Deadlines deadlines = Deadlines::told;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> flow) const {
    CallOptions options;
    if (deadlines == Deadlines::told) options.deadline = job.deadline - world.now();
    world.simulation().call(
        pipeline,
        [in = &world, wanted = &job](const Attempt& attempt) {
          return attempt_in(*in, *wanted, Model::primary, 0, attempt.remaining(in->now()));
        },
        [in = &world, wanted = &job, flow](const Result<LabImage>& result) {
          if (result) in->receive(*wanted, Model::primary);
          in->simulation().at(in->now(), [flow] { flow.resume(); });
        },
        world.now(), options);
  }
  void await_resume() const noexcept {}
};

/// All jobs of a world by one pipeline, which must outlive it.
template <class Policies>
void play_pipeline(World& world, Policies& pipeline, Deadlines deadlines = Deadlines::told) {
  each_job(world, [&](const Job& job) -> Flow { co_await PipelineCall<Policies>{world, pipeline, job, deadlines}; });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
