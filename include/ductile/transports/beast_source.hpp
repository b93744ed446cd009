// SPDX-License-Identifier: BSL-1.0
#pragma once

// The transport of beast.hpp itself. Belongs to a program exactly once: the CMake target ductile::beast sees to that; who builds without it
// includes this header in one unit. It is most of what Boost.Beast, Asio and OpenSSL cost to compile.
#include <ductile/core/transport.hpp>  // HttpRequest, TransportLimits
#include <ductile/transports/beast.hpp>
#include <ductile/transports/detail/beast_exchange.hpp>
#include <ductile/transports/detail/beast_pool.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

/// A pool for each context.
class BeastPools final : public BeastEngine {
 public:
  explicit BeastPools(BeastOptions options) : shared_(std::make_shared<BeastShared>(std::move(options))) {}

  void send(const boost::asio::any_io_executor& executor, HttpRequest request, const TransportLimits& limits,
            TransportCompletion handler) override {
    BeastExchange::begin(pool_of(executor), std::move(request), limits, std::move(handler));
  }

 private:
  std::shared_ptr<BeastPool> pool_of(const boost::asio::any_io_executor& executor) {
    boost::asio::execution_context& context = boost::asio::query(executor, boost::asio::execution::context);
    const std::lock_guard lock{mutex_};
    std::shared_ptr<BeastPool>& pool = pools_[&context];
    if (pool && !pool->gone()) return pool;  // else it is of another context, at the place of one that is no more
    pool = std::make_shared<BeastPool>(shared_, plain(executor));
    boost::asio::use_service<BeastService>(context).add(pool);
    const std::shared_ptr<BeastPool> made = pool;
    std::erase_if(pools_, [](const auto& known) { return !known.second || known.second->gone(); });
    return made;
  }

  // Without the strand of the first handler, which has other things to do, and without its claim on the context's time: a pool stays for as
  // long as the context does, and must not be what keeps it at work.
  static boost::asio::any_io_executor plain(const boost::asio::any_io_executor& executor) {
    namespace asio = boost::asio;
    asio::any_io_executor inner = executor;
    if (const auto* strand = executor.target<asio::strand<asio::any_io_executor>>()) inner = strand->get_inner_executor();
    if (const auto* strand = executor.target<asio::strand<asio::io_context::executor_type>>()) inner = strand->get_inner_executor();
    return asio::prefer(inner, asio::execution::outstanding_work.untracked);
  }

  std::shared_ptr<BeastShared> shared_;
  std::mutex mutex_;
  std::map<boost::asio::execution_context*, std::shared_ptr<BeastPool>> pools_;
};

// NOLINTNEXTLINE(misc-definitions-in-headers): meant for one unit
std::shared_ptr<BeastEngine> make_beast_engine(BeastOptions options) { return std::make_shared<BeastPools>(std::move(options)); }

}  // namespace ductile::inline DUCTILE_VERSION::detail
