// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/price.hpp>                   // Price
#include <ductile/mock/verdict/client_verdict.hpp>  // ClientVerdict
#include <ductile/mock/verdict/finding.hpp>         // Finding, Proof

#include <boost/json.hpp>

#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

inline boost::json::object price_json(const Price& price) {
  constexpr double dollar = 1e9;
  return {{"requests", price.requests},
          {"tokens", price.tokens},
          {"dollars", static_cast<double>(price.nanodollars) / dollar},
          {"dollars_at_most", static_cast<double>(price.nanodollars_at_most) / dollar}};
}

}  // namespace detail

/// The verdict as `GET /_ductile/verdict` shows it.
[[nodiscard]] inline boost::json::object verdict_json(const ClientVerdict& verdict) {
  boost::json::array findings;
  for (const Finding& finding : verdict.findings) {
    boost::json::array requests;
    for (const Proof& proof : finding.proofs) {
      boost::json::object request{{"number", proof.number}};
      if (proof.after != 0) request["after"] = proof.after;
      requests.push_back(std::move(request));
    }
    findings.push_back(boost::json::object{{"name", finding.name()},
                                           {"meaning", finding.meaning()},
                                           {"count", finding.count},
                                           {"requests", std::move(requests)},
                                           {"price", detail::price_json(finding.price)}});
  }
  return {{"clean", verdict.clean()},
          {"findings", std::move(findings)},
          {"totals", boost::json::object{{"requests", verdict.useful.requests + verdict.wasted.requests},
                                         {"useful", detail::price_json(verdict.useful)},
                                         {"wasted", detail::price_json(verdict.wasted)}}}};
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
