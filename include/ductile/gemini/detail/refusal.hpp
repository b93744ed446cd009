// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>     // Failure
#include <ductile/core/kind.hpp>        // Billed, Kind, Says, Sent
#include <ductile/core/verdict.hpp>     // Verdict
#include <ductile/gemini/failures.hpp>  // find_failure, verdict_of
#include <ductile/gemini/request.hpp>   // check, ImageRequest, RequestProblem

#include <optional>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::gemini::detail {

// A request that is not sent: the caller's own mistake, as the service would put it.
[[nodiscard]] inline Failure refusal(RequestProblem problem) {
  Verdict verdict;
  verdict.kind = Kind::bad_request;
  if (const FailureRow* row = find_failure(problem.id.text())) verdict = verdict_of(*row);
  verdict.says = Says::operation;
  verdict.sent = Sent::no;
  verdict.billed = Billed::no;
  return Failure{verdict, std::move(problem.text), {{"request", "checked before it was sent"}}};
}

// Why the model is not asked for that image; none when it can be.
[[nodiscard]] inline std::optional<Failure> refused(const ImageRequest& request, std::string_view model) {
  auto problem = check(request, model);
  return problem ? std::optional{refusal(*std::move(problem))} : std::nullopt;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini::detail
