// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>   // most_targets
#include <ductile/core/target.hpp>    // Target
#include <ductile/detail/ascii.hpp>   // is_digit, is_letter
#include <ductile/gemini/models.hpp>  // find_model, image_models, ImageSize
#include <ductile/gemini/redact.hpp>  // redacted, shortened
#include <ductile/tools/problem.hpp>  // misuse

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// Refuses what is no base URL: http or https, a host, no name or password, no query. A version in it is refused too: it is appended.
inline void require_base_url(std::string_view flag, const std::string& url) {
  const auto wrong = [&](std::string_view what) {
    return misuse(std::string{flag} + ": a URL must " + std::string{what} + "; it is '" + gemini::shortened(gemini::redacted(url), 120) +
                  "'");
  };
  std::string_view rest = url;
  for (const std::string_view scheme : {"https://", "http://"})
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  if (rest.size() == url.size()) throw wrong("begin with http:// or https://");
  if (rest.find_first_of(" \t\r\n?#") != std::string_view::npos) throw wrong("have no blank, no query and no fragment");
  if (rest.find('@') != std::string_view::npos) throw misuse(std::string{flag} + ": a URL must have no name and no password");
  if (rest.empty() || rest.front() == '/' || rest.front() == ':') throw wrong("name a host");
  while (rest.ends_with('/')) rest.remove_suffix(1);
  for (const std::string_view version : {"/v1", "/v1beta", "/v1alpha"})
    if (rest.ends_with(version)) throw wrong("be given without a version, which is appended");
}

/// The target of "NAME=MODEL" or "NAME=MODEL@URL".
///
/// Errors   `Problem` when it has another form, or the URL is wrong.
[[nodiscard]] inline Target parse_target(const std::string& text) {
  const std::string_view form = "--target must be NAME=MODEL or NAME=MODEL@URL";
  const auto wrong = [&] { return misuse(std::string{form} + "; it is '" + gemini::shortened(gemini::redacted(text), 120) + "'"); };
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) throw wrong();
  const std::size_t at = text.find('@', equals);
  Target target{.name = text.substr(0, equals),
                .model = text.substr(equals + 1, at == std::string::npos ? std::string::npos : at - equals - 1)};
  if (at != std::string::npos) target.base_url = text.substr(at + 1);
  const auto plain = [](char letter) {
    return ductile::detail::is_letter(letter) || ductile::detail::is_digit(letter) || letter == '-' || letter == '_' || letter == '.';
  };
  if (!std::all_of(target.name.begin(), target.name.end(), plain) || target.name.size() > 60) throw wrong();
  if (target.model.empty() || target.model.find_first_of(" \t") != std::string::npos) throw wrong();
  if (at != std::string::npos) require_base_url("--target", target.base_url);
  return target;
}

/// The chain of the targets of a command line.
///
/// Errors   `Problem` for one of a wrong form, a name that is there twice, more than the chain takes.
[[nodiscard]] inline std::vector<Target> parse_targets(const std::vector<std::string>& texts) {
  std::vector<Target> targets;
  for (const std::string& text : texts) {
    Target target = parse_target(text);
    for (const Target& other : targets)
      if (other.name == target.name) throw misuse("--target: the name '" + target.name + "' is there twice");
    targets.push_back(std::move(target));
  }
  if (targets.size() > most_targets)
    throw misuse("--target must be given at most " + std::to_string(most_targets) + " times; it is given " +
                 std::to_string(targets.size()) + " times");
  return targets;
}

/// What is wrong with a target's model, as far as the table of models knows; empty when nothing is.
[[nodiscard]] inline std::string model_doubt(const Target& target) {
  const gemini::ImageModel* model = gemini::find_model(target.model);
  if (!model) {
    std::string known;
    for (const gemini::ImageModel& image_model : gemini::image_models)
      if (image_model.status == gemini::ModelStatus::current) known.append(known.empty() ? "" : ", ").append(image_model.id);
    return "the model '" + gemini::shortened(target.model, 80) + "' is not known; known are " + known;
  }
  if (model->status == gemini::ModelStatus::retired)
    return "the model '" + target.model + "' is shut down; its successor is " + std::string{model->successor};
  return {};
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
