// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace ductile::failure_pages {

/// The page that leads to the others: a tree of questions, then all failures by status and by what is seen of them.
[[nodiscard]] std::string failure_index();

}  // namespace ductile::failure_pages
