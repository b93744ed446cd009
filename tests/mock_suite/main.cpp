// SPDX-License-Identifier: BSL-1.0

// mock_suite [ID]
// Asks the mock for each row of the truth table (or for one) over a real socket, and classifies what comes back: as itself, or, where
// nothing that a client sees tells two rows apart, as another of the same kind and remedy. Prints a line a row; exits 1 when one is
// anything else.
#include <ductile/core/kind.hpp>
#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/gemini/failures.hpp>
#include <ductile/mock/detail/listening_socket.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/transports/curl.hpp>
#include <ductile/transports/httplib.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

using namespace ductile;
using namespace ductile::gemini;
using namespace std::chrono_literals;

namespace {

// The mock with all of its ports, and its certificate in a file.
class Service {
 public:
  Service() {
    std::ofstream file{certificate_};
    file << server_.certificate();
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() { std::filesystem::remove(certificate_); }

  [[nodiscard]] const std::filesystem::path& certificate() const { return certificate_; }
  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] static std::string local(std::string_view scheme, int port) {
    return std::string{scheme} + "://127.0.0.1:" + std::to_string(port);
  }
  [[nodiscard]] mock::SidePortNumbers ports() const { return server_.side_ports(); }

 private:
  mock::Server server_{{.tls_port = 0, .goaway_port = 0, .proxy_port = 0, .full_port = 0}};
  std::filesystem::path certificate_ = std::filesystem::temp_directory_path() / ("mock-suite-" + std::to_string(server_.port()) + ".pem");
};

// The limits of a client that is in a hurry: what the mock holds back for minutes shows within a second.
ClientOptions options_for(std::string_view id, std::string base_url) {
  ClientOptions options{.api_key = ApiKey{"scenario-" + std::string{id}}, .base_url = std::move(base_url)};
  options.connect_limit = id == "connect-timeout" ? 300ms : 5s;
  options.idle_limit = id == "idle-timeout" ? 300ms : 10s;
  return options;
}

template <class T>
Result<ImageReply> asked(T& transport, std::string_view id, std::string base_url) {
  const Client<T> client{transport, options_for(id, std::move(base_url))};
  const ImageRequest request{.prompt = "a lighthouse", .aspect_ratio = "16:9", .image_size = ImageSize::two_k};
  const bool impatient = id == "client-deadline" || id == "slow-drip";
  const GenerateOptions how{.timeout = impatient ? 1s : 30s};
  const bool streamed = id.starts_with("sse-") || id.ends_with("-sse");
  return streamed ? client.generate_buffered(request, "gemini-3-pro-image", how) : client.generate(request, "gemini-3-pro-image", how);
}

// What only the path of the request tells from another failure.
Result<ImageReply> asked_for_batch(const Service& service) {
  HttplibTransport transport;
  const auto exchange = transport.send({.method = "GET",
                                        .url = service.url() + "/v1beta/batches/a-batch",
                                        .headers = {{"x-goog-api-key", "a-key"}, {"x-ductile-scenario", "batch-get-503"}},
                                        .body = {}},
                                       {});
  const auto* response = std::get_if<HttpResponse>(&exchange);
  return Failure{response ? classify(*response, {.model = {}, .secret = {}, .of_batch = true}).verdict : Verdict{}};
}

Result<ImageReply> asked(const Service& service, std::string_view id) {
  if (id == "batch-get-503") return asked_for_batch(service);
  if (id == "h2-goaway") {
    CurlTransport transport{CurlOptions{.ca_file = service.certificate().string()}};
    return asked(transport, id, Service::local("https", service.ports().goaway));
  }
  if (id == "proxy-auth-407") {
    CurlTransport transport{CurlOptions{.proxy = Service::local("http", service.ports().proxy)}};
    return asked(transport, id, service.url());
  }
  HttplibTransport transport;
  if (id == "dns-failure") return asked(transport, id, "http://ductile-mock.invalid");
  if (id == "connect-refused") {
    const int free = std::make_unique<mock::detail::ListeningSocket>("127.0.0.1", 0, 1)->port();  // and closed again
    return asked(transport, id, Service::local("http", free));
  }
  if (id == "connect-timeout") return asked(transport, id, Service::local("http", service.ports().full));
  if (id == "tls-failure") return asked(transport, id, Service::local("https", service.ports().tls));
  return asked(transport, id, service.url());
}

enum class Came : std::uint8_t { as_itself, as_another, wrong };

// Whole images of what was asked for, with something to warn of.
bool is_warning(const FailureRow& row, const ImageReply& reply) {
  if (row.id.text() == "model-substituted") return reply.model_substituted;
  return row.id.text() == "tier-downgraded";
}

Came tried(const Service& service, const FailureRow& row) {
  const Result<ImageReply> result = asked(service, row.id.text());
  const auto print = [&](std::string_view said, std::string_view how) {
    std::printf("%-32s %3d  %-21.*s %-21.*s %.*s%.*s\n", row.id.text().data(), row.http_status, static_cast<int>(name(row.kind).size()),
                name(row.kind).data(), static_cast<int>(name(row.remedy).size()), name(row.remedy).data(), static_cast<int>(how.size()),
                how.data(), static_cast<int>(said.size()), said.data());
  };
  if (result) {
    const bool warned = is_warning(row, result.value());
    print("", warned ? "an image, with its warning" : "WRONG: an image");
    return warned ? Came::as_itself : Came::wrong;
  }
  const Failure& failure = result.error();
  if (failure.kind() != row.kind || failure.remedy() != row.remedy) {
    print(describe(failure), "WRONG: ");
    return Came::wrong;
  }
  const bool itself = failure.id() == row.id;
  print(itself ? "" : failure.id().text(), itself ? "as itself" : "as ");
  return itself ? Came::as_itself : Came::as_another;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view only = count > 1 ? arguments[1] : "";
  const Service service;
  int as_itself = 0;
  int as_another = 0;
  int wrong = 0;
  for (const FailureRow& row : failures) {
    if (!only.empty() && row.id.text() != only) continue;
    const Came came = tried(service, row);
    as_itself += came == Came::as_itself ? 1 : 0;
    as_another += came == Came::as_another ? 1 : 0;
    wrong += came == Came::wrong ? 1 : 0;
  }
  std::printf("%d rows: %d came back as themselves, %d as another of the same kind and remedy, %d wrong\n", as_itself + as_another + wrong,
              as_itself, as_another, wrong);
  return wrong == 0 && as_itself + as_another > 0 ? 0 : 1;
}
