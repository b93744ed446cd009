// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>
#include <ductile/core/verdict.hpp>

#include <chrono>

namespace support {

// A moment of a virtual clock, which starts at zero.
inline ductile::Time at(ductile::Duration since_start) { return ductile::Time{since_start}; }

// What the service says, with the kind's ordinary remedy.
inline ductile::Verdict said(ductile::Kind kind, ductile::Duration hint = {}) {
  ductile::Verdict verdict;
  verdict.kind = kind;
  verdict.remedy = ductile::default_remedy(kind);
  verdict.hint = hint;
  return verdict;
}

inline ductile::Verdict said(ductile::Kind kind, ductile::Remedy remedy, ductile::FailureId id = {}) {
  ductile::Verdict verdict = said(kind);
  verdict.remedy = remedy;
  verdict.id = id;
  return verdict;
}

inline ductile::Verdict success() { return {}; }

inline ductile::Verdict abandoned(ductile::Sent sent) {
  ductile::Verdict verdict;
  verdict.kind = ductile::Kind::abandoned;
  verdict.sent = sent;
  return verdict;
}

inline ductile::Verdict refused_inside(ductile::Kind kind, ductile::Duration opens_in = {}) {
  ductile::Verdict verdict = said(kind, opens_in);
  verdict.says = ductile::Says::policy;
  verdict.sent = ductile::Sent::no;
  return verdict;
}

// Time and dice that a test sets by hand.
class HandClock : private ductile::TimeSource {
 public:
  ductile::Now now() noexcept { return ductile::Now{*this}; }
  void set(ductile::Duration since_start) noexcept { time_ = ductile::Time{since_start}; }
  void pass(ductile::Duration span) noexcept { time_ += span; }
  // What the dice show next, from 0 (included) to 1 (excluded).
  void roll(double uniform) noexcept { uniform_ = uniform; }
  int readings() const noexcept { return readings_; }

 private:
  ductile::Time steady() noexcept override {
    ++readings_;
    return time_;
  }
  ductile::WallTime wall() noexcept override { return ductile::WallTime{time_.time_since_epoch()}; }
  std::uint64_t random() noexcept override { return static_cast<std::uint64_t>(uniform_ * 0x1.0p53) << 11U; }

  ductile::Time time_{};
  double uniform_ = 0.5;
  int readings_ = 0;
};

}  // namespace support
