// SPDX-License-Identifier: BSL-1.0
//
// `ductile imagine --async`: the same client, over an asynchronous transport.
#include "maker.hpp"

#include <ductile/core/transport.hpp>        // HttpRequest, TransportLimits, TransportResult
#include <ductile/gemini/async.hpp>          // async_generate
#include <ductile/tools/run_jobs_async.hpp>  // AsyncJobs
#include <ductile/tools/stop_flag.hpp>       // StopAfterGrace, StopFlag
#include <ductile/transports/beast.hpp>      // BeastTransport

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace ductile::tools {

namespace {

namespace asio = boost::asio;

// A connection is a file to the system, which may allow fewer than there are jobs.
void allow_many_files() noexcept {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &files);
}

// Gives an exchange a little time when the run is stopped: an answer that is about to arrive, and is paid for, is kept. Tells the progress
// what was received.
class GracefulAsyncTransport {
  struct Sending {
    template <class Handler>
    void operator()(Handler&& handler, HttpRequest to_send, const TransportLimits& may_take) const {
      const auto executor = asio::get_associated_executor(handler);
      const auto end = std::make_shared<End<std::decay_t<decltype(executor)>>>(executor);
      if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
        slot.assign([end](asio::cancellation_type type) { StopFlag::stop_requested() ? end->soon() : end->signal.emit(type); });
      auto received = [progress = &transport->progress_, end, job = transport->progress_.current(),
                       kept = std::forward<Handler>(handler)](TransportResult result) mutable {
        end->grace.cancel();
        progress->received(job, std::visit([](const auto& one) { return one.status; }, result));
        std::move(kept)(std::move(result));
      };
      transport->transport_.async_send(
          std::move(to_send), may_take,
          asio::bind_cancellation_slot(end->signal.slot(), asio::bind_executor(executor, std::move(received))));
    }

    GracefulAsyncTransport* transport;
  };

 public:
  GracefulAsyncTransport(Progress& progress, std::size_t connections)
      : progress_(progress), transport_({.connections = connections, .idle_connections = std::min<std::size_t>(connections, 256)}) {}

  // The type is said, not found out: to find it out would begin an exchange of a handler without an executor, where a client asks whether
  // this is a transport.
  template <class Token>
  auto async_send(HttpRequest request, const TransportLimits& limits, Token&& token)
      -> decltype(asio::async_initiate<Token, void(TransportResult)>(std::declval<Sending>(), token, std::move(request), limits)) {
    return asio::async_initiate<Token, void(TransportResult)>(Sending{this}, token, std::move(request), limits);
  }

 private:
  template <class Executor>
  struct End : std::enable_shared_from_this<End<Executor>> {
    explicit End(const Executor& executor) : grace(executor) {}

    void soon() {
      grace.expires_after(StopAfterGrace{}.grace);
      grace.async_wait([self = this->shared_from_this()](const boost::system::error_code& over) {
        if (!over) self->signal.emit(asio::cancellation_type::terminal);
      });
    }

    asio::cancellation_signal signal{};
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> grace;
  };

  Progress& progress_;
  BeastTransport transport_;
};

// One thread for all jobs.
class AsyncMaker final : public Maker {
 public:
  explicit AsyncMaker(const MakerParts& parts)
      : clock_(parts.clock),
        at_once_(parts.concurrency),
        transport_(parts.progress, parts.concurrency),
        client_(gemini::resilient(transport_, parts.client, parts.options, parts.progress)) {
    allow_many_files();
  }

  std::string problem() const override { return client_.client().problem(); }
  Time rests_until(unsigned target) override { return client_.rests().until(target); }
  void run(JobRun& run) override {
    const StopFlag stop;
    asio::io_context context{1};
    const auto ask = [this](gemini::ImageRequest request, const CallOptions& call, auto&& token) {
      client_.async_generate(std::move(request), call, clock_, std::forward<decltype(token)>(token));
    };
    AsyncJobs{run, context, at_once_, StopView{stop}, ask}.run();
  }

 private:
  ScaledClock& clock_;
  std::size_t at_once_;
  GracefulAsyncTransport transport_;
  gemini::ResilientClient<GracefulAsyncTransport, Progress> client_;
};

}  // namespace

std::unique_ptr<Maker> async_maker(const MakerParts& parts) { return std::make_unique<AsyncMaker>(parts); }

}  // namespace ductile::tools
