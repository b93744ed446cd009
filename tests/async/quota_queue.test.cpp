// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "async_operations.hpp"

#include <ductile/core/observer.hpp>
#include <ductile/drivers/asio.hpp>
#include <ductile/policies/quota_tracker.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct WaitCount {
  void on(const WaitBegan&) noexcept { ++waits; }
  std::size_t waits = 0;
};

}  // namespace

TEST_CASE("Ten thousand calls that wait for one window go in the order in which they came, and few wake in vain", "[async][quota]") {
  constexpr std::size_t calls = 10'000;
  static constexpr std::size_t limit = 100;
  const auto window = GENERATE(values<QuotaWindow>({per_minute(limit), fixed(per_minute(limit))}));
  CAPTURE(window.fixed);
  AsioVirtualClock clock;
  asio::io_context context;
  WaitCount count;
  Pipeline pipeline{Observe{count}, QuotaTracker{QuotaOptions{.limits = {window}}}};
  std::vector<std::size_t> order;
  std::vector<Time> begun;
  for (std::size_t i = 0; i < calls; ++i) {
    const auto operation = [&, i](auto&& token) {
      order.push_back(i);
      begun.push_back(clock.now()());
      return asio::async_initiate<decltype(token), void(int)>([](auto handler) { std::move(handler)(1); }, token);
    };
    pipeline.async_run(operation, context, clock, [](const Result<int>&) {});
  }
  clock.run(context);
  REQUIRE(order.size() == calls);
  CHECK(std::is_sorted(order.begin(), order.end()));
  bool within_limit = true;
  if (!window.fixed)
    for (std::size_t i = limit; i < calls; ++i) within_limit = within_limit && begun[i] - begun[i - limit] >= 1min;
  CHECK(within_limit);
  CHECK(begun.back() <= Time{1min + calls / limit * 61s});  // nothing is left unused
  CHECK(count.waits <= 7 * calls);  // once to go, and beside that to ask again; 485'200 when all asked again in each span
}
