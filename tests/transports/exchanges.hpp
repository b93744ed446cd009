// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// Requests whose head would have a line that nobody meant, and what no transport sends.
inline std::vector<ductile::HttpRequest> broken_heads(const std::string& url) {
  std::vector<ductile::HttpRequest> requests;
  for (const ductile::HttpHeader& field :
       {ductile::HttpHeader{"X-A", "b\r\nX-Evil: 1"}, ductile::HttpHeader{"X-A", "b\nX-Evil: 1"}, ductile::HttpHeader{"X-A", "b\r"},
        ductile::HttpHeader{"X-A", std::string{"b\0c", 3}}, ductile::HttpHeader{"X-Evil: 1\r\nX-A", "b"}, ductile::HttpHeader{"X-A\n", "b"},
        ductile::HttpHeader{"", "b"}, ductile::HttpHeader{"X:A", "b"}, ductile::HttpHeader{"X A", "b"}}) {
    requests.push_back(post(url));
    requests.back().headers.push_back(field);
  }
  for (const char* method : {"", "GET / HTTP/1.1\r\nX-Evil:", "GET X-Evil"}) {
    requests.push_back(post(url));
    requests.back().method = method;
  }
  return requests;
}

template <class Action>
ductile::Duration time_of(Action action) {
  const auto begun = std::chrono::steady_clock::now();
  action();
  return std::chrono::steady_clock::now() - begun;
}

}  // namespace ductile_test
