// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <source_location>
#include <string_view>

#include <relacy/relacy.hpp>  // its macros take the names of the standard's orders, and `new` and `assert`
#undef memory_order_relaxed
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_consume
#undef memory_order_seq_cst
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno

// Orders of memory as relacy knows them. One place of the library may be weakened to `relaxed` when the program is run, so that such a
// fault costs no build of its own.
namespace races {

struct Place {
  std::string_view header{};
  std::uint32_t line = 0;

  [[nodiscard]] bool is(const std::source_location& at) const noexcept {
    return at.line() == line && std::string_view{at.file_name()}.ends_with(header);
  }
};

inline Place weakened;

// Before all else that `main` does: takes it from the command line, `<header>:<line>` or nothing.
inline void begin(int count, char** arguments) {
  std::cout << std::unitbuf;  // relacy may die of what it finds
  if (count < 2) return;
  const std::string_view place = arguments[1];
  const std::size_t colon = place.rfind(':');
  weakened.header = place.substr(0, colon);
  std::from_chars(place.data() + colon + 1, place.data() + place.size(), weakened.line);
}

inline rl::memory_order watched(std::memory_order order, const std::source_location& at) {
  if (weakened.is(at)) return rl::mo_relaxed;
  switch (order) {
    case std::memory_order_relaxed: return rl::mo_relaxed;
    case std::memory_order_consume: return rl::mo_consume;
    case std::memory_order_acquire: return rl::mo_acquire;
    case std::memory_order_release: return rl::mo_release;
    case std::memory_order_acq_rel: return rl::mo_acq_rel;
    case std::memory_order_seq_cst: break;
  }
  return rl::mo_seq_cst;
}

template <class Scene>
bool holds(const char* name, rl::test_params how) {
  how.iteration_count = 1'000'000'000;
  how.progress_output_period = 1U << 30U;
  const bool ok = rl::simulate<Scene>(how);
  std::cout << (ok ? "ok      " : "FAILED  ") << name << ": " << how.stop_iteration << " interleavings\n";
  return ok;
}

// In every interleaving.
template <class Scene>
bool holds(const char* name) {
  rl::test_params how;
  how.search_type = rl::fair_full_search_scheduler_type;
  return holds<Scene>(name, how);
}

// In every interleaving in which at most so many times another thread goes on though nothing makes it: without a bound three threads that
// wait for each other take days.
template <class Scene>
bool holds_nearly(const char* name) {
  rl::test_params how;
  how.search_type = rl::fair_context_bound_scheduler_type;
  how.context_bound = Scene::params::thread_count == 2 ? 5 : 3;
  return holds<Scene>(name, how);
}

}  // namespace races
