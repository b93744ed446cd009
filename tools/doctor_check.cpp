// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"

#include <ductile/core/now.hpp>       // Now
#include <ductile/gemini/client.hpp>  // client_options_from_environment
#include <ductile/tools/doctor_check.hpp>
#include <ductile/tools/environment_keys.hpp>  // key_of_variable
#include <ductile/tools/problem.hpp>           // Ending, misuse
#include <ductile/tools/target_flags.hpp>      // require_base_url
#include <ductile/transports/httplib.hpp>

#include <fmt/format.h>

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ductile::tools {

namespace {

Addresses look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0) return std::string{::gai_strerror(error)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{list, &::freeaddrinfo};
  std::vector<std::string> addresses;
  for (const addrinfo* each = list; each; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
      addresses.emplace_back(text.data());
  }
  return addresses;
}

}  // namespace

Ending doctor_check(const DoctorFlags& flags) {
  gemini::ClientOptions client = gemini::client_options_from_environment();
  if (!flags.base_url.empty()) client.base_url = flags.base_url;
  require_base_url(flags.base_url.empty() ? "GOOGLE_GEMINI_BASE_URL" : "--base-url", client.base_url);
  if (!flags.key_env.empty()) client.api_key = key_of_variable(flags.key_env);
  if (gemini::detail::path_segment(flags.model) != flags.model) throw misuse("--model must be a model's name, such as gemini-3-pro-image");

  HttplibTransport transport;
  const CheckOptions options{client.base_url, client.api_key, flags.model};
  const auto tell = [&](const CheckedStep& checked) {
    const auto now = Now{}.wall();
    fmt::print("{}", flags.json ? checked_json(checked, client.api_key.reveal(), now) + "\n"
                                : checked_text(checked, client.api_key.reveal(), now));
    std::fflush(stdout);
  };
  return check_service(transport, options, look_up, tell) ? Ending::ok : Ending::failed;
}

}  // namespace ductile::tools
