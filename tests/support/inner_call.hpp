// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "every_driver.hpp"

#include <ductile/core/call_options.hpp>
#include <ductile/core/result.hpp>

#include <optional>

namespace ductile_test {

/// A call that, while it holds what its pipeline has one of, calls the pipeline again.
struct InnerCall {
  std::optional<ductile::Result<int>> outer{};
  std::optional<ductile::Result<int>> inner{};
  ductile::Duration waited{};  ///< The inner one.
};

template <class Pipeline>
[[nodiscard]] InnerCall call_while_holding(Driver& driver, Pipeline& pipeline, const ductile::CallOptions& options = {}) {
  InnerCall call;
  call.outer.emplace(driver.run(pipeline, [&] {
    const ductile::Time began = driver.now()();
    call.inner.emplace(driver.run(pipeline, [] { return 1; }, options));
    call.waited = driver.now()() - began;
    return 2;
  }));
  return call;
}

}  // namespace ductile_test
