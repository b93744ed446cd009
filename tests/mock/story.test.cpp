// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/dice.hpp>
#include <ductile/mock/episode.hpp>
#include <ductile/mock/story.hpp>

#include "../support/catch.hpp"

#include <utility>
#include <vector>

namespace mock = ductile::mock;

TEST_CASE("An episode that stands for overload is not used up by a call that is refused for itself", "[mock]") {
  mock::Episode outage;
  outage.answer = "high-demand";
  outage.as_overload = true;
  outage.calls = 1;
  mock::Episode behind;
  behind.answer = "internal";
  mock::Story story{{outage, behind}, {}, {}};
  CHECK(story.due({.refused_for_itself = true}, mock::Dice{1}) == 1);  // it is what else there is that answers
  CHECK(story.due({}, mock::Dice{2}) == 0);
  CHECK(story.due({}, mock::Dice{3}) == 1);
}
