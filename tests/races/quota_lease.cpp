// SPDX-License-Identifier: BSL-1.0
//
// The room that a quota's ledger lends, under relacy: the library's own code in every interleaving of one who takes from it and one who
// renews it, with every value that the orders of memory allow. tests/properties/quota_lease.test.cpp has more threads, without the orders.
//
// weakened: policies/detail/quota_lease.hpp | word.load(std::memory_order_acquire)
// weakened: policies/detail/quota_lease.hpp | lines_[i].word.store(word(given_[i]), std::memory_order_release)
#include "watched_std.hpp"

#include <ductile/policies/detail/quota_lease.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>

namespace {

using namespace ductile;

constexpr Time now{Duration{5}};
constexpr Time after{Duration{10}};
constexpr ::std::uint64_t ours = 1;
constexpr ::std::uint64_t theirs = 2;

// The terms of the second lease, which begins while the other thread takes from the first.
struct Terms {
  Time end = after;
  ::std::uint64_t owner = ours;
};

template <::std::size_t Windows>
struct Renewed : rl::test_suite<Renewed<Windows>, 2> {
  using Lease = detail::QuotaLease<Windows>;
  using Amounts = ::std::array<::std::int64_t, Windows>;
  using Taken = typename Lease::Taken;

  static inline Terms second;
  static constexpr ::std::int32_t cost = 2;
  static constexpr ::std::int64_t room = 3;

  Lease lease{};
  Taken taken{};
  Amounts of_first{};

  void give(::std::uint32_t tick, const Terms& terms) {
    Amounts rooms;
    rooms.fill(room);
    lease.give(rooms, terms.end, terms.owner, tick);
  }
  void before() { give(1, {}); }
  void thread(unsigned index) {
    if (index == 1) {
      of_first = lease.end();
      give(2, second);
      return;
    }
    ::std::array<::std::int32_t, Windows> costs;
    costs.fill(cost);
    taken = lease.take(costs, now, ours);
  }
  void after() {
    const Amounts of_second = lease.end();
    for (::std::size_t window = 0; window < Windows; ++window) {
      RL_ASSERT(of_first[window] == said(window, 1));
      RL_ASSERT(of_second[window] == said(window, 2));
      RL_ASSERT(of_second[window] == 0 || (second.owner == ours && second.end > now));
    }
  }
  // What the taker says that it has of a lease.
  [[nodiscard]] ::std::int64_t said(::std::size_t window, ::std::uint32_t tick) const {
    return taken.windows > window && taken.tick == tick ? cost : 0;
  }
};

template <class Scene>
bool holds(const char* name, const Terms& second) {
  Scene::second = second;
  rl::test_params how;
  how.search_type = rl::fair_full_search_scheduler_type;
  how.iteration_count = 1'000'000'000;
  how.progress_output_period = 1U << 30U;
  const bool ok = rl::simulate<Scene>(how);
  ::std::cout << (ok ? "ok      " : "FAILED  ") << name << ": " << how.stop_iteration << " interleavings\n";
  return ok;
}

}  // namespace

int main(int count, char** arguments) {
  races::weaken(count, arguments);
  ::std::cout << ::std::unitbuf;  // relacy may die of what it finds
  const bool ok = holds<Renewed<1>>("a lease of the same terms", {}) && holds<Renewed<1>>("a lease for other limits", {.owner = theirs}) &&
                  holds<Renewed<1>>("a lease that is over before it is seen", {.end = now}) && holds<Renewed<2>>("two windows", {});
  return ok ? 0 : 1;
}
