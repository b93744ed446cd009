// SPDX-License-Identifier: BSL-1.0

// What an attempt says of what it has sent stays true when its call ended it: what was never sent is tried again, and costs no quota.

#include "../support/catch.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/asio.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>
#include <ductile/testing/asio_virtual_clock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

using namespace ductile;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// As a transport's, whose exchange was ended.
Failure ended_having(Sent sent) {
  Verdict verdict{.kind = Kind::network};
  verdict.remedy = default_remedy(Kind::network);
  verdict.says = Says::transport;
  verdict.sent = sent;
  return Failure{verdict};
}

// An attempt that goes on until it is cancelled, and then says what it had sent.
asio::awaitable<Result<int>> until_cancelled(Sent sent) {
  asio::steady_timer never{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
  boost::system::error_code code;
  co_await never.async_wait(asio::redirect_error(asio::use_awaitable, code));
  co_return ended_having(sent);
}

const QuotaTracker quota{QuotaOptions{.limits = {per_minute(10)}}};

struct Heard {
  std::optional<Result<int>> result;
  int attempts = 0;
  std::int64_t charged = 0;
};

}  // namespace

TEST_CASE("An attempt that its time limit cut off before anything was sent is tried again, even a payment, and costs no quota", "[async]") {
  const Sent sent = GENERATE(Sent::no, Sent::yes, Sent::unknown, Sent::delivered);
  AsioVirtualClock clock;
  Heard heard;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 3, .backoff = Constant{50ms}}}, quota, AttemptTimeout{100ms}};
  asio::io_context context;
  const auto pays = never_repeated([&](const Attempt& attempt) -> asio::awaitable<Result<int>> {
    ++heard.attempts;
    if (attempt.number < 3) co_return co_await until_cancelled(sent);
    co_return 7;
  });
  pipeline.async_run(pays, context, clock, [&heard](Result<int> result) { heard.result.emplace(std::move(result)); });
  clock.run(context);
  heard.charged = quota.usage(pipeline.state<1>(), clock.now())[0].used;
  REQUIRE(heard.result);
  if (sent == Sent::no) {
    CHECK(heard.result->has_value());
    CHECK(heard.attempts == 3);
  } else {
    REQUIRE(heard.result->has_error());
    CHECK(heard.result->error().kind() == Kind::timeout);
    CHECK(heard.result->error().verdict().sent == (sent == Sent::yes ? Sent::unknown : sent));
    CHECK(heard.attempts == 1);
  }
  CHECK(heard.charged == 1);  // what succeeded, or what may have been sent
}

TEST_CASE("A cancelled call whose attempt had sent nothing says so, and costs no quota", "[async]") {
  const Sent sent = GENERATE(Sent::no, Sent::yes, Sent::unknown, Sent::delivered);
  AsioVirtualClock clock;
  Heard heard;
  asio::cancellation_signal signal;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 3, .backoff = Constant{50ms}}}, quota};
  asio::io_context context;
  const auto operation = [sent]() -> asio::awaitable<Result<int>> { co_return co_await until_cancelled(sent); };
  pipeline.async_run(operation, context, clock, asio::bind_cancellation_slot(signal.slot(), [&heard](Result<int> result) {
                       heard.result.emplace(std::move(result));
                     }));
  clock.at(Time{1s}, [&signal] { signal.emit(asio::cancellation_type::total); });
  clock.run(context);
  REQUIRE(heard.result);
  REQUIRE(heard.result->has_error());
  const Failure& failure = heard.result->error();
  const Sent known = sent == Sent::yes ? Sent::unknown : sent;
  CHECK(failure.kind() == Kind::cancelled);
  CHECK(failure.verdict().sent == known);
  REQUIRE(failure.trail().size() == 1);
  CHECK(failure.trail()[0].sent == known);
  CHECK(failure.trail()[0].billed == (sent == Sent::no ? Billed::no : Billed::maybe));
  CHECK(quota.usage(pipeline.state<1>(), clock.now())[0].used == (sent == Sent::no ? 0 : 1));
}

TEST_CASE("A blocking call that is stopped in an attempt which had sent nothing says so, and costs no quota") {
  const Sent sent = GENERATE(Sent::no, Sent::yes, Sent::unknown, Sent::delivered);
  VirtualClock clock;
  std::stop_source stop;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 3, .backoff = Constant{50ms}}}, quota};
  const Result<int> result = pipeline.run(
      [&](const Attempt&) -> Result<int> {
        stop.request_stop();
        return ended_having(sent);
      },
      clock, stop.get_token());
  REQUIRE(result.has_error());
  CHECK(result.error().kind() == Kind::cancelled);
  CHECK(result.error().verdict().sent == (sent == Sent::yes ? Sent::unknown : sent));
  CHECK(quota.usage(pipeline.state<1>(), clock.now())[0].used == (sent == Sent::no ? 0 : 1));
}

TEST_CASE("Who loses a race before anything was sent costs no quota", "[async]") {
  const Sent sent = GENERATE(Sent::no, Sent::yes, Sent::unknown);
  AsioVirtualClock clock;
  Heard heard;
  Pipeline pipeline{Hedge{HedgeOptions{.after = 1s}}, quota};
  asio::io_context context;
  const auto operation = repeatable([sent](const Attempt& attempt) -> asio::awaitable<Result<int>> {
    if (attempt.lane == 0) co_return co_await until_cancelled(sent);
    co_return 2;
  });
  pipeline.async_run(operation, context, clock, [&heard](Result<int> result) { heard.result.emplace(std::move(result)); });
  clock.run(context);
  REQUIRE(heard.result);
  CHECK(heard.result->value() == 2);
  CHECK(quota.usage(pipeline.state<1>(), clock.now())[0].used == (sent == Sent::no ? 1 : 2));
}

TEST_CASE("A cancelled race of which no attempt had sent anything says so", "[async]") {
  const bool second_has_sent = GENERATE(false, true);
  AsioVirtualClock clock;
  Heard heard;
  asio::cancellation_signal signal;
  Pipeline pipeline{Hedge{HedgeOptions{.after = 1s}}, quota};
  asio::io_context context;
  const auto operation = repeatable([second_has_sent](const Attempt& attempt) -> asio::awaitable<Result<int>> {
    const Sent sent = attempt.lane == 1 && second_has_sent ? Sent::unknown : Sent::no;
    co_return co_await until_cancelled(sent);
  });
  pipeline.async_run(operation, context, clock, asio::bind_cancellation_slot(signal.slot(), [&heard](Result<int> result) {
                       heard.result.emplace(std::move(result));
                     }));
  clock.at(Time{2s}, [&signal] { signal.emit(asio::cancellation_type::total); });
  clock.run(context);
  REQUIRE(heard.result);
  REQUIRE(heard.result->has_error());
  CHECK(heard.result->error().verdict().sent == (second_has_sent ? Sent::unknown : Sent::no));
  CHECK(quota.usage(pipeline.state<1>(), clock.now())[0].used == (second_has_sent ? 1 : 0));
}
