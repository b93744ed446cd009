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
template <std::size_t N>
struct Shared {
  using Lease = detail::QuotaLease<N, SteppedAtomic>;
  using Rooms = std::array<std::int64_t, N>;

  Lease lease;
  std::uint32_t tick = 0;
  Rooms given{};
  std::map<std::uint32_t, Rooms> taken;          // as the leases say
  std::map<std::uint32_t, Rooms> taken_by_them;  // as the takers say
  bool overdrawn = false;
  int went = 0;
  int went_half = 0;  // got room in the first window only, and says so

  void give(const Rooms& rooms, std::uint64_t owner) {
    given = rooms;
    lease.give(rooms, after, owner, ++tick);
  }
  void end() {
    const Rooms took = lease.end();
    for (std::size_t i = 0; i < N; ++i) {
      overdrawn |= took[i] < 0 || took[i] > given[i];
      taken[tick][i] += took[i];
    }
  }
  void take(const std::array<std::int32_t, N>& costs, std::uint64_t owner) {
    const auto result = lease.take(costs, moment, owner);
    for (std::size_t i = 0; i < result.windows; ++i) taken_by_them[result.tick][i] += costs[i];
    if (result.windows == N)
      ++went;
    else if (result.windows > 0)
      ++went_half;
  }
  void check() {
    end();
    std::erase_if(taken, [](const auto& entry) { return entry.second == Rooms{}; });
    if (overdrawn || taken != taken_by_them) FAIL("a lease and those who took from it do not agree");
  }
};

}  // namespace

TEST_CASE("Takers and a lease that is renewed agree on what was taken under which lease", "[properties]") {
  int went = 0;
  int went_half = 0;
  int refused = 0;
  const std::size_t runs = Interleavings::all([&] {
    const auto shared = std::make_shared<Shared<2>>();
    shared->give({2, 2}, 1);
    return Interleavings::Scene{{[shared] { shared->take({1, 2}, 1); },
                                 [shared] {
                                   shared->end();
                                   shared->give({2, 2}, 1);  // the same rooms: only its number tells it from the first
                                 }},
                                [&went, &went_half, &refused, shared] {
                                  shared->check();
                                  (shared->went > 0 ? went : shared->went_half > 0 ? went_half : refused) += 1;
                                }};
  });
  CHECK(runs > 1000);
  CHECK(went > 10);
  CHECK(went_half > 10);
  CHECK(refused > 100);
}

TEST_CASE("Nobody takes from a lease that was made for other limits", "[properties]") {
  int went = 0;
  Interleavings::all([&] {
    const auto shared = std::make_shared<Shared<1>>();
    shared->give({1}, 1);
    return Interleavings::Scene{{[shared] { shared->take({1}, 1); },
                                 [shared] {
                                   shared->end();
                                   shared->give({1}, 2);
                                 }},
                                [&went, shared] {
                                  shared->check();
                                  if (shared->taken.contains(2)) FAIL("taken from a lease for other limits");
                                  went += shared->went;
                                }};
  });
  CHECK(went > 0);
}

TEST_CASE("Two takers never get more than there is", "[properties]") {
  int both = 0;
  int one = 0;
  const std::size_t runs = Interleavings::all([&] {
    const auto shared = std::make_shared<Shared<1>>();
    shared->give({3}, 1);
    return Interleavings::Scene{{[shared] { shared->take({2}, 1); }, [shared] { shared->take({2}, 1); }}, [&both, &one, shared] {
                                  shared->check();
                                  (shared->went == 2 ? both : one) += shared->went > 0 ? 1 : 0;
                                }};
  });
  CHECK(runs > 100);
  CHECK(both == 0);
  CHECK(one == static_cast<int>(runs));
}
