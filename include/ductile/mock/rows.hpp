// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/quota_errors.hpp>  // canned_quota_words
#include <ductile/mock/rows/access_errors.hpp>
#include <ductile/mock/rows/answers.hpp>
#include <ductile/mock/rows/limit_errors.hpp>
#include <ductile/mock/rows/request_errors.hpp>
#include <ductile/mock/rows/row.hpp>
#include <ductile/mock/rows/server_errors.hpp>
#include <ductile/mock/rows/transport_faults.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

// The rows whose bodies are made from facts.
inline constexpr std::array<std::string_view, 13> quota_row_ids{"rpm-free",          "rpm-paid",   "tpm-free",        "tpm-paid",
                                                                "tpd-free",          "rpd-free",   "rpd-paid",        "ipm",
                                                                "multi-violation",   "limit-zero", "limit-zero-paid", "limit-zero-explicit",
                                                                "shared-project-rpm"};

template <class Visitor>
constexpr void for_each_row(const Visitor& visit) {
  const auto each = [&visit](const auto& rows) {
    for (const Row& row : rows) visit(row);
  };
  each(good_answer_rows);
  each(request_error_rows);
  each(access_error_rows);
  each(limit_error_rows);
  each(server_error_rows);
  each(bad_answer_rows);
  each(transport_fault_rows);
}

}  // namespace detail

/// The row of that id with its own words; null for the rows of a quota, whose words are made, and for unknown ids.
[[nodiscard]] constexpr const Row* find_row(std::string_view id) noexcept {
  const Row* found = nullptr;
  detail::for_each_row([&](const Row& row) {
    if (row.id == id) found = &row;
  });
  return found;
}

/// Whether the mock can answer with that row: every id of the failure catalogue, and the good answers, whose ids begin with `ok-`.
[[nodiscard]] inline bool can_answer(std::string_view id) { return find_row(id) != nullptr || canned_quota_words(id).has_value(); }

/// Whether a status arrives where that happens to an answer's bytes.
[[nodiscard]] constexpr bool shows_status(ByteFault fault) noexcept {
  switch (fault) {
    case ByteFault::reset_before_head:
    case ByteFault::close_before_head:
    case ByteFault::close_in_head:
    case ByteFault::silence:
    case ByteFault::garbage: return false;
    default: return true;
  }
}

/// The status that a client sees of a row, by its id; none where the row is no answer, or ends before its status does.
[[nodiscard]] inline std::optional<int> status_of_row(std::string_view id) {
  if (const Row* row = find_row(id)) return shows_status(row->fault) ? std::optional{row->status} : std::nullopt;
  return canned_quota_words(id) ? std::optional{429} : std::nullopt;
}

/// The rows of the transport that can be laid over another answer: what they do happens to its bytes.
[[nodiscard]] inline std::vector<std::string_view> fault_names() {
  std::vector<std::string_view> names;
  for (const Row& row : transport_fault_rows)
    if (row.fault != ByteFault::none && row.fault != ByteFault::garbage) names.push_back(row.id);
  return names;
}

/// Every id that the mock can answer with.
[[nodiscard]] inline std::vector<std::string_view> all_answers() {
  std::vector<std::string_view> ids{detail::quota_row_ids.begin(), detail::quota_row_ids.end()};
  detail::for_each_row([&ids](const Row& row) { ids.push_back(row.id); });
  return ids;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
