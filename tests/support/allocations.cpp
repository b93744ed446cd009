// SPDX-License-Identifier: BSL-1.0

#include "allocations.hpp"

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
thread_local std::uint64_t made = 0;
thread_local std::uint64_t allowed = no_limit;

}  // namespace

std::uint64_t ductile_test::allocations() noexcept { return made; }
ductile_test::MemoryLimit::MemoryLimit(std::uint64_t enough) noexcept { allowed = enough; }
ductile_test::MemoryLimit::~MemoryLimit() { allowed = no_limit; }

void* operator new(std::size_t size) {
  ++made;
  if (allowed == 0) throw std::bad_alloc{};
  if (allowed != no_limit) --allowed;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
