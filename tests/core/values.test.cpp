// SPDX-License-Identifier: BSL-1.0

// What an operation may be and what it may return.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/odd_values.hpp"

#include <ductile/drivers/blocking.hpp>

#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using namespace ductile;
using namespace ductile_test;

namespace {

// Tries a second time, at once: so every case here goes through the straight path and the machine.
CountingPolicy again() { return CountingPolicy{Admission::go(), Reaction::again_now()}; }

}  // namespace

TEST_CASE("An operation may return nothing", "[core][values]") {
  Pipeline pipeline{again()};
  int calls = 0;
  const Result<void> result = pipeline.run([&] { ++calls; });
  CHECK(result.has_value());
  CHECK(calls == 1);
}

TEST_CASE("An operation may return what can only be moved", "[core][values]") {
  Pipeline pipeline{again()};
  Result<std::unique_ptr<int>> result = pipeline.run([] { return std::make_unique<int>(4); });
  CHECK(*result.value() == 4);
  const std::unique_ptr<int> taken = std::move(result).value();
  CHECK(*taken == 4);
}

TEST_CASE("An operation may return what has no default", "[core][values]") {
  Pipeline pipeline{again()};
  CHECK(pipeline.run([] { return NoDefault{6}; }).value().value == 6);
}

TEST_CASE("An operation may return what cannot be assigned", "[core][values]") {
  Pipeline pipeline{again()};
  int attempts = 0;
  CHECK(pipeline.run([] { return NotAssignable{6}; }).value().value == 6);
  const auto second = pipeline.run([&]() -> Result<NotAssignable> {
    if (++attempts < 2) return Failure{Kind::overload};
    return NotAssignable{attempts};
  });
  CHECK(second.value().value == 2);
}

TEST_CASE("An operation may return a const value", "[core][values]") {
  Pipeline pipeline{again()};
  const auto result = pipeline.run([]() -> const std::string { return "const"; });
  STATIC_REQUIRE(std::is_same_v<std::remove_const_t<decltype(result)>, Result<std::string>>);
  CHECK(result.value() == "const");
}

TEST_CASE("A value is never copied, at the first attempt or the third", "[core][values]") {
  const auto failures = GENERATE(0, 2);
  Pipeline pipeline{CountingPolicy{}, again(), CountingPolicy{}};
  int attempts = 0;
  const Result<Copies> result = pipeline.run([&]() -> Result<Copies> {
    if (attempts++ < failures) return Failure{Kind::overload};
    return Copies{};
  });
  CHECK(result.value().copies == 0);
}

TEST_CASE("An operation is neither copied nor moved", "[core][values]") {
  struct Pinned {
    int calls = 0;
    Pinned() = default;
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;
    Result<int> operator()(const Attempt& attempt) {
      if (++calls < 3) return Failure{Kind::overload};
      return static_cast<int>(attempt.number);
    }
  };
  Pipeline pipeline{again()};
  Pinned operation;
  CHECK(pipeline.run(operation).value() == 3);
  CHECK(operation.calls == 3);
  CHECK(pipeline.run(Pinned{}).value() == 3);  // not the temporary either
}

TEST_CASE("An operation may be a const object, a function, or one that can only be called as an rvalue", "[core][values]") {
  Pipeline pipeline{again()};
  SECTION("const") {
    const auto operation = [] { return 1; };
    CHECK(pipeline.run(operation).value() == 1);
  }
  SECTION("a function") {
    struct Plain {
      static int call() { return 2; }
      static int attempt(const Attempt& made) { return static_cast<int>(made.number) + 2; }
    };
    CHECK(pipeline.run(Plain::call).value() == 2);
    CHECK(pipeline.run(&Plain::call).value() == 2);
    CHECK(pipeline.run(Plain::attempt).value() == 3);
  }
  SECTION("only as an lvalue") {
    struct Left {
      int operator()() & { return 4; }
    };
    CHECK(pipeline.run(Left{}).value() == 4);
  }
  SECTION("only as an rvalue") {
    struct Right {
      int operator()() && { return 5; }
    };
    CHECK(pipeline.run(Right{}).value() == 5);
  }
  SECTION("only as a const lvalue") {
    struct Const {
      int operator()() const& { return 6; }
      int operator()() && = delete;
    };
    CHECK(pipeline.run(Const{}).value() == 6);
  }
  SECTION("a std::function") {
    std::function<int(const Attempt&)> operation = [](const Attempt&) { return 7; };
    CHECK(pipeline.run(operation).value() == 7);
  }
}

