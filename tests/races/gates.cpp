// SPDX-License-Identifier: BSL-1.0
//
// Places, their line, and the waiters of both drivers, under relacy: the library's own code in every interleaving of two or three threads,
// of which one brings what another may be about to leave. scripts/check_races builds and runs it, and once for each fault below.
//
// weakened: policies/detail/places.hpp | word + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true
// weakened: policies/detail/places.hpp | word - 1, std::memory_order_release
// weakened: policies/detail/places.hpp | std::memory_order_relaxed)) return waiter.granted
// weakened: policies/detail/places.hpp | word_.fetch_sub(1, std::memory_order_acq_rel)
// weakened: drivers/detail/gate_visit.hpp | told_.store(true, std::memory_order_release)
// weakened: drivers/detail/gate_visit.hpp | told_.load(std::memory_order_acquire)
// planted: policies/detail/places.hpp | if (word_.compare_exchange_weak(word, word + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true; | { word_.store(word + 1, std::memory_order_release); return true; }
// planted: policies/detail/places.hpp | word_.fetch_add(1 - one_waiting | word_.fetch_sub(one_waiting
// planted: policies/detail/places.hpp | let_in();  // the next one may need less |
// planted: policies/detail/places.hpp | line_.remove(*first); |
// planted: policies/detail/places.hpp | waiting(word) == 0 && in_flight(word) < most | in_flight(word) < most
// planted: core/gate.hpp | condition_.notify_all(); |
// planted: drivers/detail/gate_visit.hpp | if (gate.leave(waiter)) return true; | return gate.leave(waiter);
// planted: drivers/detail/gate_visit.hpp | plan(); | told_.store(true, std::memory_order_release); plan();
#include "watched_std.hpp"

#include <ductile/drivers/detail/gate_visit.hpp>
#include <ductile/policies/detail/places.hpp>

#include <vector>

namespace {

using namespace ductile;
using detail::GateVisit;
using detail::Places;

constexpr Places::Limits limits{1, 2};

// What one place guards: two inside at once are a data race, and so is one who does not see what the one before him did.
struct Room {
  Places places{};
  rl::var<int> inside;

  void use() {
    inside($) = static_cast<int>(inside($)) + 1;
    places.give_back();
  }
  // Whether it had to wait.
  bool full() {
    if (!places.take(limits.in_flight)) return true;
    use();
    return false;
  }
};

// Somebody who waits in his thread, as the blocking driver does it.
void sleep_at(Room& room, bool impatient) {
  BlockingWaiter waiter{limits.packed()};
  room.places.enter(waiter);
  if (impatient && !waiter.wait_for(Duration{1}) && room.places.leave(waiter)) return;
  if (waiter.wait().status == Grant::Status::granted) room.use();
}

// What runs the steps of a call, and may go while another thread plans one.
class Context {
 public:
  Context() { alive_($) = 1; }
  void plan() {
    RL_ASSERT(static_cast<int>(alive_($)) == 1);
    mutex_.lock($);
    planned_ = true;
    changed_.notify_all($);
    mutex_.unlock($);
  }
  void run() {
    mutex_.lock($);
    while (!planned_) changed_.wait(mutex_, $);
    mutex_.unlock($);
  }
  [[nodiscard]] bool planned() {
    mutex_.lock($);
    const bool planned = planned_;
    mutex_.unlock($);
    return planned;
  }
  void die() { alive_($) = 0; }

 private:
  rl::var<int> alive_;
  rl::mutex mutex_;
  rl::condition_variable changed_;
  bool planned_ = false;
};

// A call as the asynchronous driver makes it wait.
class Call final : public Waiter {
 public:
  enum class End : unsigned char { granted, cancelled, destroyed };

  explicit Call(Gate& gate) : Waiter(limits.packed()), gate_(gate) { alive_($) = 1; }
  ~Call() { alive_($) = 0; }

  void granted(Grant grant) noexcept override {
    visit_.tell(grant, [this] {
      RL_ASSERT(static_cast<int>(alive_($)) == 1);
      context_.plan();
    });
  }

  void enter() {
    visit_.begin();
    gate_.enter(*this);
  }
  [[nodiscard]] bool told() { return context_.planned(); }

  // Whether it was let in.
  [[nodiscard]] bool end(End how) {
    bool told = true;
    if (how == End::granted)
      context_.run();
    else
      told = !visit_.leave(gate_, *this);
    if (how == End::destroyed) context_.die();
    if (how == End::cancelled) RL_ASSERT(context_.planned() == told);
    return told && visit_.grant().status == Grant::Status::granted;
  }

 private:
  Gate& gate_;
  Context context_;
  GateVisit visit_;
  rl::var<int> alive_;
};

void wait_at(Room& room, Call::End how) {
  Call call{room.places};
  call.enter();
  if (call.end(how)) room.use();
}

// The place is taken; the first thread gives it back.
template <class Scene, int Threads>
struct SceneOf : rl::test_suite<Scene, Threads> {
  Room room{};

