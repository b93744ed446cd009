// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>                // WallTime
#include <ductile/core/transport.hpp>          // HttpRequest, HttpResponse, Transport, TransportError, TransportLimits
#include <ductile/gemini/api_key.hpp>          // ApiKey
#include <ductile/gemini/classifier.hpp>       // classify
#include <ductile/gemini/explanation.hpp>      // Layer, layer_of
#include <ductile/gemini/failures.hpp>         // find_failure, verdict_of
#include <ductile/tools/doctor.hpp>            // diagnosis_json, diagnosis_text, JsonLine
#include <ductile/tools/doctor_diagnosis.hpp>  // diagnose, Diagnosis
#include <ductile/tools/known_secrets.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// The one part of the doctor that sends anything: it asks the service itself, step by step, what is wrong.
namespace ductile::inline DUCTILE_VERSION::tools {

/// The steps, in the order in which they are made: each needs those before it.
enum class CheckStep : std::uint8_t {
  dns,     ///< The name of the host has an address.
  tls,     ///< Something answers there, over a connection that is trusted.
  key,     ///< The key is accepted.
  region,  ///< The place from which the call leaves is served.
  model,   ///< The model is there.
  call     ///< A call that costs next to nothing is answered.
};

/// "region".
[[nodiscard]] constexpr std::string_view name(CheckStep step) noexcept {
  constexpr std::array<std::string_view, 6> names{"dns", "tls", "key", "region", "model", "call"};
  return names[static_cast<std::size_t>(step)];
}

struct CheckOptions {
  std::string base_url{};  ///< Without a version.
  gemini::ApiKey key{};
  std::string model{};
};

/// How one step ended.
struct CheckedStep {
  CheckStep step = CheckStep::dns;
  std::string what{};                  ///< What was seen, a phrase.
  std::optional<Diagnosis> failure{};  ///< None: it is well.
};

/// The addresses of a host, or why it has none.
using Addresses = std::variant<std::vector<std::string>, std::string>;

namespace detail {

/// The host of an address that was checked before.
[[nodiscard]] inline std::string host_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  url = url.substr(0, url.find('/'));
  if (url.starts_with('[')) return std::string{url.substr(1, url.find(']') - 1)};
  return std::string{url.substr(0, url.rfind(':'))};
}

/// At which step a failure is at home.
[[nodiscard]] inline CheckStep step_of(const Verdict& verdict) noexcept {
  constexpr std::array<std::string_view, 5> of_region{"location-unsupported", "free-tier-region", "free-tier-region-new-text",
                                                      "region-blocked-html-fragment", "billing-country-restricted"};
  const std::string_view id = verdict.id.text();
  if (std::ranges::find(of_region, id) != of_region.end()) return CheckStep::region;
  switch (gemini::layer_of(verdict.kind, id)) {
    case gemini::Layer::network: return id == "dns-failure" ? CheckStep::dns : CheckStep::tls;
    case gemini::Layer::account: return CheckStep::key;
    case gemini::Layer::model: return CheckStep::model;
    default: return verdict.remedy == Remedy::other_model && verdict.kind == Kind::bad_request ? CheckStep::model : CheckStep::call;
  }
}

[[nodiscard]] inline Diagnosis diagnosis_of_row(std::string_view id, std::string_view why) {
  Diagnosis diagnosis;
  diagnosis.said.verdict = gemini::verdict_of(*gemini::find_failure(id));
  diagnosis.said.confidence = gemini::Confidence::certain;
  diagnosis.said.evidence.push_back({"check", std::string{why}});
  return diagnosis;
}

/// The requests of a check, and what is made of their answers.
template <Transport T>
class Checker {
 public:
  Checker(T& transport, const CheckOptions& options) : transport_(transport), options_(options) {
    base_ = options.base_url;
    while (base_.ends_with('/')) base_.pop_back();
  }

