// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/failures.hpp>  // FailureRow

#include <string>
#include <string_view>
#include <vector>

namespace ductile::failure_pages {

/// The page of one row, as Markdown. The same row, the same page.
[[nodiscard]] std::string failure_page(const gemini::FailureRow& row);

/// "Wait, then try again": how its first sentence begins.
[[nodiscard]] std::string_view advice_in_a_word(const gemini::FailureRow& row);

/// What a page lacks: a sentence for each missing, misplaced or empty section and for each empty cell. None for a good page.
[[nodiscard]] std::vector<std::string> faults_of_page(std::string_view page);

}  // namespace ductile::failure_pages
