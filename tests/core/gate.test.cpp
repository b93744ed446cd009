// SPDX-License-Identifier: BSL-1.0

// Gates across threads: who is granted holds it, whoever leaves in that very moment.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"

#include <ductile/drivers/blocking.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

// Lets a few in at a time, first come, first served. A slot is handed over: who is granted has it.
class Slots final : public Gate {
 public:
  explicit Slots(int free) : free_(free) {}

  bool try_enter() noexcept {
    const std::lock_guard lock{mutex_};
    if (free_ == 0) return false;
    --free_;
    return true;
  }
  void enter(Waiter& waiter) noexcept override {
    const std::lock_guard lock{mutex_};
    if (free_ == 0) return waiting_.push_back(&waiter);
    --free_;
    waiter.granted({});
  }
  bool leave(Waiter& waiter) noexcept override {
    const std::lock_guard lock{mutex_};
    const auto found = std::find(waiting_.begin(), waiting_.end(), &waiter);
    if (found == waiting_.end()) return false;
    waiting_.erase(found);
    return true;
  }
  void release() noexcept {
    const std::lock_guard lock{mutex_};
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    waiting_.front()->granted({});
    waiting_.pop_front();
  }
  [[nodiscard]] int free() {
    const std::lock_guard lock{mutex_};
    return free_;
  }

 private:
  std::mutex mutex_;
  int free_;
  std::deque<Waiter*> waiting_;
};

struct SlotsAt {
  Slots* slots;
  Admission admit(NoState&, NoCall&, Now now, const Attempt&) const noexcept {
    return slots->try_enter() ? Admission::go() : Admission::wait(*slots, Kind::bulkhead_full, 0, now() + 2ms);
  }
  Reaction settle(NoState&, NoCall&, Now, const Attempt&, const Verdict&) const noexcept {
    slots->release();
    return Reaction::pass();
  }
};

}  // namespace

TEST_CASE("A waiter is told once, and keeps what it was told", "[core][gate]") {
  BlockingWaiter waiter{42};
  CHECK(waiter.ticket() == 42);
  CHECK_FALSE(waiter.done());
  CHECK_FALSE(waiter.wait_for(0ms));
  std::jthread other{[&] { waiter.granted({Grant::Status::later, Time{3s}}); }};
  const Grant grant = waiter.wait();
  CHECK(grant.status == Grant::Status::later);
  CHECK(grant.at == Time{3s});
  CHECK(waiter.done());
  CHECK(waiter.wait_for(0ms));
}

TEST_CASE("A line keeps its order, whoever leaves it", "[core][gate]") {
  BlockingWaiter a;
  BlockingWaiter b;
  BlockingWaiter c;
  WaitingLine line;
  CHECK(line.first() == nullptr);
  CHECK_FALSE(line.remove(a));
  for (BlockingWaiter* waiter : {&a, &b, &c}) line.add(*waiter);
  const auto rest = [&] {
    std::vector<Waiter*> in_order;
    while (Waiter* const first = line.first()) {
      in_order.push_back(first);
      CHECK(line.remove(*first));
    }
    return in_order;
  };
  using Order = std::vector<Waiter*>;
  SECTION("nobody leaves") { CHECK(rest() == Order{&a, &b, &c}); }
  SECTION("the first") {
    CHECK(line.remove(a));
    CHECK_FALSE(line.remove(a));
    CHECK(rest() == Order{&b, &c});
  }
  SECTION("one in the middle, who comes again") {
    CHECK(line.remove(b));
    line.add(b);
    CHECK(rest() == Order{&a, &c, &b});
  }
  SECTION("the last, and another comes") {
    CHECK(line.remove(c));
    BlockingWaiter d;
    line.add(d);
    CHECK(rest() == Order{&a, &b, &d});
  }
  CHECK(line.first() == nullptr);
}

TEST_CASE("Threads that crowd a gate, and leave it when they lose patience, lose no slot and take none twice", "[core][gate]") {
  constexpr int free = 2;
  Slots slots{free};
  Pipeline pipeline{CountingPolicy{}, SlotsAt{&slots}, CountingPolicy{}};
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> served{0};
  std::atomic<int> impatient{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const Result<void> result = pipeline.run([&] {
            const int now_inside = ++inside;
            int before = most;
            while (before < now_inside && !most.compare_exchange_weak(before, now_inside)) {
            }
            std::this_thread::sleep_for(200us);
            --inside;
          });
          if (result)
            ++served;
          else if (result.error().kind() == Kind::bulkhead_full)
            ++impatient;
        }
      });
  }
  CHECK(most <= free);
  CHECK(served + impatient == 400);
  CHECK(served > 0);
  CHECK(slots.free() == free);
  CHECK(Ledger::global().fault().empty());
}
