// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // header
#include <ductile/mock/exchange.hpp>   // Request
#include <ductile/mock/scene.hpp>      // Delivery, Scene

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What a path asks for.
enum class Route : std::uint8_t { generate, count_tokens, list_models, get_model, batch, get_batch, openai, nowhere };

/// Where a request goes. Puts into `scene` what the path says: version, model, method, and in what shape the answer is wanted.
[[nodiscard]] inline Route read_route(const Request& request, Scene& scene) {
  std::string_view path = request.path;
  const auto take = [&path](std::string_view prefix) {
    if (!path.starts_with(prefix)) return false;
    path.remove_prefix(prefix.size());
    return true;
  };
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  scene.model.clear();
  scene.method.clear();
  if (take("/v1beta/"))
    scene.version = "v1beta";
  else if (take("/v1alpha/"))
    scene.version = "v1alpha";
  else if (take("/v1/"))
    scene.version = "v1";
  else
    return Route::nowhere;

  if (take("openai/")) {
    scene.delivery = Delivery::openai;
    return Route::openai;
  }
  if (path == "models" && get) {
    scene.method = "listModels";
    return Route::list_models;
  }
  if (path.starts_with("batches/") && get) {
    scene.method = "getBatch";
    return Route::get_batch;
  }
  if (!take("models/")) return Route::nowhere;
  const std::size_t colon = path.find(':');
  scene.model = path.substr(0, colon);
  if (scene.model.empty() || scene.model.find('/') != scene.model.npos) return Route::nowhere;
  if (colon == path.npos) {
    scene.method = "getModel";
    return get ? Route::get_model : Route::nowhere;
  }
  scene.method = path.substr(colon + 1);
  if (!post) return Route::nowhere;
  if (scene.method == "streamGenerateContent") {
    scene.delivery = request.query_value("alt") == "sse" ? Delivery::events : Delivery::array;
    return Route::generate;
  }
  if (scene.method == "generateContent") return Route::generate;
  if (scene.method == "countTokens") return Route::count_tokens;
  if (scene.method == "batchGenerateContent") return Route::batch;
  return Route::nowhere;
}

/// The access token of a request; empty when it has none.
[[nodiscard]] inline std::string_view token_of(const Request& request) {
  constexpr std::string_view bearer = "Bearer ";
  const std::string_view credentials = header(request.headers, "authorization");
  return credentials.starts_with(bearer) ? credentials.substr(bearer.size()) : std::string_view{};
}

/// The API key of a request: from its header, its query, or on the other provider's path its credentials; empty when there is none.
[[nodiscard]] inline std::string_view key_of(const Request& request) {
  if (const std::string_view key = header(request.headers, "x-goog-api-key"); !key.empty()) return key;
  if (const std::string_view key = request.query_value("key"); !key.empty()) return key;
  const bool openai = request.path.find("/openai/") != request.path.npos;
  return openai ? token_of(request) : std::string_view{};
}

/// The row that a request asks for by itself: header `x-ductile-scenario: ID`, key `scenario-ID` or query `scenario=ID`; empty when it
/// asks for none.
[[nodiscard]] inline std::string_view wanted_row(const Request& request) {
  if (const std::string_view id = header(request.headers, "x-ductile-scenario"); !id.empty()) return id;
  constexpr std::string_view prefix = "scenario-";
  if (const std::string_view key = key_of(request); key.starts_with(prefix)) return key.substr(prefix.size());
  return request.query_value("scenario");
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
