// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>        // Failure, Verdict
#include <ductile/core/kind.hpp>           // Billed, Kind, Remedy
#include <ductile/core/quota_window.hpp>   // quota_cost
#include <ductile/gemini/failures.hpp>     // FailureRow, find_failure, Fixer
#include <ductile/gemini/kind_advice.hpp>  // actions_for, advice_for

#include <cstdint>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// Where in the way of a call a failure arose.
enum class Layer : std::uint8_t {
  request,        ///< What was sent.
  account,        ///< Key, project, billing, country.
  model,          ///< The model: its name, or what it can do.
  quota,          ///< A limit of the project.
  capacity,       ///< Room in the service, for everybody.
  service,        ///< The service itself.
  network,        ///< What stands between, and the connection.
  prompt_filter,  ///< Before anything is made; in part the request's to set.
  output_filter,  ///< On what was made; nobody's to set.
  answer,         ///< A well-formed answer without what was asked for.
  caller          ///< The program itself, or its own policies.
};

/// "prompt_filter".
[[nodiscard]] constexpr std::string_view name(Layer layer) noexcept {
  switch (layer) {
    case Layer::request: return "request";
    case Layer::account: return "account";
    case Layer::model: return "model";
    case Layer::quota: return "quota";
    case Layer::capacity: return "capacity";
    case Layer::service: return "service";
    case Layer::network: return "network";
    case Layer::prompt_filter: return "prompt_filter";
    case Layer::output_filter: return "output_filter";
    case Layer::answer: return "answer";
    case Layer::caller: return "caller";
  }
  return "answer";
}

/// Where a failure of that kind arises; what is prohibited by its row, since both filters say it.
[[nodiscard]] constexpr Layer layer_of(Kind kind, std::string_view id) noexcept {
  switch (kind) {
    case Kind::bad_request:
    case Kind::payload_too_large: return Layer::request;
    case Kind::auth:
    case Kind::permission:
    case Kind::failed_precondition: return Layer::account;
    case Kind::not_found: return Layer::model;
    case Kind::rate_limit:
    case Kind::quota: return Layer::quota;
    case Kind::overload: return Layer::capacity;
    case Kind::internal: return Layer::service;
    case Kind::timeout: return id == "client-deadline" || id == "idle-timeout" || id == "slow-drip" ? Layer::network : Layer::service;
    case Kind::network: return Layer::network;
    case Kind::safety_prompt: return Layer::prompt_filter;
    case Kind::prohibited: return id.starts_with("prompt-") ? Layer::prompt_filter : Layer::output_filter;
    case Kind::safety_output:
    case Kind::recitation: return Layer::output_filter;
    case Kind::cancelled:
    case Kind::circuit_open:
    case Kind::bulkhead_full:
    case Kind::deadline:
    case Kind::store_unavailable:
    case Kind::no_target:
    case Kind::abandoned: return Layer::caller;
    case Kind::ok:
    case Kind::no_image:
    case Kind::max_tokens:
    case Kind::other: break;
  }
  return Layer::answer;
}

/// What a failure is, in words: whose it is, what it costs, and what to do.
struct Explanation {
  FailureId id{};
  std::string_view cause{};  ///< What happened, a phrase.
  std::string_view means{};  ///< What that is, for whoever meets it for the first time.
  Layer layer = Layer::answer;
  Fixer who = Fixer::nobody;
  Billed billed = Billed::unknown;
  bool counts = false;                      ///< Whether the service counts the request in its windows.
  std::vector<std::string_view> actions{};  ///< What to do, sentences, in order.
};

/// Explains a verdict by its row of the table, and what holds for its kind.
///
/// Threads  Pure.
[[nodiscard]] inline Explanation explain(const Verdict& verdict) {
  Explanation said{.id = verdict.id,
                   .cause = "not recognised",
                   .means = advice_for(verdict.kind).means,
                   .layer = layer_of(verdict.kind, verdict.id.text()),
                   .billed = verdict.billed,
                   .counts = quota_cost(verdict, {.requests = 1}).requests > 0};
  if (const FailureRow* row = find_failure(verdict.id.text())) {
    said.cause = row->cause;
    said.who = row->fixer;
    said.actions.push_back(row->fix);
  }
  for (const std::string_view action : actions_for(verdict.kind, verdict.remedy)) said.actions.push_back(action);
  return said;
}

/// The same of a failure that a call ended with.
[[nodiscard]] inline Explanation explain(const Failure& failure) { return explain(failure.verdict()); }

}  // namespace ductile::inline DUCTILE_VERSION::gemini
