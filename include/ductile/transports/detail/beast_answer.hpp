// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>        // wall_time
#include <ductile/core/transport.hpp>  // BodyReceiver, HttpResponse, TransportLimits

#include <boost/beast/core/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/optional/optional.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::detail {

/// Reads one answer out of the bytes that arrive, and nothing that lies beyond the limits.
class BeastAnswer final : public boost::beast::http::basic_parser<false> {
 public:
  static constexpr std::uint32_t most_of_head = std::uint32_t{64} * 1024;

  /// `head` is what came of interim answers before it.
  BeastAnswer(const TransportLimits& limits, bool is_head_request, std::size_t head = 0) : receiver_(limits.body), head_(head) {
    eager(true);
    skip(is_head_request);
    header_limit(most_of_head);
    body_limit(static_cast<std::uint64_t>(limits.max_response_bytes));
  }

  [[nodiscard]] HttpResponse& response() noexcept { return response_; }
  [[nodiscard]] std::size_t received() const noexcept { return received_; }
  /// The receiver has had enough, or has thrown.
  [[nodiscard]] bool refused() const noexcept { return refused_; }
  [[nodiscard]] const std::exception_ptr& thrown() const noexcept { return thrown_; }
  [[nodiscard]] std::size_t head() const noexcept { return head_; }
  /// "100 Continue" and the like: the answer itself follows.
  [[nodiscard]] bool is_interim() const noexcept { return response_.status >= 100 && response_.status < 200 && response_.status != 101; }

 private:
  using Error = boost::beast::error_code;
  using View = boost::beast::string_view;

  static std::string_view plain(View text) noexcept { return {text.data(), text.size()}; }

  // Beast's own limit is for what it has at once: it forgets the lines that it has read. What comes after a body counts too.
  void count_line(std::size_t size, Error& error) {
    constexpr std::size_t around = 4;
    head_ += size + around;
    error = head_ > most_of_head ? Error{boost::beast::http::error::header_limit} : Error{};
  }

  std::size_t take(View piece, Error& error) {
    error = {};
    received_ += piece.size();
    if (receiver_ && response_.status / 100 == 2) {
      try {
        refused_ = !receiver_(plain(piece));
      } catch (...) {  // whose step this is did not ask for the exception: it is for who asked for the exchange
        thrown_ = std::current_exception();
        refused_ = true;
      }
      if (refused_) error = boost::beast::http::error::end_of_stream;  // any will do: who reads asks `refused`
    } else {
      response_.body.append(piece.data(), piece.size());
    }
    return piece.size();
  }

  void on_request_impl(boost::beast::http::verb, View, View, int, Error& error) override { error = {}; }
  void on_response_impl(int code, View reason, int, Error& error) override {
    response_.status = code;
    count_line(reason.size(), error);
  }
  void on_field_impl(boost::beast::http::field, View name, View value, Error& error) override {
    count_line(name.size() + value.size(), error);
    if (error) return;
    if (!head_read_) response_.headers.push_back({std::string{plain(name)}, std::string{plain(value)}});  // else it is a trailer
  }
  void on_header_impl(Error& error) override {
    error = {};
    head_read_ = true;
    response_.received = wall_time();
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error& error) override {
    constexpr std::uint64_t most_believed = std::uint64_t{4} << 20U;  // memory for what is announced and may never come
    error = {};
    if (length && !receiver_) response_.body.reserve(static_cast<std::size_t>(std::min(*length, most_believed)));
  }
  std::size_t on_body_impl(View piece, Error& error) override { return take(piece, error); }
  void on_chunk_header_impl(std::uint64_t, View, Error& error) override { error = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, View piece, Error& error) override { return take(piece, error); }
  void on_finish_impl(Error& error) override { error = {}; }

  BodyReceiver receiver_;
  HttpResponse response_;
  std::exception_ptr thrown_;
  std::size_t head_ = 0;
  std::size_t received_ = 0;
  bool head_read_ = false;
  bool refused_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