  void before() {
    room.inside($) = 0;
    RL_ASSERT(room.places.take(limits.in_flight));
  }
  void after() {
    RL_ASSERT(room.places.in_flight() == 0);
    RL_ASSERT(room.places.waiting() == 0);
  }
};

// Who waits, waits in vain never: in his thread, at a context, and both in one line.
struct AllServed : SceneOf<AllServed, 3> {
  void thread(unsigned index) {
    if (index == 0) return room.use();
    if (!room.full()) return;
    if (index == 1) return sleep_at(room, false);
    wait_at(room, Call::End::granted);
  }
};

// A place is given back while who waits for it runs out of time.
struct OutOfTime : SceneOf<OutOfTime, 2> {
  void thread(unsigned index) {
    if (index == 0) return room.use();
    if (room.full()) sleep_at(room, true);
  }
};

template <Call::End How>
struct Left : SceneOf<Left<How>, 2> {
  void thread(unsigned index) {
    if (index == 0) return this->room.use();
    if (this->room.full()) wait_at(this->room, How);
  }
};

// The one behind is served whether the one ahead stays or leaves.
template <Call::End How>
struct LeftAhead : SceneOf<LeftAhead<How>, 3> {
  void thread(unsigned index) {
    if (index == 0) return this->room.use();
    if (!this->room.full()) return;
    if (index == 1) return wait_at(this->room, How);
    sleep_at(this->room, false);
  }
};

// Two contexts go at once, with a call each, and hand the place to each other.
struct ContextsGo : SceneOf<ContextsGo, 3> {
  void thread(unsigned index) {
    if (index == 0) return room.use();
    if (room.full()) wait_at(room, Call::End::destroyed);
  }
};

// First come, first served; and who comes anew is not before either.
struct InOrder : SceneOf<InOrder, 2> {
  void thread(unsigned index) {
    if (index == 0) {
      room.use();
      room.full();
      return;
    }
    Call first{room.places};
    Call second{room.places};
    first.enter();
    second.enter();
    if (second.told()) RL_ASSERT(first.told());
    RL_ASSERT(first.end(Call::End::granted));
    room.use();
    RL_ASSERT(second.end(Call::End::granted));
    room.use();
  }
};

// Who leaves lets in whom he kept waiting by his own, smaller number.
struct SmallerAhead : SceneOf<SmallerAhead, 2> {
  static constexpr Places::Limits larger{2, 2};
  void thread(unsigned index) {
    if (index == 0) {
      Call call{room.places};
      call.enter();
      RL_ASSERT(!call.end(Call::End::cancelled));
      return;
    }
    if (!room.places.take(larger.in_flight)) {
      BlockingWaiter behind{larger.packed()};
      room.places.enter(behind);
      RL_ASSERT(behind.wait().status == Grant::Status::granted);
    }
    room.places.give_back();
  }
  void after() {
    room.places.give_back();
    SceneOf::after();
  }
};

// A store, which tells without a lock: who asks to leave may be told at that moment.
class Store final : public Gate {
 public:
  void enter(Waiter& waiter) noexcept override {
    mutex_.lock($);
    waiter_ = &waiter;
    mutex_.unlock($);
  }
  bool leave(Waiter&) noexcept override { return take() != nullptr; }
  void answer() {
    if (Waiter* const waiter = take()) waiter->granted({});
  }

 private:
  Waiter* take() {
    mutex_.lock($);
    Waiter* const taken = waiter_;
    waiter_ = nullptr;
    mutex_.unlock($);
    return taken;
  }

  rl::mutex mutex_;
  Waiter* waiter_ = nullptr;
};

template <Call::End How>
struct StoreAnswers : rl::test_suite<StoreAnswers<How>, 2> {
  Store store{};
  void thread(unsigned index) {
    if (index == 0) return store.answer();
    Call call{store};
    call.enter();
    static_cast<void>(call.end(How));
  }
};

}  // namespace

int main(int count, char** arguments) {
  races::begin(count, arguments);
  const bool ok = races::holds_nearly<OutOfTime>("a grant and the deadline of a thread") &&
                  races::holds_nearly<Left<Call::End::granted>>("a grant and a call") &&
                  races::holds_nearly<Left<Call::End::cancelled>>("a grant and the cancellation or deadline of a call") &&
                  races::holds_nearly<Left<Call::End::destroyed>>("a grant and the end of a context") &&
                  races::holds_nearly<StoreAnswers<Call::End::cancelled>>("a store's answer and the cancellation of a call") &&
                  races::holds_nearly<StoreAnswers<Call::End::destroyed>>("a store's answer and the end of a context") &&
                  races::holds_nearly<InOrder>("first come, first served") &&
                  races::holds_nearly<SmallerAhead>("one with a smaller number ahead") &&
                  races::holds_nearly<AllServed>("a thread and a call in one line") &&
                  races::holds_nearly<LeftAhead<Call::End::cancelled>>("a call that leaves ahead of a thread") &&
                  races::holds_nearly<LeftAhead<Call::End::destroyed>>("a context that ends ahead of a thread") &&
                  races::holds_nearly<ContextsGo>("two contexts end at once");
  return ok ? 0 : 1;
}
