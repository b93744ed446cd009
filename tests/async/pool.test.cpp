// SPDX-License-Identifier: BSL-1.0

// The pool of blocking operations is declared after the context of their calls, and goes before it: what is still in the pool, run or not,
// refers to the context.

#include "../support/catch.hpp"

#include <ductile/drivers/asio.hpp>
#include <ductile/policies/bulkhead.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <latch>
#include <memory>
#include <stdexcept>

using namespace ductile;
namespace asio = boost::asio;

namespace {

// One call of each kind, where the context stops before its calls have ended: in the pool's thread, in the pool's line, in the gate's line.
class Calls {
 public:
  void begin(asio::io_context& context, asio::thread_pool& pool) {
    const auto blocking = blocking_on(pool.get_executor(), [this] {
      go_.wait();
      return 42;
    });
    for (int i = 0; i < 3; ++i) pipeline_.async_run(blocking, context, [alive = alive_](const Result<int>&) { FAIL_CHECK("heard"); });
  }
  void let_go() { go_.count_down(); }

  void check_that_all_have_gone() {
    CHECK(alive_.use_count() == 1);
    CHECK(pipeline_.template state<0>().in_flight() == 0);
  }

 private:
  Pipeline<Bulkhead> pipeline_{Bulkhead{BulkheadOptions{.in_flight = 2, .waiting = 1}}};
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::latch go_{1};
};

}  // namespace

TEST_CASE("What leaves the context's run as an exception leaves nothing behind of calls that are in a pool", "[async]") {
  Calls calls;
  const auto run = [&] {
    asio::io_context context;
    asio::thread_pool pool{1};
    calls.begin(context, pool);
    asio::post(context, [&calls] {
      calls.let_go();
      throw std::runtime_error{"a coroutine's"};
    });
    context.run();
  };
  CHECK_THROWS_WITH(run(), "a coroutine's");
  calls.check_that_all_have_gone();
}

TEST_CASE("A pool that was stopped and joined leaves nothing behind of calls that it did not run", "[async]") {
  Calls calls;
  {
    asio::io_context context;
    asio::thread_pool pool{1};
    calls.begin(context, pool);
    context.poll();
    pool.stop();
    calls.let_go();
    pool.join();
  }
  calls.check_that_all_have_gone();
}
