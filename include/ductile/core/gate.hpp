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

class WaitingLine;

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

  /// Before another visit at a gate.
  void ask_for(std::uint64_t ticket) noexcept { ticket_ = ticket; }

 private:
  friend class WaitingLine;
  std::uint64_t ticket_;
  Waiter* ahead_ = nullptr;  // in the gate's line, if it has one
  Waiter* behind_ = nullptr;
  bool in_line_ = false;
};

/// Those who wait at a gate, in the order in which they came. The links are in the waiters, so it never allocates.
///
/// Threads  The gate's lock guards it.
class WaitingLine {
 public:
  /// Who came first; null when nobody waits.
  [[nodiscard]] Waiter* first() const noexcept { return first_; }

  void add(Waiter& waiter) noexcept {
    waiter.in_line_ = true;
    waiter.ahead_ = last_;
    waiter.behind_ = nullptr;
    (last_ ? last_->behind_ : first_) = &waiter;
    last_ = &waiter;
  }

  /// \return Whether it was in line.
  bool remove(Waiter& waiter) noexcept {
    if (!waiter.in_line_) return false;
    waiter.in_line_ = false;
    (waiter.ahead_ ? waiter.ahead_->behind_ : first_) = waiter.behind_;
    (waiter.behind_ ? waiter.behind_->ahead_ : last_) = waiter.ahead_;
    return true;
  }

 private:
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
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
