// SPDX-License-Identifier: BSL-1.0
#pragma once

// For programs under relacy that include a header of the library after this one: there `std::atomic` and `std::mutex` and what belongs to
// them are relacy's, for the names that `ductile::std` declares hide the standard's. What the library includes of the standard is included
// before.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <limits>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

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

namespace ductile::std {

using namespace ::std;

inline rl::memory_order watched(memory_order order) {
  switch (order) {
    case memory_order_relaxed: return rl::mo_relaxed;
    case memory_order_consume: return rl::mo_consume;
    case memory_order_acquire: return rl::mo_acquire;
    case memory_order_release: return rl::mo_release;
    case memory_order_acq_rel: return rl::mo_acq_rel;
    case memory_order_seq_cst: break;
  }
  return rl::mo_seq_cst;
}

// No weak exchange fails without a cause: loops that try again would have no end.
template <class T>
class atomic {
 public:
  atomic(T value) : value_(value) {}  // NOLINT(google-explicit-constructor): as the standard's
  T load(memory_order order) const { return value_.load(watched(order), $); }
  void store(T value, memory_order order) { value_.store(value, watched(order), $); }
  T fetch_add(T value, memory_order order) { return value_.fetch_add(value, watched(order), $); }
  T fetch_sub(T value, memory_order order) { return value_.fetch_sub(value, watched(order), $); }
  bool compare_exchange_weak(T& expected, T value, memory_order order, memory_order otherwise) {
    return value_.compare_exchange_strong(expected, value, watched(order), $, watched(otherwise), $);
  }
  bool compare_exchange_weak(T& expected, T value, memory_order order) {
    return compare_exchange_weak(expected, value, order, order == memory_order_release ? memory_order_relaxed : order);
  }

 private:
  rl::atomic<T> value_;
};

class mutex {
 public:
  void lock() { mutex_.lock($); }
  void unlock() { mutex_.unlock($); }

 private:
  rl::mutex mutex_;
};

// A timed wait ends when it is told to, or at any moment.
class condition_variable {
 public:
  void notify_all() { condition_.notify_all($); }
  template <class Enough>
  void wait(unique_lock<mutex>& lock, Enough enough) {
    Lock as{lock};
    while (!enough()) condition_.wait(as, $);
  }
  template <class Span, class Enough>
  bool wait_for(unique_lock<mutex>& lock, const Span& span, Enough enough) {
    Lock as{lock};
    while (!enough())
      if (!condition_.wait_for(as, span, $)) return enough();
    return true;
  }

 private:
  struct Lock {
    unique_lock<mutex>& lock_;
    void lock(rl::debug_info_param) const { lock_.lock(); }
    void unlock(rl::debug_info_param) const { lock_.unlock(); }
  };
  rl::condition_variable_any condition_;
};

namespace this_thread {
inline void yield() { rl::yield(1, $); }
}  // namespace this_thread

}  // namespace ductile::std
