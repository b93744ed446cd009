// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // HttpRequest, Transport, TransportError, TransportResult

#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// A transport that answers by a script, for tests: each request gets the next answer. Remembers the requests.
///
/// Errors   With no answer left it gives a `TransportError` that says so.
/// Threads  Any number of threads.
class ScriptedTransport {
 public:
  explicit ScriptedTransport(std::vector<TransportResult> answers) : answers_(answers.begin(), answers.end()) {}

  TransportResult send(const HttpRequest& request, const TransportLimits&) {
    const std::lock_guard lock{mutex_};
    requests_.push_back(request);
    if (answers_.empty()) return TransportError{TransportFault::other, Sent::no, "ScriptedTransport: no answer is left", 0, 0};
    TransportResult answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  /// The requests so far, as they came.
  [[nodiscard]] std::vector<HttpRequest> requests() const {
    const std::lock_guard lock{mutex_};
    return requests_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<TransportResult> answers_;
  std::vector<HttpRequest> requests_;
};

static_assert(Transport<ScriptedTransport>);

}  // namespace ductile::inline DUCTILE_VERSION
