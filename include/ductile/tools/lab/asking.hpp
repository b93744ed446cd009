// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>           // later, Time
#include <ductile/core/verdict.hpp>       // Duration
#include <ductile/tools/lab/flow.hpp>     // Flow
#include <ductile/tools/lab/job.hpp>      // Job
#include <ductile/tools/lab/seconds.hpp>  // from_seconds
#include <ductile/tools/lab/world.hpp>    // Answer, Model, TimedAnswer, World

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>

// What a flow can wait for.
namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// `co_await Sleep{world, time}`: until then; a moment that has passed stands for now.
struct Sleep {
  World& world;
  Time until;

  [[nodiscard]] bool await_ready() const { return until <= world.now(); }
  void await_suspend(std::coroutine_handle<> flow) const {
    world.simulation().at(until, [flow] { flow.resume(); });
  }
  void await_resume() const noexcept {}
};

[[nodiscard]] inline Sleep sleep_for(World& world, double seconds) { return {world, world.now() + from_seconds(seconds)}; }

/// `co_await Call{world, job, model}`: what becomes of one call.
struct Call {
  World& world;
  const Job& job;
  Model model = Model::primary;
  std::uint32_t wording = 0;
  Duration timeout = Duration::max();  ///< When the client gives up; the service does not learn of it.
  Answer answer{};

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> flow) {
    const TimedAnswer given = world.ask(job, model, wording);
    if (given.takes <= timeout)
      answer = given.answer;
    else
      world.give_up(timeout);
    world.simulation().at(world.now() + std::min(given.takes, timeout), [flow] { flow.resume(); });
  }
  Answer await_resume() const {
    if (answer.image) world.receive(job, model);
    return answer;
  }
};

namespace detail {

template <class Client>
Flow one_job(World& world, const Client& client, const Job& job) {
  co_await Sleep{world, job.arrives};
  const Time begins = world.now();
  Flow flow = client(job);
  co_await flow;
  world.end(world.now() - begins);
}

template <class Client>
Flow worker(World& world, const Client& client, std::size_t& next) {
  while (next < world.jobs().size()) {
    Flow flow = one_job(world, client, world.jobs()[next++]);
    co_await flow;
  }
}

}  // namespace detail

/// Begins a flow of `client` for each job, when it arrives or, where there is a pool, when one of its workers is free; returns when all
/// have ended.
template <class Client>
void each_job(World& world, const Client& client, std::optional<std::int64_t> pool) {
  std::size_t next = 0;
  if (pool)
    for (std::int64_t i = 0; i < *pool; ++i) detail::worker(world, client, next).let_go();
  else
    for (const Job& job : world.jobs()) detail::one_job(world, client, job).let_go();
  world.simulation().run();
}

/// The same with the scenario's pool for naive clients.
template <class Client>
void each_job(World& world, const Client& client) {
  each_job(world, client, world.scenario().pool);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
