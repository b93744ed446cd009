// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <atomic>
#include <cassert>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::detail {

// How many asynchronous calls a pipeline has that have not gone yet. Counted with NDEBUG too, since a type must not depend on it: what is
// left out then is the question.
class CallsUnderWay {
 public:
  CallsUnderWay() noexcept = default;
  CallsUnderWay(const CallsUnderWay& other) noexcept { other.expect_none(); }
  CallsUnderWay& operator=(const CallsUnderWay& other) noexcept {
    other.expect_none();
    expect_none();
    return *this;
  }
  ~CallsUnderWay() { expect_none(); }

  void begin() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  // The last touch of the pipeline.
  void end() noexcept { count_.fetch_sub(1, std::memory_order_release); }

 private:
  void expect_none() const noexcept {
    assert(count_.load(std::memory_order_acquire) == 0 &&
           "ductile: a pipeline outlives its calls: the context that they run in goes first, or has them end before");
  }

  std::atomic<std::uint32_t> count_{0};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
