// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>          // end_of_time, later, Time
#include <ductile/core/stop.hpp>         // stop_poll
#include <ductile/core/transport.hpp>    // HttpRequest, name, TransportError, TransportFault, TransportLimits, TransportResult
#include <ductile/detail/ascii.hpp>      // same_word
#include <ductile/transports/beast.hpp>  // TransportCompletion
#include <ductile/transports/detail/beast_answer.hpp>
#include <ductile/transports/detail/beast_pool.hpp>
#include <ductile/transports/detail/beast_wire.hpp>
#include <ductile/transports/detail/request_check.hpp>
#include <ductile/transports/detail/url.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

/// One exchange, from the call to its end. It lives as long as something of the context holds it: above all its timer, which is armed from
/// the beginning to the end. Steps of a connection that was given up find that it is no longer theirs.
class BeastExchange final : public BeastPool::Waiting, public std::enable_shared_from_this<BeastExchange> {
  using Error = boost::system::error_code;
  using Wire = BeastPool::Wire;

  enum class Phase : std::uint8_t { begin, line, resolve, connect, handshake, write, first_byte, body };

 public:
  static void begin(std::shared_ptr<BeastPool> pool, HttpRequest request, const TransportLimits& limits, TransportCompletion handler) {
    const auto exchange = std::make_shared<BeastExchange>(std::move(pool), std::move(request), limits, std::move(handler));
    if (auto slot = boost::asio::get_associated_cancellation_slot(exchange->handler_); slot.is_connected())
      slot.emplace<Cancellation>(exchange);
    boost::asio::post(exchange->pool_->strand(), [exchange] { exchange->start(); });
  }

  BeastExchange(std::shared_ptr<BeastPool> pool, HttpRequest request, const TransportLimits& limits, TransportCompletion handler)
      : pool_(std::move(pool)),
        request_(std::move(request)),
        limits_(limits),
        handler_(std::move(handler)),
        executor_(boost::asio::prefer(boost::asio::get_associated_executor(handler_, pool_->strand()),
                                      boost::asio::execution::outstanding_work.tracked)),
        began_(now()),
        total_ends_(later(began_, limits.total)),
        resolver_(pool_->strand()),
        timer_(pool_->strand()) {}

  void granted() override {
    has_place_ = true;
    // From whoever gave the place: not inside it.
    boost::asio::post(pool_->strand(), [self = shared_from_this()] {
      if (!self->done_) self->have_place();
    });
  }

 private:
  // What the handler's cancellation slot holds.
  class Cancellation {
   public:
    explicit Cancellation(const std::shared_ptr<BeastExchange>& exchange) noexcept : exchange_(exchange) {}
    void operator()(boost::asio::cancellation_type type) const {
      const auto exchange = exchange_.lock();
      if (!exchange || type == boost::asio::cancellation_type::none) return;
      exchange->cancelled_ = true;
      // After what the strand holds already: a write may have been done whose end is not yet told.
      boost::asio::post(exchange->pool_->strand(), [exchange] { exchange->fail(TransportFault::cancelled); });
    }

   private:
    std::weak_ptr<BeastExchange> exchange_;
  };

  static constexpr std::size_t buffer_size = std::size_t{32} * 1024;

