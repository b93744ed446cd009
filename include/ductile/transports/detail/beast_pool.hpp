// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>          // steady_time
#include <ductile/transports/beast.hpp>  // BeastOptions
#include <ductile/transports/detail/beast_wire.hpp>
#include <ductile/transports/detail/idle_connections.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

/// What all contexts of a transport share: the options, and whom it trusts, read when the first https exchange asks.
class BeastShared {
 public:
  explicit BeastShared(BeastOptions options) : options_(std::move(options)) {}

  [[nodiscard]] const BeastOptions& options() const noexcept { return options_; }

  /// Null when the certificates to trust cannot be read; `problem` says why.
  [[nodiscard]] boost::asio::ssl::context* trust() {
    std::call_once(once_, [this] { read(); });
    return problem_.empty() ? &*context_ : nullptr;
  }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  void read() {
    namespace ssl = boost::asio::ssl;
    context_.emplace(ssl::context::tls_client);
    boost::system::error_code error;
    static_cast<void>(context_->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                                                ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1,
                                            error));
    if (options_.ca_file.empty())
      static_cast<void>(context_->set_default_verify_paths(error));
    else
      static_cast<void>(context_->load_verify_file(options_.ca_file, error));
    if (error) problem_ = "the certificates to trust cannot be read: " + error.message();
  }

  BeastOptions options_;
  std::once_flag once_;
  std::optional<boost::asio::ssl::context> context_;
  std::string problem_;
};

/// The connections of a transport in one context: those that are kept, and the places of those in use. Of a host at most so many are in
/// use; who comes later stands in line. All of it happens on the strand.
class BeastPool : public std::enable_shared_from_this<BeastPool> {
 public:
  using Wire = std::shared_ptr<BeastWire>;

  class Waiting {
   public:
    Waiting() = default;
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    /// It has a place now.
    virtual void granted() = 0;

   protected:
    ~Waiting() = default;
  };

  BeastPool(std::shared_ptr<BeastShared> shared, const boost::asio::any_io_executor& executor)
      : shared_(std::move(shared)),
        idle_(shared_->options().idle_connections, shared_->options().idle_for),
        strand_(boost::asio::make_strand(executor)) {}

  [[nodiscard]] BeastShared& shared() const noexcept { return *shared_; }
  [[nodiscard]] const boost::asio::strand<boost::asio::any_io_executor>& strand() const noexcept { return *strand_; }

  /// Whether there is a place; if not, `granted` comes later.
  [[nodiscard]] bool enter(const std::string& origin, Waiting& who) {
    Host& host = hosts_[origin];
    if (host.in_use < shared_->options().connections) {
      ++host.in_use;
      return true;
    }
    host.line.push_back(&who);
    return false;
  }

  /// It does not wait any longer.
  void forget(const std::string& origin, Waiting& who) {
    if (const auto host = hosts_.find(origin); host != hosts_.end()) host->second.line.remove(&who);
  }

  /// Gives a place up, to who is next.
  void leave(const std::string& origin) {
    const auto host = hosts_.find(origin);
    if (host == hosts_.end()) return;  // the context ends
    std::list<Waiting*>& line = host->second.line;
    if (line.empty()) {
      if (--host->second.in_use == 0) hosts_.erase(host);
      return;
    }
    Waiting* const next = line.front();
    line.pop_front();
    next->granted();
  }

  /// A kept connection, the one used last; null when there is none that is still good.
  [[nodiscard]] Wire take(const std::string& origin) {
    while (const std::optional<Wire> last = idle_.take(origin, steady_time()))
      if ((*last)->is_quiet()) return *last;
    return nullptr;
  }

  void keep(const std::string& origin, Wire wire) {
    if (!gone_) idle_.give_back(origin, std::move(wire), steady_time());
  }

  /// The context ends: nothing of it may be touched from now on.
  void end() noexcept {
    gone_ = true;
    idle_.clear();
    hosts_.clear();
    strand_.reset();
  }
  [[nodiscard]] bool gone() const noexcept { return gone_; }

 private:
  struct Host {
    std::size_t in_use = 0;
    std::list<Waiting*> line{};
  };

  std::shared_ptr<BeastShared> shared_;
  IdleConnections<Wire> idle_;
  std::optional<boost::asio::strand<boost::asio::any_io_executor>> strand_;  // none once the context has ended: it is the context's, too
  std::map<std::string, Host> hosts_;                                        // those with a connection in use
  std::atomic<bool> gone_ = false;
};

/// Tells the pools of a context that it ends: their sockets cannot outlive it.
class BeastService final : public boost::asio::execution_context::service {
 public:
  static inline boost::asio::execution_context::id id;

  explicit BeastService(boost::asio::execution_context& context) : service(context) {}

  void add(const std::shared_ptr<BeastPool>& pool) {
    const std::lock_guard lock{mutex_};
    std::erase_if(pools_, [](const auto& known) { return known.expired(); });
    pools_.push_back(pool);
  }

 private:
  void shutdown() override {
    const std::lock_guard lock{mutex_};
    for (const auto& known : pools_)
      if (const auto pool = known.lock()) pool->end();
    pools_.clear();
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<BeastPool>> pools_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
