// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Duration, Time

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ductile::inline DUCTILE_VERSION {

/// What a gate tells a waiter.
struct Grant {
  enum class Status : std::uint8_t {
    granted,  ///< The waiter has what it waited for.
    later,    ///< Not now; ask again at `at`.
    failed    ///< The gate cannot say (its store is down, or gave no answer in time).
  };
  Status status = Status::granted;
  Time at{};
};

/// Somebody who waits at a gate. Belongs to the driver; policies never see one.
class Waiter {
 public:
  explicit Waiter(std::uint64_t ticket = 0) noexcept : ticket_(ticket) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// What the policy asked for, in the gate's own coding.
  [[nodiscard]] std::uint64_t ticket() const noexcept { return ticket_; }

  /// Called by the gate exactly once for each waiter that `enter` kept and `leave` did not take back, from any thread.
  virtual void granted(Grant grant) noexcept = 0;

 protected:
  ~Waiter() = default;

 private:
  std::uint64_t ticket_;
};

/// Where a call waits for something that is not a moment: a slot, a store's answer. The driver enters and leaves, never a policy.
class Gate {
 public:
  /// Keeps the waiter and tells it later, or tells it at once from inside. The waiter must live until it is told or has left.
  virtual void enter(Waiter& waiter) noexcept = 0;

  /// Takes the waiter back: true when it will not be told any more; false when it has been, or is being, told: then the grant is the
  /// waiter's, and it settles what it was given.
  virtual bool leave(Waiter& waiter) noexcept = 0;

 protected:
  ~Gate() = default;
};

/// A waiter that a thread can sleep on.
class BlockingWaiter final : public Waiter {
 public:
  using Waiter::Waiter;

  void granted(Grant grant) noexcept override {
    // Notified under the lock: the owner may destroy the waiter as soon as it sees `done_`.
    const std::lock_guard lock{mutex_};
    grant_ = grant;
    done_ = true;
    condition_.notify_all();
  }

  [[nodiscard]] bool done() noexcept {
    const std::lock_guard lock{mutex_};
    return done_;
  }

  /// Waits at most `span`; true when the grant is there.
  [[nodiscard]] bool wait_for(Duration span) {
    std::unique_lock lock{mutex_};
    return condition_.wait_for(lock, span, [this] { return done_; });
  }

  /// Waits for the grant, however long it takes.
  Grant wait() {
    std::unique_lock lock{mutex_};
    condition_.wait(lock, [this] { return done_; });
    return grant_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool done_ = false;
  Grant grant_{};
};

}  // namespace ductile::inline DUCTILE_VERSION
