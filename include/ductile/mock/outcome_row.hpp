// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/dice.hpp>           // Dice
#include <ductile/mock/request_check.hpp>  // Asked
#include <ductile/mock/service_model.hpp>  // Outcome, ServiceModel

#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// The row in which a model says that it has no room, all of them with a 503. \param luck 0 to 1.
[[nodiscard]] constexpr std::string_view no_room_row(double luck) noexcept {
  return luck < 0.5 ? "high-demand" : luck < 0.8 ? "overloaded" : "service-unavailable";
}

/// The row in which the service says what has become of a call. \param dice This call's own.
[[nodiscard]] constexpr std::string_view outcome_row(Outcome outcome, const Asked& asked, std::string_view model, Dice dice) {
  const double luck = dice.with("words").uniform();
  switch (outcome) {
    case Outcome::overloaded: return luck < 0.9 ? no_room_row(luck) : "bad-gateway-html";  // the front end gives up
    case Outcome::internal: return luck < 0.8 ? "internal" : "internal-report";
    case Outcome::deadline_exceeded: return "deadline-504";
    case Outcome::withheld: return luck < 0.8 ? "image-safety" : "image-safety-text";
    case Outcome::prohibited: return "prompt-blocked-prohibited";
    case Outcome::bad_request: return "invalid-argument-generic";
    case Outcome::no_permission: return "model-no-access";
    case Outcome::not_found: return "entity-not-found";
    case Outcome::image: break;
  }
  if (!asked.image) return "ok-text-only";
  if (ServiceModel::is_pro(model) && (asked.thoughts || luck < 0.25)) return "ok-thought-image";
  return asked.text && luck > 0.6 ? "ok-text-image" : "ok-image";
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