  [[nodiscard]] std::optional<Diagnosis> connects() {
    auto failed = ask(get("/models?pageSize=1", false));
    return failed && step_of(failed->said.verdict) == CheckStep::tls ? failed : std::nullopt;  // without a key it is refused, of course
  }

  [[nodiscard]] std::optional<Diagnosis> takes_key() {
    if (options_.key.empty()) return diagnosis_of_row("key-missing", "no key was given");
    if (const auto problem = options_.key.problem(); !problem.empty()) return diagnosis_of_row("api-key-invalid", problem);
    auto failed = ask(get("/models?pageSize=1000", true));
    listed_ = !failed && body_.find("models/" + options_.model + "\"") != body_.npos;
    return unless_later(std::move(failed), CheckStep::key);
  }

  [[nodiscard]] std::optional<Diagnosis> counts_tokens(CheckStep step) {
    if (!counted_) counted_ = ask(post("countTokens", R"({"contents":[{"role":"user","parts":[{"text":"ok"}]}]})"));
    return unless_later(*counted_, step);
  }

  [[nodiscard]] std::optional<Diagnosis> generates() {
    auto failed = ask(post("generateContent", R"({"contents":[{"role":"user","parts":[{"text":"Answer with the word ok."}]}],)"
                                              R"("generationConfig":{"maxOutputTokens":1,"responseModalities":["TEXT"]}})"));
    const auto answered = [](const Diagnosis& diagnosis) {  // an image is more than was asked for
      const Kind kind = diagnosis.said.verdict.kind;
      return kind == Kind::no_image || kind == Kind::max_tokens;
    };
    return failed && status_ == 200 && answered(*failed) ? std::nullopt : failed;
  }

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] bool listed() const noexcept { return listed_; }

 private:
  [[nodiscard]] HttpRequest request(std::string_view path, bool with_key) const {
    HttpRequest made;
    made.url = base_ + "/v1beta" + std::string{path};
    if (with_key) made.headers.push_back({"x-goog-api-key", std::string{options_.key.reveal()}});
    return made;
  }
  [[nodiscard]] HttpRequest get(std::string_view path, bool with_key) const { return request(path, with_key); }
  [[nodiscard]] HttpRequest post(std::string_view method, std::string_view body) const {
    HttpRequest made = request("/models/" + options_.model + ":" + std::string{method}, true);
    made.method = "POST";
    made.headers.push_back({"Content-Type", "application/json"});
    made.body = body;
    return made;
  }

  // What is wrong with the answer; of what makes no image a 200 that is no page is right.
  [[nodiscard]] std::optional<Diagnosis> ask(const HttpRequest& request) {
    TransportLimits limits;
    limits.idle = limits.total = std::chrono::seconds{60};
    limits.max_response_bytes = std::size_t{16} * 1024 * 1024;
    const TransportResult result = transport_.send(request, limits);
    status_ = 0;
    body_.clear();
    Diagnosis diagnosis;
    if (const auto* error = std::get_if<TransportError>(&result)) {
      diagnosis.said = gemini::classify(*error, {.model = options_.model, .secret = options_.key.reveal()});
      return diagnosis;
    }
    const HttpResponse& response = std::get<HttpResponse>(result);
    status_ = response.status;
    body_ = response.body;
    diagnosis = diagnose(response, options_.key.reveal());
    if (diagnosis.said.model.empty()) diagnosis.said.model = options_.model;
    const bool lists_or_counts = !request.url.ends_with("generateContent");
    const bool well = diagnosis.said.ok() || (lists_or_counts && status_ == 200 && step_of(diagnosis.said.verdict) != CheckStep::tls &&
                                              diagnosis.said.verdict.id == FailureId{"candidates-empty"});
    return well ? std::nullopt : std::optional{std::move(diagnosis)};
  }

  // A failure that is at home at the region or the model, when these come later, says that this step is well.
  [[nodiscard]] static std::optional<Diagnosis> unless_later(std::optional<Diagnosis> failed, CheckStep step) {
    if (!failed) return failed;
    const CheckStep home = step_of(failed->said.verdict);
    return home > step && home != CheckStep::call ? std::nullopt : failed;
  }

