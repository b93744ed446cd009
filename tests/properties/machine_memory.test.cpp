// SPDX-License-Identifier: BSL-1.0

// A happy call needs no memory, and one that gets none settles what it holds all the same.

#include "../support/allocations.hpp"
#include "../support/catch.hpp"

#include <ductile/drivers/blocking.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <new>
#include <string>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

struct Books {
  int granted = 0;
  int settled = 0;
};

// Counts without memory of its own.
struct Counts {
  Books* books;
  Reaction reaction = Reaction::pass();
  Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept {
    ++books->granted;
    return Admission::go();
  }
  Reaction settle(NoState&, NoCall&, Now, const Attempt&, const Verdict&) const noexcept {
    ++books->settled;
    return reaction;
  }
};

struct Listener {
  int ended = 0;
  void on(const OperationEnded&) { ++ended; }
};

// Fails eleven times, with words, and then for good.
Result<std::string> fails(const Attempt& attempt) {
  Verdict verdict;
  verdict.kind = Kind::overload;
  verdict.remedy = Remedy::after_delay;
  if (attempt.number > 11) return std::string(100, 'x');
  return Failure{verdict, std::string(100, 'x'), {{"error.status", std::string(50, 'y')}}, Cause::of(std::string(40, 'z'))};
}

template <class P>
std::uint64_t allocations_of(P& pipeline) {
  const std::uint64_t before = allocations();
  for (int i = 0; i < 10; ++i) {
    if (!pipeline.run([] { return 1; })) return std::numeric_limits<std::uint64_t>::max();
  }
  return allocations() - before;
}

}  // namespace

TEST_CASE("A call whose first attempt succeeds allocates nothing, observed or not", "[properties]") {
  Books books;
  Listener listener;
  Pipeline bare{Counts{&books}, Counts{&books, Reaction::again_now()}, Counts{&books}};
  Pipeline observed{Observe{listener}, Counts{&books}, Counts{&books}};
  CHECK(allocations_of(bare) == 0);
  CHECK(allocations_of(observed) == 0);
  CHECK(listener.ended == 10);
}

TEST_CASE("A rejected call and one that fails allocate its failure's detail and no more", "[properties]") {
  struct Rejects {
    Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::reject(Kind::circuit_open); }
  };
  Pipeline pipeline{Rejects{}};
  const std::uint64_t before = allocations();
  static_cast<void>(pipeline.run([] { return 1; }));
  const std::uint64_t rejected = allocations();
  Pipeline open{};
  static_cast<void>(open.run([]() -> Result<int> { return Failure{Kind::overload}; }));
  const std::uint64_t failed = allocations();
  CHECK(rejected - before == 1);
  CHECK(failed - rejected == 1);
}

TEST_CASE("Without memory, from whatever moment on, every admission is settled and bad_alloc arrives", "[properties]") {
  Books books;
  Listener listener;
  Pipeline bare{Counts{&books}, Counts{&books, Reaction::again_now()}, Counts{&books}};
  Pipeline observed{Observe{listener}, Counts{&books}, Counts{&books, Reaction::again_now()}};
  int threw = 0;
  for (std::uint64_t enough = 0;; ++enough) {
    bool all_done = true;
    const auto run = [&](auto& pipeline) {
      bool bad_alloc = false;
      bool done = false;
      try {
        const MemoryLimit limit{enough};
        done = pipeline.run(fails).has_value();
      } catch (const std::bad_alloc&) {
        bad_alloc = true;
      }
      CAPTURE(enough);
      REQUIRE(bad_alloc != done);
      REQUIRE(books.granted == books.settled);
      threw += bad_alloc ? 1 : 0;
      all_done = all_done && done;
    };
    run(bare);
    run(observed);
    if (all_done) break;
    REQUIRE(enough < 1'000);
  }
  CHECK(threw > 100);
  CHECK(books.granted > 1'000);
}
