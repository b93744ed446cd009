// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/journal.hpp>

#include "../support/catch.hpp"

#include <chrono>

using namespace std::chrono_literals;
using ductile::WallTime;
using ductile::mock::Entry;
using ductile::mock::Journal;

TEST_CASE("The journal is bounded, its counts are not", "[mock]") {
  Journal journal{10};
  for (unsigned i = 0; i < 25; ++i) CHECK(journal.add({.time = WallTime{} + std::chrono::seconds{i}, .id = "ok-image"}) == i + 1);
  CHECK(journal.entries().size() == 10);
  CHECK(journal.entries().front().time == WallTime{} + 15s);
  CHECK(journal.total() == 25);
  CHECK(journal.count("ok-image") == 25);
  CHECK(journal.count("internal") == 0);
}

TEST_CASE("A request is found by its number, from 1 on, until it is forgotten", "[mock]") {
  Journal journal{10};
  CHECK(journal.find(1) == nullptr);
  for (int i = 0; i < 25; ++i) journal.add({.id = i == 16 ? "internal" : "ok-image"});
  CHECK(journal.find(0) == nullptr);
  CHECK(journal.find(15) == nullptr);
  REQUIRE(journal.find(16) != nullptr);
  CHECK(journal.find(16)->number == 16);
  CHECK(journal.find(17)->id == "internal");
  CHECK(journal.find(25)->number == 25);
  CHECK(journal.find(26) == nullptr);
}

TEST_CASE("The latest requests of a journal keep their numbers, and its counts are of all", "[mock]") {
  Journal journal{10};
  for (int i = 0; i < 25; ++i) journal.add({.id = "ok-image"});
  const Journal latest = journal.last(3);
  REQUIRE(latest.entries().size() == 3);
  CHECK(latest.entries().front().number == 23);
  CHECK(latest.find(25)->number == 25);
  CHECK(latest.find(22) == nullptr);
  CHECK(latest.total() == 25);
  CHECK(latest.count("ok-image") == 25);
  CHECK(journal.last(0).entries().empty());
  CHECK(journal.last(100).entries().size() == 10);
}
