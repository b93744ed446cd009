// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// Which thought signatures came with which image, as hashes of both. Bounded: the oldest images are forgotten.
class Signatures {
 public:
  explicit Signatures(std::size_t capacity = 10'000) : capacity_(capacity) {}

  void give(std::uint64_t picture, std::uint64_t signature) {
    const auto [found, is_new] = given_.try_emplace(picture);
    if (is_new) {
      order_.push_back(picture);
      if (order_.size() > capacity_) {
        given_.erase(order_.front());
        order_.pop_front();
      }
    }
    Given& given = found->second;  // the same picture comes again for the same prompt, with another signature
    if (given.signatures.size() < most_of_one)
      given.signatures.push_back(signature);
    else
      given.unsure = true;
  }

  /// Whether that image was given, and never with that signature.
  [[nodiscard]] bool belies(std::uint64_t picture, std::uint64_t signature) const {
    const auto found = given_.find(picture);
    if (found == given_.end() || found->second.unsure) return false;
    const auto& signatures = found->second.signatures;
    return std::find(signatures.begin(), signatures.end(), signature) == signatures.end();
  }

 private:
  static constexpr std::size_t most_of_one = 64;

  struct Given {
    std::vector<std::uint64_t> signatures{};
    bool unsure = false;  ///< It was given with more signatures than are kept.
  };

  std::size_t capacity_;
  std::map<std::uint64_t, Given> given_;
  std::deque<std::uint64_t> order_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
