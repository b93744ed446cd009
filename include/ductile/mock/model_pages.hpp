// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/detail/json_text.hpp>  // json_text
#include <ductile/mock/exchange.hpp>          // Answer, Request
#include <ductile/mock/models.hpp>            // listed_models, ServedModel
#include <ductile/mock/query_check.hpp>       // int32_of, query_field
#include <ductile/mock/reply.hpp>             // put_headers
#include <ductile/mock/scene.hpp>             // Scene

#include <boost/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

// The methods beside image generation, as on a good day.
namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

inline Answer page(std::string_view id, const boost::json::value& body, const Scene& scene) {
  Answer given{.id = std::string{id}, .content_type = "application/json; charset=UTF-8", .pieces = {json_text(body)}};
  put_headers(given, scene);
  return given;
}

inline boost::json::object described(const ServedModel& model) {
  return {{"name", "models/" + std::string{model.id}},
          {"version", "1.0"},
          {"displayName", model.title},
          {"inputTokenLimit", model.input_tokens()},
          {"outputTokenLimit", 32'768},
          {"supportedGenerationMethods", boost::json::array{"generateContent", "countTokens", "batchGenerateContent"}},
          {"temperature", 1},
          {"topP", 0.95},
          {"topK", 64},
          {"maxTemperature", 2},
          {"thinking", model.thinks()}};
}

}  // namespace detail

/// The answer to countTokens.
[[nodiscard]] inline Answer tokens_counted(const Scene& scene) {
  namespace json = boost::json;
  return detail::page("ok-count-tokens",
                      {{"totalTokens", scene.prompt_tokens},
                       {"promptTokensDetails", json::array{json::object{{"modality", "TEXT"}, {"tokenCount", scene.prompt_tokens}}}}},
                      scene);
}

/// The answer to models.list, by pages of `pageSize`: 50 where it is nought or left out.
[[nodiscard]] inline Answer models_listed(const Request& request, const Scene& scene) {
  const auto number = [&](std::string_view name) {
    return static_cast<std::size_t>(std::max(0, detail::int32_of(query_field(request, name)).value_or(0)));
  };
  const std::size_t asked = number("page_size");
  const std::size_t size = asked == 0 ? 50 : std::min<std::size_t>(asked, 1000);
  const std::size_t from = number("page_token");
  boost::json::array models;
  std::size_t at = 0;
  std::size_t listed = 0;
  for (const ServedModel& model : listed_models()) {
    if (at++ < from) continue;
    if (++listed <= size) models.push_back(detail::described(model));
  }
  boost::json::object body{{"models", std::move(models)}};
  if (listed > size) body["nextPageToken"] = std::to_string(from + size);
  return detail::page("ok-list-models", std::move(body), scene);
}

/// The answer to models.get.
[[nodiscard]] inline Answer model_shown(const ServedModel& model, const Scene& scene) {
  return detail::page("ok-get-model", detail::described(model), scene);
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
