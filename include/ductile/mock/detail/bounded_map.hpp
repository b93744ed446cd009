// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

// A map that forgets the oldest of its keys for a new one beyond `capacity`: what the mock remembers of its clients stays bounded.
template <class Key, class Value>
class BoundedMap {
 public:
  explicit BoundedMap(std::size_t capacity) : capacity_(capacity) {}
  BoundedMap(BoundedMap&&) noexcept = default;
  BoundedMap& operator=(BoundedMap&&) noexcept = default;

  // The value of that key, and whether it is new.
  std::pair<Value&, bool> obtain(const Key& key) {
    const auto [found, is_new] = values_.try_emplace(key);
    if (is_new) {
      order_.push_back(found);
      if (order_.size() > capacity_) {
        values_.erase(order_.front());
        order_.pop_front();
      }
    }
    return {found->second, is_new};
  }

  [[nodiscard]] Value* find(const Key& key) {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const Value* find(const Key& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }

  [[nodiscard]] auto begin() const { return values_.begin(); }
  [[nodiscard]] auto end() const { return values_.end(); }

  void clear() {
    order_.clear();
    values_.clear();
  }

 private:
  using Values = std::map<Key, Value>;

  std::size_t capacity_;
  Values values_;
  std::deque<typename Values::iterator> order_;  // a map's stay valid, when it is moved too
};

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