  T& transport_;
  const CheckOptions& options_;
  std::string base_;
  std::string body_;
  int status_ = 0;
  bool listed_ = false;
  std::optional<std::optional<Diagnosis>> counted_;
};

}  // namespace detail

/// Asks the service, step by step, and stops at the first that fails. Five requests at most; the last one is the only one that can cost
/// anything, and asks for one token.
///
/// \param look_up `Addresses(const std::string& host)`.
/// \param tell    `void(const CheckedStep&)`, called as each step ends.
/// Returns whether all is well.
template <Transport T, class LookUp, class Tell>
bool check_service(T& transport, const CheckOptions& options, const LookUp& look_up, const Tell& tell) {
  detail::Checker<T> checker{transport, options};
  const auto end = [&tell](CheckStep step, std::string what, std::optional<Diagnosis> failure) {
    const bool well = !failure;
    tell(CheckedStep{step, std::move(what), std::move(failure)});
    return well;
  };
  const std::string host = detail::host_of(options.base_url);
  const Addresses addresses = look_up(host);
  if (const auto* why = std::get_if<std::string>(&addresses))
    return end(CheckStep::dns, host + " has no address", detail::diagnosis_of_row("dns-failure", *why));
  const auto& found = std::get<std::vector<std::string>>(addresses);
  end(CheckStep::dns, host + ": " + (found.empty() ? "found" : found.front()), {});

  const auto said = [](CheckStep step, const std::optional<Diagnosis>& failure, std::string_view well, std::string_view ill) {
    if (!failure) return std::string{well};
    return std::string{detail::step_of(failure->said.verdict) == step ? ill : "cannot be told: something else came in between"};
  };
  auto failure = checker.connects();
  const bool encrypted = options.base_url.starts_with("https://");
  std::string what =
      said(CheckStep::tls, failure, encrypted ? "trusted" : "connected, not encrypted (http)", "no connection to the service");
  if (!end(CheckStep::tls, std::move(what), std::move(failure))) return false;
  failure = checker.takes_key();
  what = said(CheckStep::key, failure, "accepted", "not accepted");
  if (!end(CheckStep::key, std::move(what), std::move(failure))) return false;
  failure = checker.counts_tokens(CheckStep::region);
  what = said(CheckStep::region, failure, "served", "not served");
  if (!end(CheckStep::region, std::move(what), std::move(failure))) return false;
  failure = checker.counts_tokens(CheckStep::model);
  what =
      options.model + ": " + said(CheckStep::model, failure, checker.listed() ? "there, and listed" : "there, not listed", "not to be had");
  if (!end(CheckStep::model, std::move(what), std::move(failure))) return false;
  failure = checker.generates();
  what = failure ? "not answered" : "answered";
  return end(CheckStep::call, std::move(what), std::move(failure));
}

/// A step for people: one line, and below a failure its diagnosis.
[[nodiscard]] inline std::string checked_text(const CheckedStep& checked, const KnownSecrets& secrets = {},
                                              std::optional<WallTime> now = {}) {
  std::string text{name(checked.step)};
  text.append(text.size() < 8 ? 8 - text.size() : 1, ' ').append(checked.failure ? "FAILED  " : "ok      ");
  text.append(detail::one_line(checked.what, secrets)).append("\n");
  return checked.failure ? text + diagnosis_text(*checked.failure, secrets, now) : text;
}

/// The same as one JSON object on one line: step, ok, what, and the diagnosis or null.
[[nodiscard]] inline std::string checked_json(const CheckedStep& checked, const KnownSecrets& secrets = {},
                                              std::optional<WallTime> now = {}) {
  detail::JsonLine line{secrets};
  line.add_text("step", name(checked.step));
  line.add_flag("ok", !checked.failure);
  line.add_text("what", checked.what);
  line.add("diagnosis", checked.failure ? diagnosis_json(*checked.failure, secrets, now) : "null");
  return std::move(line).text();
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
