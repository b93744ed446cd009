// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/day_seen.hpp>

#include "../support/catch.hpp"

#include <chrono>
#include <map>
#include <string>

using namespace ductile;

TEST_CASE("what a bad day must show is counted in the journal, each kind once", "[tools]") {
  mock::Journal journal;
  const auto add = [&](const char* id, int status, Duration hint = {}) { journal.add({.id = id, .status = status, .hint = hint}); };
  add("ipm", 429, std::chrono::seconds{30});
  add("ipm", 429);                                 // without a hint
  add("rpd-free", 429, std::chrono::seconds{30});  // a day, not a minute
  add("overloaded", 503);
  add("internal", 500);
  add("idle-timeout", 0);
  add("deadline-504", 504);
  add("reset-mid-body", 200);
  add("bad-gateway-html", 502);
  add("image-safety", 200);
  add("no-image", 200);
  add("ok-image", 200);
  std::map<std::string, std::size_t> seen;
  for (const auto& [what, count] : tools::day_seen(journal)) seen[std::string{what}] = count;
  CHECK(seen == std::map<std::string, std::size_t>{{"minute_429_with_hint", 1},
                                                   {"status_503", 1},
                                                   {"status_500", 1},
                                                   {"stall_or_504", 2},
                                                   {"reset", 1},
                                                   {"html_502", 1},
                                                   {"image_safety", 1},
                                                   {"status_200_without_image", 1}});
}
