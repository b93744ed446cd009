// SPDX-License-Identifier: BSL-1.0

#include "allocations.hpp"

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
thread_local std::uint64_t made = 0;
thread_local std::int64_t held = 0;
thread_local std::uint64_t allowed = no_limit;

void* allocate(std::size_t size) noexcept {
  ++made;
  if (allowed == 0) return nullptr;
  if (allowed != no_limit) --allowed;
  ++held;
  return std::malloc(size > 0 ? size : 1);
}

void give_back(void* memory) noexcept {
  if (memory) --held;
  std::free(memory);
}

void* allocate_or_throw(std::size_t size) {
  if (void* memory = allocate(size)) return memory;
  throw std::bad_alloc{};
}

}  // namespace

std::uint64_t ductile_test::allocations() noexcept { return made; }
std::int64_t ductile_test::allocations_held() noexcept { return held; }
ductile_test::MemoryLimit::MemoryLimit(std::uint64_t enough) noexcept { allowed = enough; }
ductile_test::MemoryLimit::~MemoryLimit() { allowed = no_limit; }

// All forms, or a sanitizer sees memory of one allocator given back to another.
void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
