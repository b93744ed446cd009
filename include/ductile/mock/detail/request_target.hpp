// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/exchange.hpp>  // Request

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

// `%41` is a letter anywhere, `+` a space in a query alone.
inline std::string percent_decoded(std::string_view text, bool in_query) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += in_query && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

// The pairs of a query, or of a form: "pageSize=2&pageToken=4".
inline Parameters parameters_of(std::string_view query) {
  Parameters parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    parameters.emplace_back(percent_decoded(pair.substr(0, equals), true),
                            equals == pair.npos ? std::string{} : percent_decoded(pair.substr(equals + 1), true));
  }
  return parameters;
}

// Puts path and query of a request's target ("/v1beta/models?pageSize=2") into `request`.
inline void read_target(std::string_view target, Request& request) {
  const std::size_t mark = target.find('?');
  request.path = percent_decoded(target.substr(0, mark), false);
  if (mark != target.npos) request.query = parameters_of(target.substr(mark + 1));
}

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