  static Time now() noexcept { return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()); }

  void start() {
    if (cancelled_) return fail(TransportFault::cancelled);
    const auto url = parse_url(request_.url);
    if (const auto error = unsendable(request_, url, limits_)) return fail(error->what, error->message);
    url_ = *url;
    origin_ = url_.origin();
    write_head();
    enter(Phase::line);
    if (pool_->enter(origin_, *this)) {
      has_place_ = true;
      have_place();
    } else {
      in_line_ = true;
    }
  }

  // The request's head as text.
  void write_head() {
    const std::string_view method = request_.method;
    head_ = request_.method + " " + url_.target + " HTTP/1.1\r\n";
    const auto add = [this](std::string_view name, std::string_view value) {
      head_.append(name).append(": ").append(value).append("\r\n");
    };
    const auto has = [this](std::string_view name) {
      return std::any_of(request_.headers.begin(), request_.headers.end(),
                         [name](const HttpHeader& field) { return same_word(field.name, name); });
    };
    for (const HttpHeader& field : request_.headers) {
      if (same_word(field.name, "Content-Length") || same_word(field.name, "Transfer-Encoding")) continue;  // ours to say
      add(field.name, field.value);
    }
    const bool v6 = url_.host.find(':') != std::string::npos;
    const std::string host = v6 ? "[" + url_.host + "]" : url_.host;
    if (!has("Host")) add("Host", url_.port == (url_.secure ? 443 : 80) ? host : host + ":" + std::to_string(url_.port));
    if (!has("User-Agent")) add("User-Agent", pool_->shared().options().user_agent);
    if (!has("Accept")) add("Accept", "*/*");
    asked_coding_ = has("Accept-Encoding");
    if (!asked_coding_) add("Accept-Encoding", "identity");
    if (pool_->shared().options().idle_connections == 0) add("Connection", "close");
    if (!request_.body.empty() || !(is_safe() || same_word(method, "DELETE"))) add("Content-Length", std::to_string(request_.body.size()));
    head_ += "\r\n";
  }

  [[nodiscard]] bool is_safe() const {
    constexpr std::array<std::string_view, 4> safe{"GET", "HEAD", "OPTIONS", "TRACE"};
    return std::any_of(safe.begin(), safe.end(), [this](std::string_view method) { return request_.method == method; });
  }

  void have_place() {
    in_line_ = false;
    wire_ = pool_->take(origin_);
    if (!wire_) return make_connection();
    reused_ = true;
    write_request();
  }

  // One by one, each with a share of the time that is left: an address that does not answer must not be the last one tried.
  void make_connection() {
    if (wire_) wire_->close();  // or what it has still to write would go on
    wire_ = nullptr;
    written_ = 0;
    reused_ = false;
    connect_ends_ = later(now(), limits_.connect);
    addresses_.clear();
    next_address_ = 0;
    Error is_a_name;
    const auto address = boost::asio::ip::make_address(url_.host, is_a_name);
    if (!is_a_name) {
      addresses_.emplace_back(address, url_.port);
      return try_next_address({});
    }
    enter(Phase::resolve);
    resolver_.async_resolve(url_.host, std::to_string(url_.port), boost::asio::ip::resolver_base::numeric_service,
                            [self = shared_from_this()](const Error& error, const boost::asio::ip::tcp::resolver::results_type& found) {
                              if (self->done_) return;
                              if (error) return self->fail(TransportFault::resolve, error.message());
                              for (const auto& entry : found) self->addresses_.push_back(entry.endpoint());
                              self->try_next_address(boost::asio::error::host_not_found);
                            });
  }

  void try_next_address(const Error& last) {
    if (next_address_ == addresses_.size()) {
      const bool time = last == boost::asio::error::timed_out;
      const bool ours = last == boost::asio::error::no_descriptors || last == boost::asio::error::no_memory;
      return fail(time ? TransportFault::connect_timeout : ours ? TransportFault::other : TransportFault::refused, last.message());
    }
    if (wire_) wire_->close();
    wire_ = std::make_shared<BeastWire>(pool_->strand());
    const auto& address = addresses_[next_address_++];
    enter(Phase::connect);
    wire_->socket().async_connect(address, [self = shared_from_this(), wire = wire_](const Error& error) {
      if (self->wire_ != wire) return;
      if (error) return self->try_next_address(error);
      Error ignored;
      static_cast<void>(wire->socket().set_option(boost::asio::ip::tcp::no_delay{true}, ignored));
      self->connected();
    });
  }

  void connected() {
    if (!url_.secure) return write_request();
    boost::asio::ssl::context* const trust = pool_->shared().trust();
    if (!trust) return fail(TransportFault::tls, pool_->shared().problem());
    enter(Phase::handshake);
    wire_->async_handshake(*trust, url_.host, [self = shared_from_this(), wire = wire_](const Error& error) {
      if (self->wire_ != wire) return;
      if (error) return self->fail(TransportFault::tls, error.message());
      self->write_request();
    });
  }

  // Reads while it writes: who refuses a request may say so, and close, before all of it has arrived.
  void write_request() {
    written_ = 0;
    write_error_ = {};
    answer_.emplace(limits_, request_.method == "HEAD");
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(buffer_size);
    filled_ = 0;
    enter(Phase::write);
    write_more();
    read_more();
  }

  [[nodiscard]] std::size_t request_size() const noexcept { return head_.size() + request_.body.size(); }

  void write_more() {
    using boost::asio::buffer;
    const std::size_t of_body = written_ - std::min(written_, head_.size());
    const BeastWire::Pieces left{buffer(head_) + written_, buffer(request_.body) + of_body};
    // Encryption takes the first piece of several.
    const BeastWire::Pieces pieces = left[0].size() > 0 ? left : BeastWire::Pieces{left[1], boost::asio::const_buffer{}};
    wire_->async_write_some(pieces, [self = shared_from_this(), wire = wire_](const Error& error, std::size_t size) {
      if (self->wire_ != wire) return;
      self->written_ += size;
      self->write_error_ = error;
      if (error) return;  // for the reading to find out more: perhaps there is an answer
      const bool is_written = self->written_ == self->request_size();
      if (self->phase_ == Phase::write) self->enter(is_written ? Phase::first_byte : Phase::write);
      if (!is_written) self->write_more();
    });
  }

  void read_more() {
    wire_->async_read_some(boost::asio::buffer(buffer_.get() + filled_, buffer_size - filled_),
                           [self = shared_from_this(), wire = wire_](const Error& error, std::size_t size) {
                             if (self->wire_ != wire) return;
                             self->has_read(error, size);
                           });
  }

  void has_read(const Error& error, std::size_t size) {
    if (size > 0) {
      enter(Phase::body);
      filled_ += size;
      if (parse()) return;
    }
    if (error) return ended(error);
    read_more();
  }

  // Whether the exchange is over.
  [[nodiscard]] bool parse() {
    namespace http = boost::beast::http;
    std::size_t used = 0;
    while (used < filled_ && !answer_->is_done()) {
      Error error;
      used += answer_->put(boost::asio::const_buffer{buffer_.get() + used, filled_ - used}, error);
      if (error == http::error::need_more) break;
      if (error) return fail_unreadable(error), true;
      if (answer_->is_done() && answer_->is_interim()) answer_.emplace(limits_, request_.method == "HEAD", answer_->head());
    }
    filled_ -= used;
    if (answer_->is_done()) return succeed(), true;
    std::memmove(buffer_.get(), buffer_.get() + used, filled_);
    if (filled_ < buffer_size) return false;
    fail(TransportFault::too_large, "a line without an end");
    return true;
  }

  void fail_unreadable(const Error& error) {
    namespace http = boost::beast::http;
    if (answer_->thrown()) return fail(TransportFault::cancelled, "the receiver of the body threw");
    if (answer_->refused()) return fail(TransportFault::cancelled, "the receiver of the body has had enough");
    const bool large = error == http::error::body_limit || error == http::error::header_limit || error == http::error::buffer_overflow;
    if (large) return fail(TransportFault::too_large, error.message());
    fail(answer_->is_header_done() ? TransportFault::truncated : TransportFault::other, "no HTTP: " + error.message());
  }

  // The other side has nothing more to say, or cannot.
  void ended(Error error) {
    namespace asio = boost::asio;
    if (error == asio::error::eof && write_error_) error = write_error_;  // the system tells of a reset once
    const bool in_order = error == asio::error::eof;
    const bool torn = error == asio::error::connection_reset || error == asio::error::broken_pipe ||
                      error == asio::error::connection_aborted || error == asio::error::not_connected;
    const bool cut = error == asio::ssl::error::stream_truncated;  // encryption ended without a word: no end of a body
    if (phase_ != Phase::body && reused_ && (in_order || torn || cut)) {
      had_left_ = had_left_ || written_ == request_size();
      if (!had_left_ || is_safe()) return make_connection();
      return fail(torn ? TransportFault::reset : TransportFault::closed, "a kept connection: " + error.message());
    }
    if (in_order && answer_->is_header_done()) {
      Error unfinished;
      answer_->put_eof(unfinished);
      if (!unfinished) return succeed();
    }
    if (in_order || cut) return fail(answer_->is_header_done() ? TransportFault::truncated : TransportFault::closed, error.message());
    const bool encryption =
        error.category() == asio::error::get_ssl_category() || error.category() == asio::ssl::error::get_stream_category();
    fail(torn ? TransportFault::reset : encryption ? TransportFault::tls : TransportFault::other, error.message());
  }

  void succeed() {
    HttpResponse& response = answer_->response();
    const std::string_view coding = header(response.headers, "Content-Encoding");
    if (!asked_coding_ && !coding.empty() && !same_word(coding, "identity"))
      return fail(TransportFault::other, "the answer came in a coding that was not asked for");
    if (answer_->keep_alive() && written_ == request_size() && filled_ == 0) pool_->keep(origin_, std::exchange(wire_, nullptr));
    finish(std::move(response));
  }

  void fail(TransportFault fault, const std::string& why = {}) {
    if (done_) return;
    const bool is_written = had_left_ || (phase_ >= Phase::write && written_ == request_size());
    TransportError error{fault, is_written || (answer_ && answer_->got_some()) ? Sent::unknown : Sent::no, std::string{name(fault)}};
    if (answer_) {
      error.status = answer_->response().status;
      error.received = answer_->received();
      error.thrown = answer_->thrown();
    }
    error.stale = reused_ && phase_ < Phase::body && (fault == TransportFault::reset || fault == TransportFault::closed);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - began_).count();
    if (phase_ == Phase::begin) {
      error.message += ": " + (why.empty() ? words(phase_) : why);
    } else {
      error.message += " at " + origin_ + " after " + std::to_string(took) + " ms, " + words(phase_);
      if (!why.empty()) error.message += " (" + why + ")";
    }
    finish(std::move(error));
  }

  void finish(TransportResult result) {
    done_ = true;
    timer_.cancel();
    resolver_.cancel();
    if (wire_) wire_->close();
    wire_ = nullptr;
    if (in_line_ && !has_place_) pool_->forget(origin_, *this);
    if (has_place_) pool_->leave(origin_);
    // Not on the strand, which has other exchanges to serve.
    boost::asio::post(pool_->strand().get_inner_executor(),
                      [executor = std::exchange(executor_, {}), handler = std::move(handler_), result = std::move(result)]() mutable {
                        boost::asio::dispatch(executor, [handler = std::move(handler), result = std::move(result)]() mutable {
                          if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected()) slot.clear();
                          std::move(handler)(std::move(result));
                        });
                      });
  }

  static const char* words(Phase phase) noexcept {
    switch (phase) {
      case Phase::begin: return "before it was sent";
      case Phase::line: return "waiting for a connection";
      case Phase::resolve: return "resolving the name";
      case Phase::connect: return "connecting";
      case Phase::handshake: return "in the handshake";
      case Phase::write: return "sending the request";
      case Phase::first_byte: return "waiting for the answer";
      case Phase::body: return "reading the answer";
    }
    return "";
  }

  // A new part of the exchange, or another step of it, with its own limit.
  void enter(Phase phase) {
    phase_ = phase;
    switch (phase) {
      case Phase::begin:
      case Phase::line: phase_ends_ = end_of_time; break;
      case Phase::connect: {
        const auto left = static_cast<Duration::rep>(addresses_.size() - next_address_ + 1);
        const Time at = now();
        phase_ends_ = later(at, std::max(connect_ends_ - at, Duration::zero()) / left);
        break;
      }
      case Phase::resolve:
      case Phase::handshake: phase_ends_ = connect_ends_; break;
      case Phase::write:
      case Phase::body: phase_ends_ = later(now(), limits_.idle); break;
      case Phase::first_byte: phase_ends_ = later(now(), limits_.first_byte.value_or(limits_.idle)); break;
    }
    rearm();
  }

  [[nodiscard]] Time next_look() const {
    const Time ends = std::min(phase_ends_, total_ends_);
    return limits_.stop ? std::min(ends, later(now(), stop_poll)) : ends;
  }

  // Always set, also where there is no limit: who waits in line is kept by it alone. A limit that moves away leaves it as it is: when it
  // rings, it is set anew.
  void arm(Time at) {
    armed_ = at;
    timer_.expires_at(at);
    timer_.async_wait([self = shared_from_this()](const Error& error) {
      if (error || self->done_) return;  // set anew, or over
      self->armed_.reset();
      self->look();
    });
  }

  void look() {
    const Time at = now();
    if (limits_.stop.stop_requested()) return fail(TransportFault::cancelled);
    if (at >= total_ends_) return fail(TransportFault::total_timeout);
    if (at >= phase_ends_) {
      if (phase_ == Phase::connect && next_address_ < addresses_.size()) return try_next_address(boost::asio::error::timed_out), rearm();
      return fail(phase_ < Phase::write ? TransportFault::connect_timeout : TransportFault::idle_timeout);
    }
    rearm();
  }

  void rearm() {
    if (const Time at = next_look(); !done_ && (!armed_ || at < *armed_)) arm(at);
  }

  const std::shared_ptr<BeastPool> pool_;
  HttpRequest request_;
  const TransportLimits limits_;
  TransportCompletion handler_;
  boost::asio::any_completion_executor executor_;
  const Time began_;
  const Time total_ends_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  Url url_;
  std::string origin_;
  std::string head_;
  std::vector<boost::asio::ip::tcp::endpoint> addresses_;
  std::size_t next_address_ = 0;
  Wire wire_;  // as it is now; a step of another one is out of date
  std::optional<BeastAnswer> answer_;
  std::unique_ptr<char[]> buffer_;
  std::size_t filled_ = 0;
  std::size_t written_ = 0;
  Error write_error_;
  Time connect_ends_ = end_of_time;
  Time phase_ends_ = end_of_time;
  std::optional<Time> armed_;
  Phase phase_ = Phase::begin;
  bool in_line_ = false;
  bool has_place_ = false;
  bool reused_ = false;
  bool had_left_ = false;  // whole, on a connection before
  bool asked_coding_ = false;
  bool done_ = false;
  std::atomic<bool> cancelled_ = false;  // seen by the first step, also where the cancellation's own step comes after it
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
