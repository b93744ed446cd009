// SPDX-License-Identifier: BSL-1.0
//
// The mock's reader of scenarios: takes a text, or refuses it in one sentence.
#include "input.hpp"

#include <ductile/core/config_error.hpp>
#include <ductile/mock/scenario_json.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const FuzzInput input{data, size};
  try {
    const ductile::mock::Scenario scenario = ductile::mock::read_scenario(input.rest(), 1);
    for (const auto& episode : scenario.episodes) {
      must(episode.mix.empty() == ductile::mock::can_answer(episode.answer), "an episode has an answer, or several");
      for (const auto& each : episode.mix) must(ductile::mock::can_answer(each.answer), "each answer of a mix is one");
    }
    const auto written = ductile::mock::written_scenario(scenario);
    must(ductile::mock::read_scenario(written, scenario.seed).episodes.size() == scenario.episodes.size(), "what is written is read back");
  } catch (const ductile::ConfigError& refusal) {
    must(!std::string_view{refusal.what()}.empty(), "a refusal says why");
  }
  return 0;
}