TEST_CASE("An operation that takes the attempt or nothing is given the attempt", "[core][values]") {
  struct Both {
    int operator()() const { return 0; }
    int operator()(const Attempt& attempt) const { return static_cast<int>(attempt.number); }
  };
  Pipeline pipeline{again()};
  CHECK(pipeline.run(Both{}).value() == 1);
}

TEST_CASE("An operation sees which attempt it makes", "[core][values]") {
  Pipeline pipeline{again()};
  std::vector<std::uint32_t> numbers;
  const Result<int> result = pipeline.run([&](const Attempt& attempt) -> Result<int> {
    numbers.push_back(attempt.number);
    if (attempt.number < 3) return Failure{Kind::overload};
    return 1;
  });
  CHECK(result);
  CHECK(numbers == std::vector<std::uint32_t>{1, 2, 3});
}

TEST_CASE("An empty optional is a failure of the operation that may be tried again", "[core][values]") {
  Pipeline pipeline{};
  CHECK(pipeline.run([] { return std::optional{3}; }).value() == 3);
  const Result<int> none = pipeline.run([] { return std::optional<int>{}; });
  CHECK(none.error().kind() == Kind::other);
  CHECK(none.error().remedy() == Remedy::immediately);
  CHECK(none.error().says() == Says::operation);
  CHECK(none.error().id() == FailureId{"no-value"});
  const Result<std::unique_ptr<int>> moved = pipeline.run([] { return std::optional{std::make_unique<int>(8)}; });
  CHECK(*moved.value() == 8);
}

TEST_CASE("An expected gives its value, or its error as the raw cause", "[core][values]") {
  Pipeline pipeline{};
  using E = Expected<std::string, SocketError>;
  CHECK(pipeline.run([] { return E{"fine"}; }).value() == "fine");

  const auto fails = [] { return E::failed({111}); };
  const Result<std::string> unjudged = pipeline.run(fails);
  CHECK(unjudged.error().kind() == Kind::other);
  CHECK(unjudged.error().remedy() == Remedy::immediately);
  REQUIRE(unjudged.error().cause().get<SocketError>());
  CHECK(unjudged.error().cause().get<SocketError>()->number == 111);

  const Result<std::string> judged = pipeline.run(fails, BySocket{});
  CHECK(judged.error().kind() == Kind::network);
  CHECK(judged.error().says() == Says::transport);
  REQUIRE(judged.error().cause().get<SocketError>());
}

TEST_CASE("An expected whose error is a Failure fails with it", "[core][values]") {
  Pipeline pipeline{};
  using E = Expected<int, Failure>;
  const Result<int> result = pipeline.run([] { return E::failed(Failure{Kind::auth, Remedy::never, Says::service, "key-invalid"}); });
  CHECK(result.error().kind() == Kind::auth);
  CHECK(result.error().id() == FailureId{"key-invalid"});
}

TEST_CASE("A classifier judges what the operation returns, and the raw value is never lost", "[core][values]") {
  Pipeline pipeline{};
  const Result<Response> good = pipeline.run([] { return Response{200, "image"}; }, ByStatus{});
  CHECK(good.value().body == "image");
  const Result<Response> bad = pipeline.run([] { return Response{503, "busy"}; }, ByStatus{});
  CHECK(bad.error().kind() == Kind::overload);
  CHECK(bad.error().remedy() == Remedy::after_delay);
  REQUIRE(bad.error().cause().get<Response>());
  CHECK(bad.error().cause().get<Response>()->body == "busy");
  CHECK(bad.error().cause().get<int>() == nullptr);
}

