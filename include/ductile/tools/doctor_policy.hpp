// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>               // Kind, QuotaDimension, Remedy
#include <ductile/core/transport.hpp>          // HttpResponse
#include <ductile/gemini/classifier.hpp>       // classify
#include <ductile/gemini/failures.hpp>         // find_failure
#include <ductile/gemini/models.hpp>           // find_model, image_models, ModelStatus
#include <ductile/tools/doctor_diagnosis.hpp>  // diagnose, Diagnosis
#include <ductile/tools/log_scan.hpp>          // LogScan
#include <ductile/tools/tells_failure.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// The failures that a pipeline is wanted for, and what they say of limits and of the model.
class FailureMix {
 public:
  struct Sort {
    std::string id{};
    Kind kind = Kind::other;
    Remedy remedy = Remedy::never;
    std::uint64_t count = 0;
  };

  FailureMix() = default;
  explicit FailureMix(const LogScan& scan) {
    for (const LogFailure& row : scan.rows()) {
      sorts_.push_back({row.id, row.kind, row.remedy, row.count});
      if (row.limit && *row.limit > 0) limits_[row.dimension] = *row.limit;
      if (model_.empty()) model_ = row.model;
    }
  }

  void add(const Diagnosis& diagnosis) {
    const gemini::Classification& said = diagnosis.said;
    if (said.ok()) return;
    const std::string id{said.verdict.id.text()};
    const auto same = [&](const Sort& sort) { return sort.id == id && sort.kind == said.verdict.kind; };
    auto sort = std::ranges::find_if(sorts_, same);
    if (sort == sorts_.end()) sort = sorts_.insert(sorts_.end(), Sort{id, said.verdict.kind, said.verdict.remedy, 0});
    ++sort->count;
    if (said.limit_value && *said.limit_value > 0) limits_[said.verdict.dimension] = *said.limit_value;
    if (model_.empty()) model_ = said.model;
  }

  /// Whether a sort of it has a row in the table.
  [[nodiscard]] bool is_known() const noexcept {
    return std::ranges::any_of(sorts_, [](const Sort& sort) { return gemini::find_failure(sort.id) != nullptr; });
  }

  /// The most frequent first.
  [[nodiscard]] std::vector<Sort> sorts() const {
    std::vector<Sort> sorted = sorts_;
    std::ranges::sort(sorted, [](const Sort& a, const Sort& b) { return a.count != b.count ? a.count > b.count : a.id < b.id; });
    return sorted;
  }
  [[nodiscard]] std::optional<std::int64_t> limit(QuotaDimension dimension) const {
    const auto found = limits_.find(dimension);
    return found == limits_.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] const std::string& model() const noexcept { return model_; }

 private:
  std::vector<Sort> sorts_;
  std::map<QuotaDimension, std::int64_t> limits_;
  std::string model_;
};

/// What an input's records tell of failures. Of one record a guess is taken, too, since somebody asks about it; of several, as of a log,
/// those count that `tells_failure` finds.
[[nodiscard]] inline FailureMix mix_of(const std::vector<HttpResponse>& answers, std::string_view secret = {}) {
  FailureMix mix;
  for (const HttpResponse& answer : answers) {
    const Diagnosis diagnosis = answers.size() == 1 ? diagnose(answer, secret) : Diagnosis{.said = gemini::classify(answer)};
    if (answers.size() == 1 || tells_failure(answer.body, diagnosis.said)) mix.add(diagnosis);
  }
  return mix;
}

/// Which policies answer a failure; none: what is wrong lies in the request, the account or the prompt.
struct PolicyNeeds {
  bool retry = false;    ///< It passes by itself.
  bool breaker = false;  ///< It comes in bursts, so that a target is better left alone for a while. Only with `retry`.
  bool quota = false;    ///< A limit that can be kept instead of met.
  bool targets = false;  ///< Another model may do it.

  [[nodiscard]] bool any() const noexcept { return retry || breaker || quota || targets; }
  friend constexpr bool operator==(const PolicyNeeds&, const PolicyNeeds&) = default;
};

[[nodiscard]] constexpr PolicyNeeds needs_of(Kind kind, Remedy remedy) noexcept {
  const bool passes = remedy == Remedy::immediately || remedy == Remedy::after_delay;
  const bool bursts = kind == Kind::overload || kind == Kind::internal || kind == Kind::timeout || kind == Kind::network;
  const bool limit = kind == Kind::rate_limit || kind == Kind::quota;
  return {.retry = passes,
          .breaker = passes && bursts,
          .quota = limit && (passes || remedy == Remedy::next_day),
          .targets = remedy == Remedy::other_model || remedy == Remedy::next_day || kind == Kind::overload};
}

[[nodiscard]] inline PolicyNeeds needs_of(const FailureMix& mix) {
  PolicyNeeds all;
  for (const FailureMix::Sort& sort : mix.sorts()) {
    const PolicyNeeds needs = needs_of(sort.kind, sort.remedy);
    all.retry = all.retry || needs.retry;
    all.breaker = all.breaker || needs.breaker;
    all.quota = all.quota || needs.quota;
    all.targets = all.targets || needs.targets;
  }
  return all;
}

