// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/engine.hpp>

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <utility>

// Requests as a client of the mock would write them.
namespace asking {

inline std::string body_for(std::string_view prompt, std::string_view size = {}, std::string_view ratio = {}) {
  boost::json::object image;
  if (!size.empty()) image["imageSize"] = size;
  if (!ratio.empty()) image["aspectRatio"] = ratio;
  boost::json::object body{{"contents", boost::json::array{boost::json::object{
                                            {"role", "user"}, {"parts", boost::json::array{boost::json::object{{"text", prompt}}}}}}}};
  if (!image.empty()) body["generationConfig"] = boost::json::object{{"imageConfig", std::move(image)}};
  return boost::json::serialize(body);
}

inline ductile::mock::Request for_image(std::string_view prompt, std::string_view model = "gemini-3-pro-image") {
  return {.path = "/v1beta/models/" + std::string{model} + ":generateContent",
          .headers = {{"x-goog-api-key", "a-key"}},
          .body = body_for(prompt)};
}

inline ductile::mock::Request for_row(std::string_view id) {
  ductile::mock::Request request = for_image("a cat");
  request.headers.push_back({"X-Ductile-Scenario", std::string{id}});
  return request;
}

inline boost::json::value json_of(const ductile::mock::Answer& answer) { return boost::json::parse(answer.body()); }

}  // namespace asking
