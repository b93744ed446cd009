// SPDX-License-Identifier: BSL-1.0
#pragma once

// The server of server.hpp itself. Belongs to a program exactly once: the CMake target ductile::mock sees to that; who builds without it
// includes this header in one unit. It is most of what cpp-httplib and the model of the service cost to compile.
#include <ductile/mock/fault_server.hpp>  // FaultServer; first: it says where cpp-httplib's flags come from

#include <ductile/core/config_error.hpp>           // ConfigError
#include <ductile/core/now.hpp>                    // Now, WallTime
#include <ductile/mock/admin.hpp>                  // Admin
#include <ductile/mock/detail/request_target.hpp>  // read_target
#include <ductile/mock/engine_source.hpp>          // Engine
#include <ductile/mock/exchange.hpp>               // Answer, Request
#include <ductile/mock/ports/certificate.hpp>
#include <ductile/mock/ports/full_port.hpp>
#include <ductile/mock/ports/proxy_port.hpp>
#include <ductile/mock/ports/tls_port.hpp>  // GoingAwayPort, TlsPort
#include <ductile/mock/reply.hpp>           // reply, Scene
#include <ductile/mock/scenario_json.hpp>   // load_scenario, refuse_unknown_projects, refuse_what_never_comes, tier_named
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>    // ServiceClock
#include <ductile/mock/shared_capacity.hpp>  // SharedCapacity

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock {

// Listens from construction to destruction.
class Server::Listening {
 public:
  explicit Listening(const ServerOptions& options) : Listening(prepared(options), options) {}
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening() { stop(); }

  [[nodiscard]] int port() const noexcept { return port_; }

  [[nodiscard]] std::string url() const {
    const bool v6 = host_.find(':') != std::string::npos;
    return "http://" + (v6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
  }

  [[nodiscard]] SidePortNumbers side_ports() const noexcept { return side_ports_; }
  [[nodiscard]] std::string certificate() const { return certificate_ ? certificate_->pem() : std::string{}; }

  [[nodiscard]] Engine& engine() noexcept { return engine_; }
  [[nodiscard]] ServiceClock& clock() noexcept { return clock_; }

  void stop() {
    const std::scoped_lock lock{stopping_};
    clock_.stop();
    tls_.reset();
    goaway_.reset();
    proxy_.reset();
    full_.reset();
    http_.stop();
    if (listener_.joinable()) listener_.join();
  }

 private:
  static Scenario prepared(const ServerOptions& options) {
    if (options.port < 0 || options.port > 65'535) refuse("mock: port must be from 0 to 65535", options.port);
    Scenario scenario = load_scenario(options.scenario, options.seed);
    refuse_unknown_projects(scenario, options.projects);
    if (options.at) scenario.starts_at = options.at;
    if (!scenario.starts_at) scenario.starts_at = Now{}.wall();
    refuse_what_never_comes(scenario, *scenario.starts_at);
    return scenario;
  }

  static std::optional<SharedCapacity> capacity(const ServerOptions& options) {
    const auto calls = options.shared_capacity;
    if (!calls) return std::nullopt;
    if (!(*calls >= 0 && *calls <= 1e6)) refuse("mock: shared_capacity must be from 0 to 1000000 calls a minute", *calls);
    return SharedCapacity{.calls_per_minute = *calls};
  }

  Listening(const Scenario& scenario, const ServerOptions& options)
      : host_(options.host),
        clock_(*scenario.starts_at, options.time_scale),
        engine_({.scenario = scenario,
                 .seed = scenario.seed.value_or(1),
                 .start = *scenario.starts_at,
                 .projects = options.projects,
                 .tier = options.tier ? std::optional{tier_named(*options.tier)} : std::nullopt,
                 .count_failures = options.count_failures,
                 .lying_retry_info = options.lying_retry_info,
                 .shared_capacity = capacity(options),
                 .strict_keys = options.strict_keys}),
        admin_(engine_, clock_),
        http_(clock_) {
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) { handle(request, response); };
    http_.Get(".*", handler).Post(".*", handler).Put(".*", handler).Patch(".*", handler).Delete(".*", handler).Options(".*", handler);
    http_.set_error_handler(
        [this](const httplib::Request& request, httplib::Response& response) { refuse_for_httplib(request, response); });
    port_ = options.port == 0 ? http_.bind_to_any_port(host_) : http_.bind_to_port(host_, options.port) ? options.port : -1;
    if (port_ <= 0) throw std::runtime_error{"mock: cannot listen on " + options.host + " port " + std::to_string(options.port)};
    http_.widen_backlog();
    open_side_ports(options);
    listener_ = std::thread{[this] { http_.listen_after_bind(); }};
    while (!http_.is_running()) std::this_thread::yield();  // before that, cpp-httplib's stop does nothing
  }

  void open_side_ports(const ServerOptions& options) {
    const auto checked = [](const char* name, int port) {
      if (port < 0 || port > 65'535) refuse((std::string{"mock: "} + name + " must be from 0 to 65535").c_str(), port);
      return port;
    };
    if (options.tls_port || options.goaway_port) certificate_.emplace();
    if (options.tls_port) tls_.emplace(host_, checked("tls_port", *options.tls_port), *certificate_, port_);
    if (options.goaway_port) goaway_.emplace(host_, checked("goaway_port", *options.goaway_port), *certificate_);
    if (options.proxy_port) proxy_.emplace(host_, checked("proxy_port", *options.proxy_port));
    if (options.full_port) full_.emplace(host_, checked("full_port", *options.full_port));
    const auto number = [](const auto& port) { return port ? port->port() : 0; };
    side_ports_ = {number(tls_), number(goaway_), number(proxy_), number(full_)};
  }

  void handle(const httplib::Request& asked, httplib::Response& response) {
    const Request request = taken(asked);
    if (Admin::serves(request)) return put(admin_.answer(request), response);
    const WallTime arrived = clock_.now();
    Answer answer = engine_.answer(request, arrived);
    FaultStream& stream = FaultServer::current_stream();
    const Duration latency = std::max(answer.latency, in_service_time(answer.at_least));
    if (!waited(arrived + latency, answer, answer.fault == ByteFault::silence)) answer.fault = ByteFault::close_before_head;
    if (answer.fault != ByteFault::none) {
      const std::string body = answer.body();
      stream.arm(answer.fault, body.size(), answer.fault == ByteFault::garbage ? body : std::string{});
    }
    put(std::move(answer), response);
  }

  // These are made of an answer whose head announces a length.
  static bool needs_length(ByteFault fault) {
    return fault == ByteFault::short_length || fault == ByteFault::bad_chunk || fault == ByteFault::plain_http_1_0;
  }

  // Waits for that moment of the service's time, with this answer under way; false when the client has gone before, or the server stops.
  [[nodiscard]] bool waited(WallTime moment, const Answer& answer, bool silent) {
    const FaultStream& stream = FaultServer::current_stream();
    const auto begun = std::chrono::steady_clock::now();
    bool gone = false;
    const bool whole = clock_.wait_until(moment, [&] { return gone = stream.peer_gone(); });
    if (gone) engine_.client_left(answer);
    // By the computer's time: a clock that is put forward is no patience of the client's.
    if (silent) engine_.client_held(answer, in_service_time(std::chrono::steady_clock::now() - begun));
    return whole;
  }

  [[nodiscard]] Duration in_service_time(Duration real) const { return std::chrono::duration_cast<Duration>(real * clock_.scale()); }

  void put(Answer answer, httplib::Response& response) {
    response.status = answer.status;
    for (const HttpHeader& header : answer.headers) response.set_header(header.name, header.value);
    if (!answer.streamed || needs_length(answer.fault)) return response.set_content(answer.body(), answer.content_type);
    const std::string type = answer.content_type;
    const auto sent = std::make_shared<Answer>(std::move(answer));
    response.set_chunked_content_provider(type, [this, sent](std::size_t, httplib::DataSink& sink) {
      bool first = true;
      for (const std::string& piece : sent->pieces) {
        if (!first && !waited(clock_.now() + sent->between, *sent, false)) return false;
        first = false;
        if (!sink.write(piece.data(), piece.size())) return false;
      }
      if (sent->fault == ByteFault::stall) {
        (void)waited(clock_.now() + std::max(silence_lasts, in_service_time(silence_lasts_really)), *sent, true);
        return false;
      }
      sink.done();
      return true;
    });
  }

  // What cpp-httplib turns away by itself, in the words of the service's front end.
  void refuse_for_httplib(const httplib::Request& request, httplib::Response& response) {
    if (response.has_header("Date") || !response.body.empty()) return;
    const Scene scene{.path = request.path, .seed = engine_.seed(), .time = clock_.now()};
    if (response.status == 413) put(reply("body-too-large-413-html", scene), response);
    if (response.status == 414) put(reply("uri-too-long-414", scene), response);
  }

  static Request taken(const httplib::Request& asked) {
    const bool head_alone = asked.method == "HEAD";  // the same answer; cpp-httplib keeps its body back
    Request request{.method = head_alone ? "GET" : asked.method, .body = asked.body};
    for (const auto& [name, value] : asked.headers) request.headers.push_back({name, value});
    detail::read_target(asked.target, request);  // not from `params`: a form in the body would mix with it
    return request;
  }

  std::string host_;
  int port_ = 0;
  ServiceClock clock_;
  Engine engine_;
  Admin admin_;
  FaultServer http_;
  std::mutex stopping_;
  std::thread listener_;
  std::optional<Certificate> certificate_;
  std::optional<TlsPort> tls_;
  std::optional<GoingAwayPort> goaway_;
  std::optional<ProxyPort> proxy_;
  std::optional<FullPort> full_;
  SidePortNumbers side_ports_;
};

// NOLINTBEGIN(misc-definitions-in-headers): meant for one unit
Server::Server(const ServerOptions& options) : listening_(std::make_unique<Listening>(options)) {}
Server::~Server() = default;
int Server::port() const noexcept { return listening_->port(); }
std::string Server::url() const { return listening_->url(); }
SidePortNumbers Server::side_ports() const noexcept { return listening_->side_ports(); }
std::string Server::certificate() const { return listening_->certificate(); }
Engine& Server::engine() noexcept { return listening_->engine(); }
ServiceClock& Server::clock() noexcept { return listening_->clock(); }
void Server::stop() { listening_->stop(); }
void Server::wait() {
  (void)listening_->clock().wait_until(WallTime::max(), [] { return false; });
}
// NOLINTEND(misc-definitions-in-headers)

}  // namespace ductile::inline DUCTILE_VERSION::mock
