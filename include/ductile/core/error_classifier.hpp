// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Verdict

#include <concepts>
#include <cstdint>
#include <exception>
#include <optional>

namespace ductile::inline DUCTILE_VERSION {

/// Turns a raw value into a verdict. `C` claims the type `Raw` by taking it; what it does not take is judged by its type alone.
template <class C, class Raw>
concept ErrorClassifier = requires(const C& classifier, const Raw& raw) {
  { classifier(raw) } -> std::same_as<Verdict>;
};

/// A classifier that also claims exceptions: an empty answer means "not mine", and the exception goes on to the caller.
template <class C>
concept ClaimsExceptions = requires(const C& classifier, const std::exception_ptr& thrown) {
  { classifier.thrown(thrown) } -> std::same_as<std::optional<Verdict>>;
};

/// The classifier of a call that names none: claims nothing.
struct Unclassified {};

/// What a success cost. A value that knows has a member `Cost cost() const noexcept`, and the quota is settled with it.
struct Cost {
  std::int32_t tokens = 0;
  std::int8_t images = 0;  ///< At most 127, as in a `Verdict`: what makes more is several attempts.
};

template <class T>
concept KnowsCost = requires(const T& value) {
  { value.cost() } noexcept -> std::same_as<Cost>;
};

}  // namespace ductile::inline DUCTILE_VERSION
