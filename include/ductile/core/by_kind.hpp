// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration, Kind

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace ductile::inline DUCTILE_VERSION {

/// A value for each kind, `otherwise` where none is set: `ByKind<unsigned>{0, {{Kind::overload, 3}}}`.
template <class Value>
class ByKind {
 public:
  struct Entry {
    Kind kind;
    Value value;
  };

  constexpr ByKind(Value otherwise, std::initializer_list<Entry> entries) {
    values_.fill(otherwise);
    for (const Entry& entry : entries) values_[static_cast<std::size_t>(entry.kind)] = entry.value;
  }

  [[nodiscard]] constexpr const Value& operator[](Kind kind) const noexcept { return values_[static_cast<std::size_t>(kind)]; }
  constexpr void set(Kind kind, Value value) noexcept { values_[static_cast<std::size_t>(kind)] = value; }

  [[nodiscard]] constexpr auto begin() const noexcept { return values_.begin(); }
  [[nodiscard]] constexpr auto end() const noexcept { return values_.end(); }

 private:
  std::array<Value, kinds> values_{};
};

}  // namespace ductile::inline DUCTILE_VERSION
