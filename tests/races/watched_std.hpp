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
#include <source_location>
#include <thread>
#include <type_traits>
#include <utility>

#include "orders.hpp"  // last, for relacy's macros

namespace ductile::std {

using namespace ::std;

// No weak exchange fails without a cause: loops that try again would have no end.
template <class T>
class atomic {
  using Place = source_location;

 public:
  atomic(T value) : value_(value) {}  // NOLINT(google-explicit-constructor): as the standard's
  T load(memory_order order, Place at = Place::current()) const { return value_.load(races::watched(order, at), $); }
  void store(T value, memory_order order, Place at = Place::current()) { value_.store(value, races::watched(order, at), $); }
  T exchange(T value, memory_order order, Place at = Place::current()) { return value_.exchange(value, races::watched(order, at), $); }
  T fetch_add(T value, memory_order order, Place at = Place::current()) { return value_.fetch_add(value, races::watched(order, at), $); }
  T fetch_sub(T value, memory_order order, Place at = Place::current()) { return value_.fetch_sub(value, races::watched(order, at), $); }
  bool compare_exchange_weak(T& expected, T value, memory_order order, memory_order otherwise, Place at = Place::current()) {
    return value_.compare_exchange_strong(expected, value, races::watched(order, at), $, races::watched(otherwise, at), $);
  }
  bool compare_exchange_strong(T& expected, T value, memory_order order, Place at = Place::current()) {
    return compare_exchange_weak(expected, value, order, at);
  }
  bool compare_exchange_weak(T& expected, T value, memory_order order, Place at = Place::current()) {
    return compare_exchange_weak(expected, value, order, order == memory_order_release ? memory_order_relaxed : order, at);
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