namespace detail {

/// The models of the chain: the one that was asked, if it still serves, then the others that do.
[[nodiscard]] inline std::vector<std::string_view> models_to_ask(std::string_view asked) {
  std::vector<std::string_view> models;
  for (const gemini::ImageModel& model : gemini::image_models)
    if (model.status == gemini::ModelStatus::current) models.push_back(model.id);
  const gemini::ImageModel* first = gemini::find_model(asked.empty() ? "gemini-3-pro-image" : asked);
  if (const auto found = std::ranges::find(models, first ? first->id : std::string_view{}); found != models.end())
    std::rotate(models.begin(), found, found + 1);
  return models;
}

[[nodiscard]] inline std::string windows_text(const FailureMix& mix) {
  struct Window {
    QuotaDimension dimension;
    std::string_view name;
    std::string_view behind;
  };
  constexpr std::array<Window, 6> windows{{{QuotaDimension::requests_per_minute, "per_minute", ""},
                                           {QuotaDimension::tokens_per_minute, "tokens_per_minute", ""},
                                           {QuotaDimension::images_per_minute, "images_per_minute", ""},
                                           {QuotaDimension::requests_per_day, "per_day", ", ductile::pacific"},
                                           {QuotaDimension::tokens_per_day, "tokens_per_day", ", ductile::pacific"},
                                           {QuotaDimension::spend, "spend_per_ten_minutes", ""}}};
  std::string text;
  for (const Window& window : windows) {
    const auto limit = window.dimension == QuotaDimension::spend ? std::nullopt : mix.limit(window.dimension);
    text.append(text.empty() ? "" : ",\n").append("                  ductile::").append(window.name).append("(");
    text.append(limit ? std::to_string(*limit) : "std::nullopt").append(window.behind).append(")");
  }
  return text;
}

/// The function that makes the pipeline, without its includes.
[[nodiscard]] inline std::string pipeline_text(const PolicyNeeds& needs, const FailureMix& mix) {
  std::string text =
      "inline auto make_pipeline() {\n"
      "  using namespace std::chrono_literals;\n"
      "  return ductile::Pipeline{\n"
      "      ductile::Deadline{10min},  // of a whole call, waits included\n";
  if (needs.targets) {
    text +=
        "      // What one model has no room or no quota for, another may do. What was withheld is never asked of another.\n"
        "      ductile::FallbackChain{ductile::FallbackOptions{\n          .targets = {";
    std::string targets;
    for (const std::string_view model : models_to_ask(mix.model()))
      targets.append(targets.empty() ? "" : ",\n                      ")
          .append("{.name = \"")
          .append(model)
          .append("\", .model = \"")
          .append(model)
          .append("\"}");
    text += targets + "}}},\n";
  }
  if (needs.retry) {
    text +=
        "      // Waits as long as the answer asks, else longer from try to try. What no repeat cures is not repeated.\n"
        "      ductile::Retry{ductile::RetryOptions{\n"
        "          .attempts = 5, .backoff = ductile::Exponential{.base = 3s, .cap = 60s, .floor = 1s}";
    // Without a chain nobody else waits for what refuses inside.
    text += !needs.targets && (needs.breaker || needs.quota) ? ", .outwait_rejections = true}},\n" : "}},\n";
  }
  if (needs.breaker)
    text +=
        "      // In a burst of failures a model is left alone, and asked again by single probes.\n"
        "      ductile::CircuitBreaker{ductile::CircuitBreakerOptions{\n"
        "          .trip = ductile::ratio(0.6, {.of = 10, .within = 2min, .at_least = 2}), .open_for = 10s}},\n";
  if (needs.quota)
    text +=
        "      // Keeps under the limits instead of meeting them; std::nullopt is learnt from the service's refusals.\n"
        "      ductile::QuotaTracker{ductile::QuotaOptions<6>{\n          .limits = {\n" +
        windows_text(mix) + "}}},\n";
  return text + "      ductile::AttemptTimeout{180s}};  // of one attempt: an image in 4K may take so long\n}\n";
}

/// "Retry, CircuitBreaker"
[[nodiscard]] inline std::string names_of(const PolicyNeeds& needs) {
  std::string names;
  const auto add = [&names](bool wanted, std::string_view name) {
    if (wanted) names.append(names.empty() ? "" : ", ").append(name);
  };
  add(needs.targets, "FallbackChain");
  add(needs.retry, "Retry");
  add(needs.breaker, "CircuitBreaker");
  add(needs.quota, "QuotaTracker");
  return names;
}

}  // namespace detail

/// A pipeline in C++ that answers what of the mix a program can answer, with the reasons, and what is to be done about the rest.
[[nodiscard]] inline std::string policy_text(const FailureMix& mix) {
  std::string answered;
  std::string mended_elsewhere;
  for (const FailureMix::Sort& sort : mix.sorts()) {
    const PolicyNeeds needs = needs_of(sort.kind, sort.remedy);
    const gemini::FailureRow* row = gemini::find_failure(sort.id);
    std::string line = "//   " + std::to_string(sort.count) + " " + (row ? sort.id : std::string{name(sort.kind)} + " (not recognised)");
    if (needs.any())
      answered += line + ": " + detail::names_of(needs) + "\n";
    else
      mended_elsewhere += line + (row ? ": " + std::string{row->fix} : std::string{}) + "\n";
  }
  std::string text = "// By ductile doctor policy.\n";
  if (!answered.empty()) text += "// What answers these failures:\n" + answered;
  if (!mended_elsewhere.empty()) text += "// What no policy mends, and this pipeline does not repeat:\n" + mended_elsewhere;
  text +=
      "// One pipeline for all calls. Its operation makes one attempt, and says what failed by its kind, as gemini::Client::generate "
      "does:\n"
      "//   auto pipeline = make_pipeline();\n"
      "//   auto image = pipeline.run([&](const ductile::Attempt& attempt) { return ask(attempt); });\n"
      "#include <ductile/ductile.hpp>\n\n#include <chrono>\n#include <optional>\n\n";
  return text + detail::pipeline_text(needs_of(mix), mix);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
