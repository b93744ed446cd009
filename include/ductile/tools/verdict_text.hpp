// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/price.hpp>                   // Price
#include <ductile/mock/verdict/client_verdict.hpp>  // ClientVerdict
#include <ductile/mock/verdict/finding.hpp>         // Finding, Proof

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

inline std::string dollars(std::int64_t nanodollars) { return fmt::format("${:.4f}", static_cast<double>(nanodollars) / 1e9); }

inline std::string price_text(const mock::Price& price) {
  std::string text = fmt::format("{} request{}, {} token{}, {}", price.requests, price.requests == 1 ? "" : "s", price.tokens,
                                 price.tokens == 1 ? "" : "s", dollars(price.nanodollars));
  if (price.nanodollars_at_most > price.nanodollars) text += " to " + dollars(price.nanodollars_at_most);
  return text;
}

inline std::string proofs_text(const mock::Finding& finding) {
  constexpr std::size_t most_shown = 8;
  const std::size_t shown = std::min(finding.proofs.size(), most_shown);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const mock::Proof& proof = finding.proofs[i];
    text += fmt::format("{}#{}", i == 0 ? "" : ", ", proof.number);
    if (proof.after != 0) text += fmt::format(" after #{}", proof.after);
  }
  if (finding.count > shown) text += fmt::format(" and {} more", finding.count - shown);
  return text;
}

}  // namespace detail

/// The mock's verdict on its client, as a page for people: each finding in three lines, then what the run cost.
[[nodiscard]] inline std::string verdict_text(const mock::ClientVerdict& verdict) {
  std::string text =
      verdict.clean() ? "no findings\n" : fmt::format("{} finding{}\n", verdict.findings.size(), verdict.findings.size() == 1 ? "" : "s");
  for (const mock::Finding& finding : verdict.findings)
    text += fmt::format("\n{} x{}\n  {}\n  requests  {}\n  price     {}\n", finding.name(), finding.count, finding.meaning(),
                        detail::proofs_text(finding), detail::price_text(finding.price));
  return text + fmt::format("\nuseful  {}\nwasted  {}\n", detail::price_text(verdict.useful), detail::price_text(verdict.wasted));
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
