// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/error_classifier.hpp>   // Unclassified
#include <ductile/core/failure.hpp>            // Failure
#include <ductile/core/kind.hpp>               // Sent
#include <ductile/core/transport.hpp>          // BodyReceiver, HttpRequest, HttpResponse, TransportError, TransportLimits, TransportResult
#include <ductile/core/verdict.hpp>            // Verdict
#include <ductile/drivers/asio_operation.hpp>  // failure_from_exception
#include <ductile/gemini/detail/exchange.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace ductile::inline DUCTILE_VERSION::gemini::detail {

// A stream over an asynchronous transport, which calls the receiver of a body wherever it reads. Everything else happens on the handler's
// executor, one thing at a time: there the pieces are read, and their parts go to the caller.
//
// Nothing here is in the memory of the handler's allocator: the transport's thread may not use that, and the handler may own it and go
// before a step that is planned.
template <class Parts, class Executor>
class AsyncStream : public std::enable_shared_from_this<AsyncStream<Parts, Executor>> {
 public:
  using Reply = typename StreamExchange<Parts>::Reply;

  AsyncStream(Asked asked, Parts parts, const Executor& executor)
      : exchange_(std::in_place, std::move(asked), std::move(parts)), executor_(executor) {}

  // The receiver: keeps the piece for the executor. Whether to go on.
  bool operator()(std::string_view piece) {
    const std::lock_guard lock{mutex_};
    if (closed_) return false;
    arrived_.append(piece);
    if (std::exchange(planned_, true)) return true;
    boost::asio::post(executor_, [self = this->shared_from_this()] {
      if (!self->read()) self->close();
    });
    return true;
  }

  // The caller has cancelled.
  void cancel(boost::asio::cancellation_type_t type) {
    if (type == boost::asio::cancellation_type::none) return;
    if constexpr (Parts::hands_out) {
      cancelled_ = true;
      exchange_->stop();
      close(type);
    } else {
      tell(type);  // what comes of it all the same is as good as ever
    }
  }

  // The caller's function goes with the exchange, before the handler is called: what is planned may come later.
  [[nodiscard]] Reply end(TransportResult result) {
    Reply reply = judged(std::move(result));
    exchange_.reset();
    return reply;
  }

  [[nodiscard]] Asked& asked() noexcept { return exchange_->asked(); }
  [[nodiscard]] boost::asio::cancellation_slot slot() noexcept { return signal_.slot(); }

 private:
  [[nodiscard]] Reply judged(TransportResult&& result) {
    ended_ = true;
    static_cast<void>(read());  // what is planned to be read
    if (auto* response = std::get_if<HttpResponse>(&result)) {
      if (cancelled_) result = TransportError{TransportFault::cancelled, Sent::unknown, "cancelled", response->status};
    } else if (const auto& error = std::get<TransportError>(result); error.thrown && !thrown_) {
      thrown_ = error.thrown;  // for want of memory
    }
    try {
      if (!thrown_) return exchange_->end(std::move(result));
    } catch (...) {
      thrown_ = std::current_exception();
    }
    return failure_from_thrown();
  }

  // Whether to go on.
  [[nodiscard]] bool read() {
    std::string piece;
    {
      const std::lock_guard lock{mutex_};
      planned_ = false;
      piece.swap(arrived_);
    }
    try {
      return piece.empty() || (*exchange_)(piece);
    } catch (...) {  // nobody is there to throw it to: it is for who asked for the stream
      thrown_ = std::current_exception();
      return false;
    }
  }

  // The rest of the stream says nothing any more.
  void close(boost::asio::cancellation_type_t type = boost::asio::cancellation_type::terminal) {
    {
      const std::lock_guard lock{mutex_};
      if (std::exchange(closed_, true)) return;
      arrived_.clear();
    }
    tell(type);
  }

  // The transport; unless it has ended already.
  void tell(boost::asio::cancellation_type_t type) {
    if (!ended_) signal_.emit(type);
  }

  // As `async_run` tells of an exception that nobody claims.
  [[nodiscard]] Failure failure_from_thrown() {
    const Failure failure = ductile::detail::failure_from_exception(Unclassified{}, std::move(thrown_));
    Verdict verdict = failure.verdict();
    if (exchange_->hands_out_already()) verdict.sent = Sent::delivered;
    return Failure{verdict, {}, {}, failure.cause()};
  }

  std::optional<StreamExchange<Parts>> exchange_;  // until its end
  const Executor executor_;
  boost::asio::cancellation_signal signal_;
  std::exception_ptr thrown_;
  bool cancelled_ = false;
  bool ended_ = false;

  std::mutex mutex_;  // of what follows, which the transport's thread looks at too
  std::string arrived_;
  bool planned_ = false;  // to be read
  bool closed_ = false;
};

// Goes on with the caller's handler when the exchange has ended.
template <class Stream, class Handler>
class AsyncStreamEnd {
 public:
  using executor_type = boost::asio::associated_executor_t<Handler>;
  using allocator_type = boost::asio::associated_allocator_t<Handler>;
  using cancellation_slot_type = boost::asio::cancellation_slot;

  AsyncStreamEnd(std::shared_ptr<Stream> stream, Handler handler) : handler_(std::move(handler)), stream_(std::move(stream)) {}

  void operator()(TransportResult result) {
    auto reply = stream_->end(std::move(result));
    if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected()) slot.clear();
    stream_.reset();
    std::move(handler_)(std::move(reply));
  }

  [[nodiscard]] executor_type get_executor() const noexcept { return boost::asio::get_associated_executor(handler_); }
  [[nodiscard]] allocator_type get_allocator() const noexcept { return boost::asio::get_associated_allocator(handler_); }
  [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return stream_->slot(); }

 private:
  Handler handler_;
  std::shared_ptr<Stream> stream_;
};

template <class T, class Parts, class Handler>
void begin_stream(T& transport, Asked asked, Parts parts, Handler handler) {
  const auto executor = boost::asio::get_associated_executor(handler);
  using Stream = AsyncStream<Parts, std::remove_const_t<decltype(executor)>>;
  auto stream = std::make_shared<Stream>(std::move(asked), std::move(parts), executor);
  if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
    slot.assign([known = std::weak_ptr<Stream>{stream}](boost::asio::cancellation_type_t type) {
      if (const auto found = known.lock()) found->cancel(type);
    });
  }
  HttpRequest http = std::move(stream->asked().http);
  TransportLimits limits = stream->asked().limits;
  limits.body = BodyReceiver{*stream};
  transport.async_send(std::move(http), limits, AsyncStreamEnd<Stream, Handler>{std::move(stream), std::move(handler)});
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini::detail
