// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/core/now.hpp>
#include <ductile/transports/detail/idle_connections.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

// A connection that can be seen from outside: it is open while somebody keeps it.
class SeenConnections {
 public:
  std::shared_ptr<int> open(int number) {
    auto connection = std::make_shared<int>(number);
    watched_.push_back(connection);
    return connection;
  }
  [[nodiscard]] std::vector<int> still_open() const {
    std::vector<int> numbers;
    for (const auto& watched : watched_)
      if (const auto connection = watched.lock()) numbers.push_back(*connection);
    return numbers;
  }

 private:
  std::vector<std::weak_ptr<int>> watched_;
};

using Idle = ductile::detail::IdleConnections<std::shared_ptr<int>>;
using Numbers = std::vector<int>;

constexpr Time at(Duration time) { return Time{time}; }

int taken(Idle& idle, const std::string& origin, Duration time) {
  const auto connection = idle.take(origin, at(time));
  return connection ? **connection : 0;
}

}  // namespace

TEST_CASE("Of the idle connections of an origin the one used last is taken first, and no more than allowed are kept", "[transports]") {
  SeenConnections seen;
  Idle idle{2, 30s};
  idle.give_back("a", seen.open(1), at(0s));
  idle.give_back("a", seen.open(2), at(1s));
  idle.give_back("a", seen.open(3), at(2s));
  idle.give_back("b", seen.open(4), at(3s));
  CHECK(seen.still_open() == Numbers{1, 2, 4});
  CHECK(taken(idle, "a", 4s) == 2);
  CHECK(taken(idle, "a", 4s) == 1);
  CHECK(taken(idle, "a", 4s) == 0);
  CHECK(taken(idle, "b", 4s) == 4);
  idle.give_back("a", seen.open(5), at(5s));
  CHECK(taken(idle, "a", 35s) == 5);  // for just as long as it may be
}

TEST_CASE("An idle connection is closed by whoever comes after its time, for whatever origin", "[transports]") {
  SeenConnections seen;
  Idle idle{8, 30s};
  idle.give_back("a", seen.open(1), at(0s));
  idle.give_back("b", seen.open(2), at(10s));
  idle.give_back("a", seen.open(3), at(20s));
  CHECK(taken(idle, "c", 30s) == 0);
  CHECK(seen.still_open() == Numbers{1, 2, 3});
  SECTION("who takes one") {
    CHECK(taken(idle, "c", 41s) == 0);
    CHECK(seen.still_open() == Numbers{3});
  }
  SECTION("who gives one back") {
    idle.give_back("c", seen.open(4), at(41s));
    CHECK(seen.still_open() == Numbers{3, 4});
  }
  SECTION("who asks for that origin") {
    CHECK(taken(idle, "a", 51s) == 0);
    CHECK(seen.still_open().empty());
  }
  SECTION("one that was used meanwhile has its time anew") {
    auto first = idle.take("b", at(30s));
    REQUIRE(first);
    idle.give_back("b", *std::move(first), at(35s));
    CHECK(taken(idle, "c", 64s) == 0);
    CHECK(seen.still_open() == Numbers{2});
  }
}

TEST_CASE("Where no connection is kept none is", "[transports]") {
  SeenConnections seen;
  Idle idle{0, 30s};
  idle.give_back("a", seen.open(1), at(0s));
  CHECK(seen.still_open().empty());
  CHECK(taken(idle, "a", 0s) == 0);
}
