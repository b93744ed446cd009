// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <coroutine>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// What one client does about one job, written down as its source would be: a coroutine that begins when it is awaited or let go.
///
/// Threads  One.
class [[nodiscard]] Flow {
 public:
  class promise_type {
   public:
    Flow get_return_object() noexcept { return Flow{Handle::from_promise(*this)}; }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const { throw; }  // into the simulation's run

    struct End {
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) const noexcept {
        const std::coroutine_handle<> next = ended.promise().next_;
        if (ended.promise().let_go_) ended.destroy();
        return next;
      }
      void await_resume() const noexcept {}
    };
    [[nodiscard]] End final_suspend() const noexcept { return {}; }

   private:
    friend class Flow;
    std::coroutine_handle<> next_ = std::noop_coroutine();
    bool let_go_ = false;
  };

  Flow(Flow&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Flow& operator=(Flow&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Flow() {
    if (handle_) handle_.destroy();
  }

  /// Lets it run by itself: it goes when it has ended.
  void let_go() && {
    const Handle handle = std::exchange(handle_, nullptr);
    handle.promise().let_go_ = true;
    handle.resume();
  }

  // To be awaited once.
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<> next) const noexcept {
    handle_.promise().next_ = next;
    return handle_;
  }
  void await_resume() const noexcept {}

 private:
  using Handle = std::coroutine_handle<promise_type>;
  explicit Flow(Handle handle) noexcept : handle_(handle) {}
  Handle handle_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
