// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>  // Evidence
#include <ductile/core/kind.hpp>     // QuotaDimension
#include <ductile/core/verdict.hpp>  // Duration, Verdict

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// Whose limit was reached.
enum class QuotaScope : std::uint8_t { unknown, per_project_per_model, per_project, per_region, per_user, shared_capacity };

/// The scope's name, as in reports; empty when it is not known.
[[nodiscard]] constexpr std::string_view name(QuotaScope scope) noexcept {
  constexpr std::array<std::string_view, 6> names{"", "per_project_per_model", "per_project", "per_region", "per_user", "shared_capacity"};
  const auto index = static_cast<std::size_t>(scope);
  return index < names.size() ? names[index] : std::string_view{};
}

/// How firm the ground is that a verdict stands on.
enum class Confidence : std::uint8_t {
  guess,   ///< A status alone, or a default.
  likely,  ///< A known phrase.
  certain  ///< A name of the service's own: a reason, a quota id, a finish reason; or a transport's report.
};

[[nodiscard]] constexpr std::string_view name(Confidence confidence) noexcept {
  constexpr std::array<std::string_view, 3> names{"guess", "likely", "certain"};
  const auto index = static_cast<std::size_t>(confidence);
  return index < names.size() ? names[index] : std::string_view{"guess"};
}

/// What a person wants to know of an answer: what happened, and what to do.
struct Advice {
  std::string_view cause;  ///< A phrase.
  std::string_view fix;    ///< A sentence.
};

/// What a classifier made of one answer: the verdict that policies decide on, and the words and facts for people and ledgers.
struct Classification {
  Verdict verdict;
  Confidence confidence = Confidence::guess;
  std::string message;             ///< The other side's words, at most 500 bytes, without secrets.
  std::vector<Evidence> evidence;  ///< What the verdict rests on, the strongest first. Never empty for a failure.

  int http_status = 0;      ///< As received; else as the answer names it; 0: unknown.
  std::string grpc_status;  ///< "RESOURCE_EXHAUSTED"; empty when the answer names none.
  QuotaScope scope = QuotaScope::unknown;
  std::optional<bool> free_tier;            ///< Whether the limit is one of the free tier.
  std::optional<std::int64_t> limit_value;  ///< The limit of the window that decides.
  bool limit_zero = false;                  ///< The limit is nought: waiting does not help, whatever a hint says.
  std::optional<Duration> retry_after;      ///< What the answer asks to wait, exactly as said. (`verdict.hint` is it, rounded up.)
  std::string model;                        ///< The model that the answer speaks of; else the one that was asked.
  Advice advice;                            ///< Where the answer says more, or less, than a row of the table; else empty.

  [[nodiscard]] bool ok() const noexcept { return verdict.ok(); }
};

/// What is known about the request when its answer is judged. The views must outlive the call only.
struct AnswerContext {
  std::string_view model;   ///< The model that was asked.
  std::string_view secret;  ///< The key, so that it is taken out of whatever is kept.
  bool of_batch = false;    ///< It answers batches.get: no capacity then says that the result is too large to be put together.
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini
