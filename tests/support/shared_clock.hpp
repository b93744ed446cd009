// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>

#include <atomic>
#include <cstdint>

namespace support {

/// Both clocks as one atomic number, which threads read while another lets it pass.
class SharedClock : private ductile::TimeSource {
 public:
  ductile::Now now() noexcept { return ductile::Now{*this}; }
  void pass(ductile::Duration span) noexcept { time_ += span.count(); }

 private:
  ductile::Time steady() noexcept override { return ductile::Time{ductile::Duration{time_}}; }
  ductile::WallTime wall() noexcept override { return ductile::WallTime{ductile::Duration{time_}}; }
  std::uint64_t random() noexcept override { return 0; }

  std::atomic<ductile::Duration::rep> time_{0};
};

}  // namespace support
