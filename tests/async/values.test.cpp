// SPDX-License-Identifier: BSL-1.0

// What an operation of `async_run` may complete with, and who judges it: with the real types, which the common fixture hides.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/odd_values.hpp"

#include <ductile/drivers/asio.hpp>
#include <ductile/testing/asio_virtual_clock.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

using namespace ductile;
using namespace ductile_test;
namespace asio = boost::asio;

namespace {

// An operation of a completion token that completes soon with what `make(attempt)` gives.
template <class Make>
class Soon {
 public:
  Soon(asio::io_context& context, Make make) : context_(&context), make_(std::move(make)) {}

  template <class Token>
  auto operator()(const Attempt& attempt, Token&& token) {
    using R = decltype(make_(attempt));
    return asio::async_initiate<Token, void(R)>(
        [context = context_, made = make_(attempt)](auto handler) mutable {
          asio::post(*context, [handler = std::move(handler), made = std::move(made)]() mutable { std::move(handler)(std::move(made)); });
        },
        token);
  }

 private:
  asio::io_context* context_;
  Make make_;
};

// Runs one call that may try a second time, at once, to its end.
template <class T, class Make, class... Classifiers>
Result<T> run(Make make, const Classifiers&... classifier) {
  asio::io_context context;
  AsioVirtualClock clock;
  Pipeline pipeline{CountingPolicy{Admission::go(), Reaction::again_now()}};
  std::optional<Result<T>> heard;
  pipeline.async_run(Soon{context, std::move(make)}, context, clock, classifier...,
                     [&heard](Result<T> result) { heard.emplace(std::move(result)); });
  clock.run(context);
  REQUIRE(heard);
  return *std::move(heard);
}

struct Loud {
  Verdict operator()(const int&) const { throw std::runtime_error{"the classifier"}; }
};

}  // namespace

TEST_CASE("An asynchronous operation may complete with what can only be moved, and not even be assigned", "[async]") {
  const auto second_time = [](const Attempt& attempt) -> Result<NotAssignable> {
    if (attempt.number < 2) return Failure{Kind::overload};
    return NotAssignable{6};
  };
  CHECK(run<NotAssignable>(second_time).value().value == 6);
}

TEST_CASE("An asynchronous operation's empty optional is a failure that may be tried again", "[async]") {
  const auto result = run<std::unique_ptr<int>>([](const Attempt& attempt) {
    return attempt.number < 2 ? std::optional<std::unique_ptr<int>>{} : std::optional{std::make_unique<int>(8)};
  });
  CHECK(*result.value() == 8);
  CHECK(trips(result) == 2);
}

TEST_CASE("A classifier judges the error of an expected that an asynchronous operation completes with", "[async]") {
  using E = Expected<std::string, SocketError>;
  const auto result =
      run<std::string>([](const Attempt& attempt) { return attempt.number < 2 ? E::failed({111}) : E{"fine"}; }, BySocket{});
  CHECK(result.value() == "fine");
  CHECK(trips(result) == 2);
}

TEST_CASE("A classifier judges what an asynchronous operation completes with", "[async]") {
  const auto result = run<Response>([](const Attempt& attempt) { return Response{attempt.number < 2 ? 503 : 200, "image"}; }, ByStatus{});
  CHECK(result.value().body == "image");
  CHECK(trips(result) == 2);
}

TEST_CASE("An asynchronous operation's claimed exception is tried again, and bad_alloc never claimed", "[async]") {
  int attempts = 0;
  SECTION("claimed") {
    const auto result = run<int>(
        [&](const Attempt& attempt) -> int {
          if (++attempts < 2) throw std::runtime_error{"connection reset"};
          return static_cast<int>(attempt.number);
        },
        ClaimsEverything{});
    CHECK(result.value() == 2);
  }
  SECTION("bad_alloc") {
    const auto result = run<int>(
        [&](const Attempt&) -> int {
          ++attempts;
          throw std::bad_alloc{};
        },
        ClaimsEverything{});
    CHECK(attempts == 1);
    CHECK(result.error().id() == FailureId{"exception"});
    CHECK_THROWS_AS(std::rethrow_exception(*result.error().cause().get<std::exception_ptr>()), std::bad_alloc);
  }
}

TEST_CASE("What a classifier throws ends an asynchronous call, and does not leave the context", "[async]") {
  const auto result = run<int>([](const Attempt&) { return 1; }, Loud{});
  CHECK(result.error().id() == FailureId{"exception"});
  CHECK_THROWS_WITH(std::rethrow_exception(*result.error().cause().get<std::exception_ptr>()), "the classifier");
}