TEST_CASE("A classifier may judge an optional as a whole", "[core][values]") {
  struct NoneIsFine {
    Verdict operator()(const std::optional<int>&) const { return verdict_of(Kind::ok); }
  };
  Pipeline pipeline{};
  const Result<std::optional<int>> result = pipeline.run([] { return std::optional<int>{}; }, NoneIsFine{});
  CHECK_FALSE(result.value().has_value());
}

TEST_CASE("A claimed exception becomes a failure that keeps it as the raw cause", "[core][values]") {
  Pipeline pipeline{CountingPolicy{}};
  const Result<int> result = pipeline.run([]() -> int { throw std::runtime_error{"connection reset"}; }, ClaimsRuntimeErrors{});
  CHECK(result.error().kind() == Kind::network);
  const auto* kept = result.error().cause().get<std::exception_ptr>();
  REQUIRE(kept);
  CHECK_THROWS_WITH(std::rethrow_exception(*kept), "connection reset");
}

TEST_CASE("A claimed exception is tried again like any failure", "[core][values]") {
  Pipeline pipeline{again()};
  int attempts = 0;
  const Result<int> result = pipeline.run(
      [&]() -> int {
        if (++attempts < 3) throw std::runtime_error{"connection reset"};
        return attempts;
      },
      ClaimsRuntimeErrors{});
  CHECK(result.value() == 3);
}

TEST_CASE("An exception that the classifier does not claim goes on to the caller, at once", "[core][values]") {
  Pipeline pipeline{again()};
  int attempts = 0;
  CHECK_THROWS_AS(pipeline.run([&]() -> int { throw ++attempts; }, ClaimsRuntimeErrors{}), int);
  CHECK(attempts == 1);
}

TEST_CASE("bad_alloc passes even through a classifier that claims everything", "[core][values]") {
  Pipeline pipeline{again()};
  CHECK_THROWS_AS(pipeline.run([]() -> int { throw std::bad_alloc{}; }, ClaimsEverything{}), std::bad_alloc);
  CHECK_THROWS_AS(pipeline.run([]() -> int { throw std::bad_array_new_length{}; }, ClaimsEverything{}), std::bad_alloc);
}

TEST_CASE("An operation's own failure arrives whole", "[core][values]") {
  Pipeline pipeline{};
  Verdict verdict = verdict_of(Kind::rate_limit);
  verdict.limit = 15;
  verdict.dimension = QuotaDimension::requests_per_minute;
  const Result<int> result =
      pipeline.run([&]() -> Result<int> { return Failure{verdict, "quota exceeded", {{"error.status", "RESOURCE_EXHAUSTED"}}}; });
  CHECK(result.error().verdict() == verdict);
  CHECK(result.error().message() == "quota exceeded");
  REQUIRE(result.error().evidence().size() == 1);
  CHECK(result.error().evidence()[0].what == "RESOURCE_EXHAUSTED");
}

TEST_CASE("A success that knows its cost tells the policies", "[core][values]") {
  struct Image {
    [[nodiscard]] Cost cost() const noexcept { return {1290, 2}; }
  };
  std::vector<Verdict> verdicts;
  const auto failures = GENERATE(0, 1);
  Pipeline pipeline{again().telling(verdicts)};
  int attempts = 0;
  REQUIRE(pipeline.run([&]() -> Result<Image> {
    if (attempts++ < failures) return Failure{Kind::overload};
    return Image{};
  }));
  CHECK(verdicts.back().tokens == 1290);
  CHECK(verdicts.back().images == 2);
  CHECK(verdicts.back().billed == Billed::yes);
}

TEST_CASE("The order of what follows the operation does not matter", "[core][values]") {
  Pipeline pipeline{CountingPolicy{}};
  VirtualClock clock;
  struct Flag {
    [[nodiscard]] bool stop_requested() const { return false; }
  };
  const auto operation = [](const Attempt& attempt) { return Response{attempt.own_deadline ? 200 : 500, {}}; };
  const CallOptions options{.deadline = std::chrono::seconds{1}};
  CHECK(pipeline.run(operation, clock, options, Flag{}, ByStatus{}));
  CHECK(pipeline.run(operation, ByStatus{}, Flag{}, options, clock));
  CHECK(pipeline.run(operation, options, ByStatus{}, clock));
}
