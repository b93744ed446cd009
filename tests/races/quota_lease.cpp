// SPDX-License-Identifier: BSL-1.0
//
// The attempts that a quota's ledger lends, under relacy: the library's own code in every interleaving of one who takes from the lease and
// one who renews it, and of two who take, with every value that the orders of memory allow.
//
// weakened: policies/detail/quota_lease.hpp | word_.load(std::memory_order_acquire)
// weakened: policies/detail/quota_lease.hpp | word_.store(word(attempts), std::memory_order_release)
#include "watched_std.hpp"

#include <ductile/policies/detail/quota_lease.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace {

using namespace ductile;

constexpr Time now{Duration{5}};
constexpr Time later{Duration{10}};
constexpr ::std::uint64_t ours = 1;
constexpr ::std::uint64_t theirs = 2;

// The terms of the second lease, which begins while the other thread takes from the first.
struct Terms {
  Time end = later;
  ::std::uint64_t owner = ours;
};

struct Renewed : rl::test_suite<Renewed, 2> {
  static inline Terms second;

  detail::QuotaLease<> lease{};
  ::std::optional<::std::uint32_t> taken{};
  ::std::uint32_t of_first = 0;

  void before() { lease.give(1, later, ours, 1); }
  void thread(unsigned index) {
    if (index == 0) {
      taken = lease.take(now, ours);
      return;
    }
    of_first = lease.end();
    lease.give(1, second.end, second.owner, 2);
  }
  void after() {
    const ::std::uint32_t of_second = lease.end();
    RL_ASSERT(of_first == (taken == 1U ? 1U : 0U));
    RL_ASSERT(of_second == (taken == 2U ? 1U : 0U));
    RL_ASSERT(of_second == 0 || (second.owner == ours && second.end > now));
  }
};

// Two want the one attempt that there is.
struct Wanted : rl::test_suite<Wanted, 2> {
  detail::QuotaLease<> lease{};
  ::std::array<::std::optional<::std::uint32_t>, 2> taken{};

  void before() { lease.give(1, later, ours, 1); }
  void thread(unsigned index) { taken[index] = lease.take(now, ours); }
  void after() {
    RL_ASSERT(taken[0].has_value() != taken[1].has_value());
    RL_ASSERT(lease.end() == 1);
  }
};

}  // namespace

int main(int count, char** arguments) {
  races::begin(count, arguments);
  const auto renewed = [](const char* name, const Terms& second) {
    Renewed::second = second;
    return races::holds<Renewed>(name);
  };
  const bool ok = renewed("a lease of the same terms", {}) && renewed("a lease for other limits", {.owner = theirs}) &&
                  renewed("a lease that is over before it is seen", {.end = now}) && races::holds<Wanted>("two who take");
  return ok ? 0 : 1;
}
