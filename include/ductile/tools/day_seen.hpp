// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>        // Kind
#include <ductile/gemini/failures.hpp>  // find_failure
#include <ductile/mock/journal.hpp>     // Entry, Journal

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools {

/// How often each kind of trouble that a bad day must show stands in a mock's journal.
using DaySeen = std::array<std::pair<std::string_view, std::size_t>, 8>;

[[nodiscard]] inline DaySeen day_seen(const mock::Journal& journal) {
  DaySeen seen{{{"minute_429_with_hint", 0},
                {"status_503", 0},
                {"status_500", 0},
                {"stall_or_504", 0},
                {"reset", 0},
                {"html_502", 0},
                {"image_safety", 0},
                {"status_200_without_image", 0}}};
  for (const mock::Entry& entry : journal.entries()) {
    const gemini::FailureRow* row = gemini::find_failure(entry.id);
    if (!row) continue;
    const std::string_view id = entry.id;
    const bool holds[]{entry.status == 429 && row->kind == Kind::rate_limit && entry.hint > Duration::zero(),
                       entry.status == 503,
                       entry.status == 500,
                       entry.status == 504 || id == "idle-timeout",
                       id == "reset-before-headers" || id == "reset-mid-body",
                       entry.status == 502 && id == "bad-gateway-html",
                       id.starts_with("image-safety"),
                       entry.status == 200 && row->kind == Kind::no_image};
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i].second += holds[i] ? 1 : 0;
  }
  return seen;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
