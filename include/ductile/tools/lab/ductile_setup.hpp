// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/declare_art_style.hpp>
#include <ductile/gemini/models.hpp>   // ImageSize
#include <ductile/gemini/request.hpp>  // ImageRequest
#include <ductile/gemini/resilient_options.hpp>
#include <ductile/tools/lab/job.hpp>    // Job
#include <ductile/tools/lab/model.hpp>  // Model, model_id

#include <string>
#include <utility>

// Our own client as the lab plays it, in virtual time or over sockets.
namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// A client's options, and what can be taken from it for an ablation that no option says.
struct DuctileSetup {
  gemini::ResilientOptions options{};
  bool reads_hints = true;  ///< What the service asks to wait.
  bool knows_days = true;   ///< A refusal for a spent day is not one for a minute.
  bool times_out = true;    ///< Ends an attempt after `suggested_timeout`.
};

/// The library's defaults. No option depends on the scenario but the targets, which are the day's two models in all of them, and that calls
/// may wait for a better hour.
[[nodiscard]] inline DuctileSetup default_setup() {
  DuctileSetup setup;
  setup.options.fallback.targets = {{.name = "primary", .model = std::string{model_id(Model::primary)}},
                                    {.name = "fallback", .model = std::string{model_id(Model::fallback)}}};
  setup.options.off_peak.emplace();
  return setup;
}

/// What a job asks for. Every job brings the adapter's other words.
[[nodiscard]] inline gemini::ImageRequest request_of(const Job& job, std::string prompt) {
  gemini::ImageRequest request{.prompt = std::move(prompt), .reword = gemini::declare_art_style};
  request.image_size = job.size == "4K"   ? gemini::ImageSize::four_k
                       : job.size == "2K" ? gemini::ImageSize::two_k
                                          : gemini::ImageSize::one_k;
  return request;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
