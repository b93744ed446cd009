// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// One value of its own, or none; a copy copies the value. Like `std::unique_ptr`, but <memory> is a twentieth of what every user of the
// core would have to compile.
template <class T>
class Owned {
 public:
  Owned() noexcept = default;
  explicit Owned(T* value) noexcept : value_(value) {}
  Owned(Owned&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Owned(const Owned& other) : value_(other.value_ ? new T(*other.value_) : nullptr) {}
  Owned& operator=(Owned&& other) noexcept {
    T* const former = std::exchange(value_, std::exchange(other.value_, nullptr));
    if (former) destroy(former);
    return *this;
  }
  Owned& operator=(const Owned& other) { return *this = Owned{other}; }
  ~Owned() {
    // The analyzer takes the end of std::optional's storage for a second end of the value in it.
    if (value_) destroy(value_);  // NOLINT(clang-analyzer-cplusplus.NewDelete)
  }

  [[nodiscard]] explicit operator bool() const noexcept { return value_ != nullptr; }
  [[nodiscard]] T* get() const noexcept { return value_; }
  T& operator*() const noexcept { return *value_; }
  T* operator->() const noexcept { return value_; }

 private:
  // Out of line: what a failure's end takes must not cost a success its registers.
  [[gnu::cold, gnu::noinline]] static void destroy(T* value) noexcept { delete value; }

  T* value_ = nullptr;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
