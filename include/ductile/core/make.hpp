// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // CollectedRules
#include <ductile/core/result.hpp>        // Result

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

namespace detail {
inline Failure config_failure(std::string broken) {
  Verdict verdict;
  verdict.kind = Kind::bad_request;
  verdict.remedy = Remedy::never;
  verdict.says = Says::policy;
  verdict.sent = Sent::no;
  verdict.billed = Billed::no;
  verdict.id = "option-out-of-range";
  return Failure{verdict, std::move(broken)};
}
}  // namespace detail

/// A policy from options that come from outside (a file, a flag): a failure that names field, range and value instead of an exception. The
/// same in builds with and without exceptions.
template <class Policy, class... Options>
[[nodiscard]] Result<Policy> make(Options... options) {
  CollectedRules rules;
  Policy::check(options..., rules);
  if (!rules.broken.empty()) return detail::config_failure(std::move(rules.broken));
  return Result<Policy>{BOOST_OUTCOME_V2_NAMESPACE::in_place_type<Policy>, std::move(options)...};
}

/// The same for a policy template whose number of windows follows from the options: `make<QuotaTracker>(QuotaOptions{...})`.
template <template <std::size_t> class Policy, class Options>
[[nodiscard]] auto make(Options options) {
  return make<decltype(Policy{std::declval<Options>()})>(std::move(options));
}

/// The same for a policy template whose arguments follow from the options: `make<Retry>(RetryOptions{.attempts = n})`.
template <template <class...> class Policy, class Options>
[[nodiscard]] auto make(Options options) {
  return make<decltype(Policy{std::declval<Options>()})>(std::move(options));
}

}  // namespace ductile::inline DUCTILE_VERSION
