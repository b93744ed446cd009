// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/interleavings.hpp"

#include <ductile/policies/detail/quota_lease.hpp>

#include <array>
#include <map>
#include <memory>

// The race between those who take from a lease and him who ends it, in every interleaving.

using namespace ductile;
using support::Interleavings;
using support::SteppedAtomic;

namespace {

constexpr Time moment{Duration{5}};
constexpr Time after{Duration{10}};

// Leases are told apart by their tick; what was taken under each is compared with what each taker says.
struct Shared {
  detail::QuotaLease<SteppedAtomic> lease;
  std::uint32_t tick = 0;
  std::uint32_t given = 0;
  std::map<std::uint32_t, std::uint32_t> taken;          // as the leases say
  std::map<std::uint32_t, std::uint32_t> taken_by_them;  // as the takers say
  bool overdrawn = false;

  void give(std::uint32_t attempts, std::uint64_t owner) {
    given = attempts;
    lease.give(attempts, after, owner, ++tick);
  }
  void end() {
    const std::uint32_t took = lease.end();
    overdrawn |= took > given;
    if (took > 0) taken[tick] += took;
  }
  void take(std::uint64_t owner) {
    if (const auto under = lease.take(moment, owner)) ++taken_by_them[*under];
  }
  // How many went.
  std::uint32_t check() {
    end();
    if (overdrawn || taken != taken_by_them) FAIL("a lease and those who took from it do not agree");
    std::uint32_t went = 0;
    for (const auto& [under, attempts] : taken) went += attempts;
    return went;
  }
};

}  // namespace

TEST_CASE("Takers and a lease that is renewed agree on what was taken under which lease", "[properties]") {
  std::array<int, 2> went{};
  const std::size_t runs = Interleavings::all([&] {
    const auto shared = std::make_shared<Shared>();
    shared->give(1, 1);
    return Interleavings::Scene{{[shared] { shared->take(1); },
                                 [shared] {
                                   shared->end();
                                   shared->give(1, 1);  // as many: only its number tells it from the first
                                 }},
                                [&went, shared] { ++went.at(shared->check()); }};
  });
  CHECK(runs > 400);
  for (const int often : went) CHECK(often > 10);
}

TEST_CASE("Nobody takes from a lease that was made for other limits", "[properties]") {
  std::uint32_t went = 0;
  Interleavings::all([&] {
    const auto shared = std::make_shared<Shared>();
    shared->give(1, 1);
    return Interleavings::Scene{{[shared] { shared->take(1); },
                                 [shared] {
                                   shared->end();
                                   shared->give(1, 2);
                                 }},
                                [&went, shared] {
                                  went += shared->check();
                                  if (shared->taken.contains(2)) FAIL("taken from a lease for other limits");
                                }};
  });
  CHECK(went > 0);
}

TEST_CASE("Two takers never get more than there is", "[properties]") {
  const std::size_t runs = Interleavings::all([&] {
    const auto shared = std::make_shared<Shared>();
    shared->give(1, 1);
    const auto taker = [shared] { shared->take(1); };
    return Interleavings::Scene{{taker, taker}, [shared] {
                                  if (shared->check() != 1) FAIL("not one went");
                                }};
  });
  CHECK(runs > 100);
}
