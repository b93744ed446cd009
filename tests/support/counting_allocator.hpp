// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "catch.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>

/// What an allocator was asked for, and a handler that owns what its allocator hands out.
namespace ductile_test {

struct Count {
  long held = 0;
  long made = 0;
};

template <class T>
struct Counting {
  using value_type = T;
  explicit Counting(Count& to) noexcept : count(&to) {}
  template <class U>
  explicit(false) Counting(const Counting<U>& other) noexcept : count(other.count) {}
  T* allocate(std::size_t n) {
    ++count->held;
    ++count->made;
    return std::allocator<T>{}.allocate(n);
  }
  void deallocate(T* memory, std::size_t n) noexcept {
    --count->held;
    std::allocator<T>{}.deallocate(memory, n);
  }
  template <class U>
  bool operator==(const Counting<U>& other) const noexcept {
    return count == other.count;
  }
  Count* count;
};

/// A handler of an operation that never ends. Notes what is still held of its memory when that goes with it.
class OwnsItsMemory {
 public:
  using allocator_type = Counting<char>;
  using executor_type = boost::asio::io_context::executor_type;
  using cancellation_slot_type = boost::asio::cancellation_slot;

  OwnsItsMemory(Count& count, long& held_at_the_end, boost::asio::io_context& context, boost::asio::cancellation_slot slot = {})
      : memory_(std::make_unique<Memory>(count, held_at_the_end)), executor_(context.get_executor()), slot_(slot) {}

  [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type{*memory_->count}; }
  [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }
  [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

  template <class Result>
  void operator()(const Result&) const {
    FAIL_CHECK("it never ends");
  }

 private:
  struct Memory {
    Memory(Count& counted, long& held) : count(&counted), held_at_the_end(&held) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { *held_at_the_end = count->held; }

    Count* count;
    long* held_at_the_end;
  };

  std::unique_ptr<Memory> memory_;
  executor_type executor_;
  cancellation_slot_type slot_;
};

}  // namespace ductile_test
