// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

/// What the tests of every transport send and answer.
namespace ductile_test {

inline const std::string ok_head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

inline std::string ok(std::string_view body) {
  return ok_head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

inline ductile::HttpRequest post(std::string url, std::string body = "hello") {
  return {"POST", std::move(url), {{"Content-Type", "text/plain"}}, std::move(body)};
}

inline ductile::TransportLimits patient() {
  ductile::TransportLimits limits;
  limits.connect = std::chrono::seconds{5};
  limits.idle = std::chrono::seconds{10};
  limits.total = std::chrono::seconds{20};
  return limits;
}

template <class Action>
ductile::Duration time_of(Action action) {
  const auto begun = std::chrono::steady_clock::now();
  action();
  return std::chrono::steady_clock::now() - begun;
}

}  // namespace ductile_test
