// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>           // WallTime
#include <ductile/core/transport.hpp>     // HttpRequest, HttpResponse, Transport, TransportError, TransportResult
#include <ductile/core/verdict.hpp>       // Duration
#include <ductile/tools/number_text.hpp>  // number_text
#include <ductile/tools/problem.hpp>      // misuse, trouble

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

namespace ductile::inline DUCTILE_VERSION::tools {

/// The time of the ductile mock at `url`, whose clock must run `scale` times as fast as the computer's. One request, for its clock.
///
/// Errors   `Problem` when what answers there is no ductile mock or runs at another pace, or nothing answers.
template <Transport T>
[[nodiscard]] WallTime join_mock(T& transport, std::string_view url, double scale) {
  using std::chrono::seconds;
  while (url.ends_with('/')) url.remove_suffix(1);
  const auto refused = [&](std::string_view why) {
    return misuse("--time-scale joins a ductile mock, and " + std::string{url} + " is none: " + std::string{why});
  };
  HttpRequest request;
  request.url = std::string{url} + "/_ductile/clock";
  TransportLimits limits;
  limits.connect = limits.idle = limits.total = seconds{5};
  limits.max_response_bytes = 65'536;

  const TransportResult result = transport.send(request, limits);
  if (const auto* error = std::get_if<TransportError>(&result))
    throw trouble("--time-scale joins a ductile mock, and none answers: " + error->message);
  const HttpResponse& response = std::get<HttpResponse>(result);
  if (response.status != 200) throw refused("it has no clock");
  boost::system::error_code error;
  const boost::json::value page = boost::json::parse(response.body, error);
  const boost::json::object* const clock = error ? nullptr : page.if_object();
  const boost::json::value* const its_scale = clock ? clock->if_contains("time_scale") : nullptr;
  const boost::json::value* const its_time = clock ? clock->if_contains("unix_s") : nullptr;
  if (!its_scale || !its_scale->is_number() || !its_time || !its_time->is_number()) throw refused("its clock cannot be read");
  if (its_scale->to_number<double>() != scale)
    throw misuse("--time-scale must be the mock's own, " + number_text(its_scale->to_number<double>()) + "; it is " + number_text(scale));
  return WallTime{std::chrono::duration_cast<Duration>(std::chrono::duration<double>{its_time->to_number<double>()})};
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
