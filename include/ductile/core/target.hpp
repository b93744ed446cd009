// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <string>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// One place that an operation can go to. Policies look only at its limits; the rest is for the operation.
struct Target {
  std::string name;  ///< How reports and metrics call it: never a URL or a key.
  std::string model{};
  std::string base_url{};
  std::string project{};   ///< Whose quota it is.
  std::string key_name{};  ///< Which key the transport takes (the name of an environment variable, not the key).
  std::string region{};
  std::vector<std::string> sizes{};  ///< Image sizes it can make ("1K"); empty: any.
  double price = 0.0;                ///< USD for one request of the ordinary size; 0: not known.
};

}  // namespace ductile::inline DUCTILE_VERSION
