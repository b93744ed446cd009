// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/clock.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/mock/engine.hpp>

#include <algorithm>
#include <string>

// [transport]
/// A transport of one's own: carries requests to the mock's engine, without a socket and in virtual time.
class EngineTransport {
 public:
  EngineTransport(ductile::mock::Engine& engine, ductile::VirtualClock& clock) : engine_(engine), clock_(clock) {}

  ductile::TransportResult send(const ductile::HttpRequest& request, const ductile::TransportLimits& limits) {
    const std::string path = request.url.substr(request.url.find('/', request.url.find("://") + 3));
    const ductile::mock::Answer answer = engine_.answer({request.method, path, {}, request.headers, request.body}, clock_.now().wall());
    const ductile::Duration longest = std::min(limits.idle, limits.total);
    clock_.advance(std::min(answer.latency, longest));
    if (answer.latency > longest || answer.fault == ductile::mock::ByteFault::silence)
      return ductile::TransportError{ductile::TransportFault::idle_timeout, ductile::Sent::unknown, "no answer in time"};
    if (answer.fault != ductile::mock::ByteFault::none)
      return ductile::TransportError{ductile::TransportFault::reset, ductile::Sent::unknown, "the connection broke"};
    return ductile::HttpResponse{answer.status, answer.headers, answer.body()};
  }

 private:
  ductile::mock::Engine& engine_;
  ductile::VirtualClock& clock_;
};
// [/transport]
