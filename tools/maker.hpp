// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/clock.hpp>        // ScaledClock
#include <ductile/core/now.hpp>          // Time
#include <ductile/gemini/client.hpp>     // ClientOptions
#include <ductile/gemini/resilient.hpp>  // ResilientOptions
#include <ductile/tools/progress.hpp>    // Progress
#include <ductile/tools/run_jobs.hpp>    // JobRun

#include <memory>
#include <string>

namespace ductile::tools {

// How the images of a run are asked for.
class Maker {
 public:
  Maker() = default;
  Maker(const Maker&) = delete;
  Maker& operator=(const Maker&) = delete;
  virtual ~Maker() = default;

  // What is wrong with the options; empty when nothing is.
  [[nodiscard]] virtual std::string problem() const = 0;
  [[nodiscard]] virtual Time rests_until(unsigned target) = 0;
  virtual void run(JobRun& run) = 0;
};

// What a maker is made of. The references outlive it.
struct MakerParts {
  gemini::ClientOptions client;
  gemini::ResilientOptions options;
  Progress& progress;
  ScaledClock& clock;
  unsigned concurrency;
};

#ifdef PROGRAM_HAS_ASYNC
inline constexpr bool has_async_maker = true;
std::unique_ptr<Maker> async_maker(const MakerParts& parts);
#else
inline constexpr bool has_async_maker = false;
inline std::unique_ptr<Maker> async_maker(const MakerParts&) { return nullptr; }
#endif
inline constexpr const char* without_async =
    "--async: this program was built without Boost.Beast (CMake: DUCTILE_PROGRAM_ASYNC=ON); leave it out, and jobs get threads";

}  // namespace ductile::tools
