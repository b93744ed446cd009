// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/detail/bounded_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// Which thought signatures came with which image, as hashes of both. Bounded: the oldest images are forgotten.
class Signatures {
 public:
  explicit Signatures(std::size_t capacity = 10'000) : given_(capacity) {}

  void give(std::uint64_t picture, std::uint64_t signature) {
    Given& given = given_.obtain(picture).first;  // the same picture comes again for the same prompt, with another signature
    if (given.signatures.size() < most_of_one)
      given.signatures.push_back(signature);
    else
      given.unsure = true;
  }

  [[nodiscard]] bool given(std::uint64_t picture) const { return given_.find(picture) != nullptr; }

  /// Whether that image was given, and never with that signature.
  [[nodiscard]] bool belies(std::uint64_t picture, std::uint64_t signature) const {
    const Given* given = given_.find(picture);
    if (!given || given->unsure) return false;
    const auto& signatures = given->signatures;
    return std::find(signatures.begin(), signatures.end(), signature) == signatures.end();
  }

 private:
  static constexpr std::size_t most_of_one = 64;

  struct Given {
    std::vector<std::uint64_t> signatures{};
    bool unsure = false;  ///< It was given with more signatures than are kept.
  };

  detail::BoundedMap<std::uint64_t, Given> given_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
