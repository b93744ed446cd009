// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/gate.hpp>  // Gate, Grant, Waiter

#include <atomic>
#include <thread>

namespace ductile::inline DUCTILE_VERSION::detail {

// A visit at a gate by a call that does not sleep: the grant, and whether the thread that brought it has let go of the call.
//
// That thread plans the call's next step at the call's executor; whoever is to go on waits until it has done so. So neither the call nor
// its context goes while somebody is about to use them.
class GateVisit {
 public:
  void begin() noexcept { told_.store(false, std::memory_order_relaxed); }

  // Of `Waiter::granted`: keeps the grant and plans what follows from it.
  template <class Plan>
  void tell(Grant grant, Plan plan) noexcept {
    grant_ = grant;
    plan();
    told_.store(true, std::memory_order_release);  // the last touch
  }

  // True when nothing was granted, nor will be; false when the step that follows from the grant is planned.
  [[nodiscard]] bool leave(Gate& gate, Waiter& waiter) const noexcept {
    if (gate.leave(waiter)) return true;
    static_cast<void>(grant());
    return false;
  }

  // What is or is being told.
  [[nodiscard]] Grant grant() const noexcept {
    while (!told_.load(std::memory_order_acquire)) std::this_thread::yield();
    return grant_;
  }

 private:
  Grant grant_{};
  std::atomic<bool> told_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
