// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/detail/schedule.hpp>

#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

using ductile::Duration;
using ductile::SplitMix64;
using ductile::Time;
using ductile::detail::Plan;
using ductile::detail::Schedule;

TEST_CASE("A schedule gives what is planned by moments and then by the order of planning, without what was withdrawn", "[core]") {
  SplitMix64 dice{7};
  const auto pick = [&](std::uint64_t most) { return static_cast<int>(dice() % most); };
  Schedule schedule;
  std::vector<int> happened;
  std::multimap<Time, std::pair<int, Plan*>> model;
  for (int i = 0; i < 5000; ++i) {
    if (pick(3) > 0) {
      const Time time{Duration{pick(50)}};
      model.emplace(time, std::pair{i, &schedule.add(time, [&happened, i] { happened.push_back(i); })});
    } else if (!model.empty() && pick(2) == 0) {
      auto chosen = model.begin();
      std::advance(chosen, pick(model.size()));
      chosen->second.second->withdraw();
      model.erase(chosen);
    } else {
      REQUIRE(schedule.has_next() == !model.empty());
      if (model.empty()) continue;
      REQUIRE(schedule.next() == model.begin()->first);
      schedule.take()->happen();
      REQUIRE(happened.back() == model.begin()->second.first);
      model.erase(model.begin());
    }
  }
  REQUIRE(model.size() > 100);  // the rest is the schedule's to delete
}

TEST_CASE("A schedule keeps the thousandth plan as well as the first when all are planned in order", "[core]") {
  Schedule schedule;
  for (int i = 0; i < 100'000; ++i) schedule.add(Time{Duration{i}}, [] {});
  int taken = 0;
  for (; schedule.has_next() && schedule.next() == Time{Duration{taken}}; ++taken) schedule.take()->happen();
  CHECK(taken == 100'000);
}
