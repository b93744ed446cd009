// SPDX-License-Identifier: BSL-1.0
//
// The classifier, on any status, header and body.
#include "input.hpp"

#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/failures.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile;

namespace {

constexpr std::string_view secret = "AIzaSyD-this-is-nobodys-key-0123456789";
constexpr auto statuses =
    std::to_array<int>({0, 200, 200, 200, 204, 301, 400, 401, 402, 403, 404, 408, 413, 429, 429, 499, 500, 502, 503, 504, 524});

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

std::vector<HttpHeader> headers(std::size_t choice) {
  switch (choice) {
    case 1: return {{"Content-Type", "application/json"}};
    case 2: return {{"Content-Type", "text/html"}, {"Retry-After", "30"}};
    case 3: return {{"Content-Type", "text/event-stream"}};
    case 4: return {{"Retry-After", "Tue, 01 Dec 2026 08:00:00 GMT"}, {"Date", "Mon, 30 Nov 2026 10:00:00 GMT"}};
    default: return {};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input{data, size};
  const int status = statuses.at(input.choice(statuses.size()));
  const HttpResponse response{status, headers(input.choice(5)), std::string{input.rest()}};
  const gemini::Classification said = gemini::classify(response, {.model = "gemini-3-pro-image", .secret = secret});

  must(said.verdict.kind != Kind::abandoned, "a verdict is one");
  must(said.ok() || !said.evidence.empty(), "a failure has evidence");
  must(is_one_line(said.message), "a message is one line");
  const bool known = said.ok() || said.verdict.id.text() == "unknown" || gemini::find_failure(said.verdict.id.text());
  must(known, "an id stands in the table");
  must(said.message.find(secret) == std::string::npos, "no key in a message");
  for (const Evidence& item : said.evidence)
    must(item.what.find(secret) == std::string::npos && is_one_line(item.what), "no key in evidence");
  const gemini::Classification again = gemini::classify(response, {.model = "gemini-3-pro-image", .secret = secret});
  must(again.verdict.kind == said.verdict.kind && again.verdict.id == said.verdict.id, "the same twice");
  return 0;
}
