// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace ductile_test {

/// How many allocations this thread has made. Every test program counts them (allocations.cpp replaces `operator new`).
[[nodiscard]] std::uint64_t allocations() noexcept;

/// How many more than it has given back.
[[nodiscard]] std::int64_t allocations_held() noexcept;

/// While it lives, this thread gets `enough` more allocations, and then `std::bad_alloc`.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::uint64_t enough) noexcept;
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  ~MemoryLimit();
};

}  // namespace ductile_test
