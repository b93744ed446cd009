// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // refuse
#include <ductile/core/now.hpp>           // steady_time, wall_time
#include <ductile/core/stop.hpp>          // stop_poll
#include <ductile/core/transport.hpp>     // HttpHeader, HttpRequest, HttpResponse, TransportError, TransportFault, TransportLimits
#include <ductile/transports/detail/idle_connections.hpp>
#include <ductile/transports/detail/request_check.hpp>
#include <ductile/transports/detail/url.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

struct CurlOptions {
  std::string ca_file{};               ///< Certificates to trust, PEM; empty: the system's.
  std::size_t idle_connections = 8;    ///< Kept open for each host, 0 to 1000; 0: a connection for each exchange.
  std::string user_agent = "ductile";  ///< Sent when the request names none. Without a line end.
  std::string proxy{};                 ///< "http://[name:password@]host:port"; empty: none, whatever the environment says.
  /// How long a connection is kept, more than zero: the next exchange, with whatever host, closes it.
  Duration idle_for = std::chrono::seconds{30};
};

/// Carries requests by libcurl 7.85 or newer, blocking: HTTP/2 where an https server offers it, else HTTP/1.1. Connections are verified
/// (https), kept open and reused; redirects are not followed; a body larger than the limit, or a head of more than 256 KiB, ends the
/// exchange. No request is sent twice: where libcurl alone would try again, on a kept connection that died, the exchange has failed.
///
/// Errors   Each fault of the network as a `TransportError`; a wrong URL, a method or a header that could end its line as `other`.
///          `sent` is `no` until libcurl has taken the whole request from us. What a proxy answers in place of a tunnel (407) is the
///          response. Resolving a name counts among the time of the connection, but the end may be late by what the system's own limit
///          leaves (resolv.conf: `timeout` and `attempts`).
///          What the receiver of the body throws leaves `send`. `ConfigError` for an option out of its range.
/// Threads  Any number at once; each exchange has a connection to itself, also with HTTP/2. Must outlive its exchanges.
/// Cost     A lock and a libcurl handle for each exchange; no thread.
class CurlTransport {
 public:
  explicit CurlTransport(CurlOptions options = {}) : options_(checked(std::move(options))) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);  // a failure is told by the first handle
    static_cast<void>(ready);
  }

  [[nodiscard]] TransportResult send(const HttpRequest& request, const TransportLimits& limits) {
    const auto url = detail::parse_url(request.url);
    if (auto error = detail::unsendable(request, url, limits)) return *std::move(error);
    Exchange exchange{*this, *url, request, limits};
    return exchange.run();
  }

 private:
  using Clock = std::chrono::steady_clock;

  template <auto Release>
  struct ReleasedBy {
    void operator()(auto* handle) const noexcept { static_cast<void>(Release(handle)); }
  };
  using Easy = std::unique_ptr<CURL, ReleasedBy<&curl_easy_cleanup>>;          // one exchange
  using Connection = std::unique_ptr<CURLM, ReleasedBy<&curl_multi_cleanup>>;  // keeps the connection of the exchanges it carried
  using Lines = std::unique_ptr<curl_slist, ReleasedBy<&curl_slist_free_all>>;

  class Exchange {
   public:
    Exchange(CurlTransport& transport, const detail::Url& url, const HttpRequest& request, const TransportLimits& limits)
        : transport_(transport), url_(url), request_(request), limits_(limits), connection_(transport.borrow(url)) {}

    TransportResult run() {
      if (!easy_ || !connection_ || !prepare()) return TransportError{TransportFault::other, Sent::no, "libcurl: cannot be set up"};
      const CURLcode code = perform();
      if (thrown_) std::rethrow_exception(thrown_);
      if (code == CURLE_OK && !broken_ && status_ != 0) return answer();
      long by_proxy = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &by_proxy);
      if (!broken_ && !begun_ && by_proxy >= 300) return HttpResponse{static_cast<int>(by_proxy), {}, {}};
      return fault(code);
    }

   private:
    static constexpr std::size_t most_of_head = std::size_t{256} * 1024;

    // libcurl reads arguments as long or as a pointer, whatever was given.
    template <class Value>
      requires(!std::same_as<Value, int>)
    void set(CURLoption option, Value value) {
      set_up_ = curl_easy_setopt(easy_.get(), option, value) == CURLE_OK && set_up_;
    }

    void line(const std::string& text) {
      curl_slist* longer = curl_slist_append(lines_.get(), text.c_str());
      set_up_ = longer && set_up_;
      if (longer && !lines_) lines_.reset(longer);  // else the first element stands
    }

    bool prepare() {
      static_cast<void>(curl_easy_setopt(easy_.get(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS));  // one built without it says no
      set(CURLOPT_URL, (url_.origin() + url_.target).c_str());
      set(CURLOPT_PATH_AS_IS, 1L);
      set(CURLOPT_PROTOCOLS_STR, "http,https");
      set(CURLOPT_FOLLOWLOCATION, 0L);
      set(CURLOPT_NOSIGNAL, 1L);
      set(CURLOPT_SSL_VERIFYPEER, 1L);
      set(CURLOPT_SSL_VERIFYHOST, 2L);
      if (!transport_.options_.ca_file.empty()) set(CURLOPT_CAINFO, transport_.options_.ca_file.c_str());
      set(CURLOPT_PROXY, transport_.options_.proxy.c_str());
      set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
      set(CURLOPT_ACCEPT_ENCODING, "");  // all that it can decode
      set(CURLOPT_USERAGENT, transport_.options_.user_agent.c_str());
      set(CURLOPT_ERRORBUFFER, words_.data());
      // One more: it counts whole milliseconds, of which the first may have begun already.
      set(CURLOPT_TIMEOUT_MS, milliseconds(limits_.total) + 1);
      set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits_.connect) + 1);

      set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
      if (request_.method == "HEAD") set(CURLOPT_NOBODY, 1L);
      if (!request_.body.empty() || request_.method == "POST") {
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
      }
      for (const HttpHeader& field : request_.headers) line(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
      for (const char* own : {"Content-Type", "Expect"})  // libcurl would add them: a form, and a pause before a long body
        if (header(request_.headers, own).empty()) line(std::string{own} + ":");
      set(CURLOPT_HTTPHEADER, lines_.get());

      set(CURLOPT_PREREQFUNCTION, &begin);
      set(CURLOPT_PREREQDATA, this);
      set(CURLOPT_READFUNCTION, &give_body);
      set(CURLOPT_READDATA, this);
      set(CURLOPT_HEADERFUNCTION, &take_head);
      set(CURLOPT_HEADERDATA, this);
      set(CURLOPT_WRITEFUNCTION, &take_body);
      set(CURLOPT_WRITEDATA, this);
      return set_up_;
    }

    // Not curl_easy_perform: in silence that asks its progress callback once a second, and knows no idle limit but of whole seconds.
    CURLcode perform() {
      CURLM* multi = connection_.get();
      if (curl_multi_add_handle(multi, easy_.get()) != CURLM_OK) return CURLE_FAILED_INIT;
      int running = 1;
      CURLMcode state = curl_multi_perform(multi, &running);
      while (state == CURLM_OK && running > 0) {
        Duration wait = begun_ ? last_byte_ + bounded(longest_silence()) - Clock::now() : bounded(limits_.total);
        if (limits_.stop.stop_requested()) broken_ = TransportFault::cancelled;
        if (wait <= Duration::zero()) broken_ = broken_.value_or(TransportFault::idle_timeout);
        if (broken_) break;
        if (limits_.stop) wait = std::min<Duration>(wait, stop_poll);
        state = curl_multi_poll(multi, nullptr, 0, static_cast<int>(milliseconds(wait)), nullptr);
        if (state == CURLM_OK) state = curl_multi_perform(multi, &running);
      }
      int left = 0;
      const CURLMsg* message = curl_multi_info_read(multi, &left);
      const CURLcode code = message ? message->data.result : CURLE_FAILED_INIT;
      curl_multi_remove_handle(multi, easy_.get());
      return code;
    }

    [[nodiscard]] Duration longest_silence() const {
      const bool asked = head_ == 0 && given_ == request_.body.size();
      return asked ? limits_.first_byte.value_or(limits_.idle) : limits_.idle;
    }

    // Before the request: a second time would be libcurl's own repetition, of a request that may have been taken.
    static int begin(void* self, char*, char*, int, int) noexcept {
      auto& exchange = *static_cast<Exchange*>(self);
      if (std::exchange(exchange.begun_, true)) return CURL_PREREQFUNC_ABORT;
      exchange.last_byte_ = Clock::now();
      return CURL_PREREQFUNC_OK;
    }

    // Without a function to seek, so that libcurl cannot send it again either.
    static std::size_t give_body(char* to, std::size_t one, std::size_t room, void* self) noexcept {
      auto& exchange = *static_cast<Exchange*>(self);
      const std::string_view part = std::string_view{exchange.request_.body}.substr(exchange.given_, one * room);
      std::memcpy(to, part.data(), part.size());
      exchange.given_ += part.size();
      exchange.last_byte_ = Clock::now();
      return part.size();
    }

    static std::size_t take_head(const char* data, std::size_t one, std::size_t count, void* self) noexcept {
      auto& exchange = *static_cast<Exchange*>(self);
      const std::string_view text{data, one * count};
      exchange.last_byte_ = Clock::now();
      exchange.head_ += text.size();
      if (exchange.head_ > most_of_head) {
        exchange.broken_ = TransportFault::too_large;
        return 0;
      }
      if (text == "\r\n" || text == "\n") {  // whole; an interim one (1xx) says nothing
        long status = 0;
        curl_easy_getinfo(exchange.easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        if (status >= 200) exchange.status_ = static_cast<int>(status);
      }
      return text.size();
    }

    static std::size_t take_body(const char* data, std::size_t one, std::size_t count, void* self) noexcept {
      auto& exchange = *static_cast<Exchange*>(self);
      const std::size_t size = one * count;
      const std::size_t refused = size + 1;  // not 0, which is right for an empty part
      exchange.last_byte_ = Clock::now();
      if (size > exchange.limits_.max_response_bytes - exchange.received_) {
        exchange.broken_ = TransportFault::too_large;
        return refused;
      }
      exchange.received_ += size;
      try {
        if (!exchange.limits_.body || exchange.status_ / 100 != 2)
          exchange.body_.append(data, size);
        else if (!exchange.limits_.body({data, size}))
          exchange.broken_ = TransportFault::cancelled;
      } catch (...) {  // none may pass through libcurl
        exchange.thrown_ = std::current_exception();
      }
      return exchange.broken_ || exchange.thrown_ ? refused : size;
    }

    HttpResponse answer() {
      HttpResponse response{status_, {}, std::move(body_), detail::wall_time()};
      for (curl_header* field = nullptr; (field = curl_easy_nextheader(easy_.get(), CURLH_HEADER, -1, field));)
        response.headers.push_back({field->name, field->value});
      transport_.idle_.give_back(url_.origin(), std::move(connection_), detail::steady_time());
      return response;
    }

    TransportError fault(CURLcode code) const {
      TransportError result;
      result.what = broken_ ? *broken_ : named(code);
      result.sent = (begun_ && given_ == request_.body.size()) || status_ != 0 ? Sent::unknown : Sent::no;
      result.status = status_;
      result.received = received_;
      result.stale = !broken_ && (code == CURLE_SEND_FAIL_REWIND || code == CURLE_ABORTED_BY_CALLBACK);
      result.message = std::string{name(result.what)} + " at " + url_.origin() + (transport_.options_.proxy.empty() ? "" : " by a proxy") +
                       " after " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_).count()) +
                       " ms";
      // libcurl's own words on a certificate help; others might quote what must not be shown.
      const bool own_words = result.what == TransportFault::tls && words_.front() != '\0';
      if (!broken_) result.message += std::string{" (libcurl: "} + (own_words ? words_.data() : curl_easy_strerror(code)) + ")";
      return result;
    }

    [[nodiscard]] TransportFault named(CURLcode code) const {
      switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY: return TransportFault::resolve;
        case CURLE_COULDNT_CONNECT: return TransportFault::refused;
        case CURLE_OPERATION_TIMEDOUT:
          return begun_ || limits_.connect >= limits_.total ? TransportFault::total_timeout : TransportFault::connect_timeout;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION: return TransportFault::tls;
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM: return TransportFault::reset;
        case CURLE_OK:  // for it a head that was cut short is whole
        case CURLE_GOT_NOTHING:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL: return TransportFault::closed;
        case CURLE_SEND_FAIL_REWIND:
        case CURLE_ABORTED_BY_CALLBACK: return torn_down() ? TransportFault::reset : TransportFault::closed;  // it would have tried again
        case CURLE_PARTIAL_FILE: return status_ == 0 ? TransportFault::closed : TransportFault::truncated;    // of a head, or of a body
        case CURLE_OUT_OF_MEMORY: return begun_ && status_ == 0 ? TransportFault::too_large : TransportFault::other;  // a head's line
        default: return TransportFault::other;
      }
    }

    [[nodiscard]] bool torn_down() const {
      long system_error = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &system_error);
      return system_error == ECONNRESET || system_error == EPIPE;
    }

    // What libcurl counts in a long, wherever that is 32 bits; 24 days are no limit.
    static Duration bounded(Duration limit) { return std::min<Duration>(limit, std::chrono::days{24}); }
    static long milliseconds(Duration limit) {
      return std::max(1L, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(bounded(limit)).count()));
    }

    CurlTransport& transport_;
    const detail::Url& url_;
    const HttpRequest& request_;
    const TransportLimits& limits_;
    Clock::time_point started_ = Clock::now();
    Clock::time_point last_byte_;
    std::string body_;
    std::size_t given_ = 0;     // bytes of the request's body that libcurl has taken
    std::size_t received_ = 0;  // bytes of the answer's body
    std::size_t head_ = 0;      // bytes of heads that came
    int status_ = 0;
    bool begun_ = false;  // the connection stands
    bool set_up_ = true;
    std::optional<TransportFault> broken_;  // by us, for this reason
    std::exception_ptr thrown_;             // by who takes the body
    std::array<char, CURL_ERROR_SIZE> words_{};
    Lines lines_;
    Connection connection_;
    Easy easy_{curl_easy_init()};  // goes first
  };

  static CurlOptions checked(CurlOptions options) {
    if (options.idle_connections > 1000)
      refuse("CurlTransport: idle_connections must be from 0 to 1000", static_cast<double>(options.idle_connections));
    if (options.idle_for <= Duration::zero())
      refuse("CurlTransport: idle_for must be more than 0 s", std::chrono::duration<double>(options.idle_for).count());
    if (detail::has_line_end(options.user_agent)) refuse("CurlTransport: user_agent must not have a line end");
    return options;
  }

  [[nodiscard]] Connection borrow(const detail::Url& url) {
    if (std::optional<Connection> kept = idle_.take(url.origin(), detail::steady_time())) return *std::move(kept);
    Connection connection{curl_multi_init()};
    if (connection) curl_multi_setopt(connection.get(), CURLMOPT_MAXCONNECTS, 1L);
    return connection;
  }

  CurlOptions options_;
  detail::IdleConnections<Connection> idle_{options_.idle_connections, options_.idle_for};
};

}  // namespace ductile::inline DUCTILE_VERSION
