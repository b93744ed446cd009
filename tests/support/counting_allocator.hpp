// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "catch.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <thread>

/// What an allocator was asked for, and a handler that owns what its allocator hands out.
namespace ductile_test {

struct Count {
  std::thread::id owner = std::this_thread::get_id();
  std::atomic<std::size_t> held = 0;  // bytes
  std::atomic<std::size_t> made = 0;
  std::atomic<std::size_t> asked_elsewhere = 0;  // than by its owner

  void ask() {
    if (std::this_thread::get_id() != owner) ++asked_elsewhere;
  }
};

template <class T>
struct Counting {
  using value_type = T;
  explicit Counting(Count& to) noexcept : count(&to) {}
  template <class U>
  explicit(false) Counting(const Counting<U>& other) noexcept : count(other.count) {}
  T* allocate(std::size_t n) {
    count->ask();
    count->held += n * sizeof(T);
    ++count->made;
    return std::allocator<T>{}.allocate(n);
  }
  void deallocate(T* memory, std::size_t n) noexcept {
    count->ask();
    count->held -= n * sizeof(T);
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

  OwnsItsMemory(Count& count, std::optional<std::size_t>& held_at_the_end, boost::asio::io_context& context,
                boost::asio::cancellation_slot slot = {})
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
    Memory(Count& counted, std::optional<std::size_t>& held) : count(&counted), held_at_the_end(&held) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { *held_at_the_end = count->held.load(); }

    Count* count;
    std::optional<std::size_t>* held_at_the_end;
  };

  std::unique_ptr<Memory> memory_;
  executor_type executor_;
  cancellation_slot_type slot_;
};

}  // namespace ductile_test
