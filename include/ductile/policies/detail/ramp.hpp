// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/gate.hpp>     // Gate, Grant, Waiter, WaitingLine
#include <ductile/core/now.hpp>      // later, Time
#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/detail/min_max.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace ductile::inline DUCTILE_VERSION::detail {

// How many calls a target gets at once while it recovers, and the line before it: first come, first served. While nothing recovers it is
// one word that is read.
//
// It begins anew each time that the target falls ill again. Calls of the time before then count no more: those that an ill service keeps
// hanging would hold the places of all others.
class Ramp final : public Gate {
 public:
  // In calls in flight.
  struct Slope {
    double begin;
    double step;    // added for each round of successes
    double shrink;  // what is left after a refusal, never less than `begin`
    double end;
    Duration calm;  // over, too, when for so long nobody had to wait
  };

  // Which ramp a call counts in; 0: none.
  using Era = std::uint32_t;

  enum class Place : std::uint8_t { taken, in_line, none };

  struct Answer {
    Place place;
    Era era;
  };

  // How a call ended: well, refused because there were too many, or in a way that says neither.
  enum class End : std::uint8_t { well, refused, neither };

  explicit Ramp(const Slope& slope) noexcept : slope_(slope), limit_(slope.begin) {}
  Ramp(const Ramp&) = delete;
  Ramp& operator=(const Ramp&) = delete;

  [[nodiscard]] bool on() const noexcept { return on_.load(std::memory_order_relaxed); }

  // How many may be in flight, rounded down; 0: as many as like.
  [[nodiscard]] std::uint32_t limit() const noexcept {
    const std::lock_guard lock{mutex_};
    return on() ? static_cast<std::uint32_t>(limit_) : 0;
  }
  [[nodiscard]] std::uint32_t in_flight() const noexcept {
    const std::lock_guard lock{mutex_};
    return in_flight_;
  }
  [[nodiscard]] std::uint32_t waiting() const noexcept {
    const std::lock_guard lock{mutex_};
    return waiting_;
  }

  // The target has fallen ill, or still is.
  void begin(Time at) noexcept {
    const std::lock_guard lock{mutex_};
    needed_ = at;
    if (on() && !recovers_) return;
    recovers_ = false;
    took_ = Duration::zero();
    limit_ = slope_.begin;
    in_flight_ = 0;
    if (++era_ == 0) era_ = 1;
    on_.store(true, std::memory_order_relaxed);
    let_in();
  }

  // Takes a place, if there is one and nobody waits for it. Else a place in line, unless who has until `until` would wait longer, by how
  // long calls took of late; until one has ended well nobody knows, and all may wait.
  [[nodiscard]] Answer take(Time at, Time until) noexcept {
    const std::lock_guard lock{mutex_};
    if (on() && waiting_ == 0 && at - needed_ >= slope_.calm) end();
    if (waiting_ == 0 && has_room()) {
      ++in_flight_;
      return {Place::taken, era_};
    }
    needed_ = at;
    const double rounds = (waiting_ + 1.0) / limit_;
    const bool too_long = rounds * static_cast<double>(took_.count()) > static_cast<double>((until - at).count());
    return {too_long ? Place::none : Place::in_line, 0};
  }

  void give_back(Era era, End how, Duration took, Time at) noexcept {
    const std::lock_guard lock{mutex_};
    if (era != era_) return;
    --in_flight_;
    if (waiting_ > 0) needed_ = at;
    if (how == End::refused) {
      needed_ = at;
      limit_ = detail::max(slope_.begin, limit_ * slope_.shrink);
    } else if (how == End::well) {
      recovers_ = true;
      took_ = took_ == Duration::zero() ? took : took_ + (took - took_) / 8;
      limit_ += slope_.step / limit_;
      if (limit_ >= slope_.end) end();
    }
    let_in();
  }

  void enter(Waiter& waiter) noexcept override {
    const std::lock_guard lock{mutex_};
    if (waiting_ == 0 && has_room()) {
      ++in_flight_;
      return waiter.granted(granted());
    }
    ++waiting_;
    line_.add(waiter);
  }

  bool leave(Waiter& waiter) noexcept override {
    const std::lock_guard lock{mutex_};
    if (!line_.remove(waiter)) return false;
    --waiting_;
    return true;
  }

  // The ramp that a grant counts in.
  [[nodiscard]] static Era era_of(const Grant& grant) noexcept { return static_cast<Era>(grant.at.time_since_epoch().count()); }

 private:
  [[nodiscard]] bool has_room() const noexcept { return !on() || in_flight_ + 1.0 <= limit_; }
  [[nodiscard]] Grant granted() const noexcept { return {Grant::Status::granted, Time{Duration{era_}}}; }

  void end() noexcept {
    on_.store(false, std::memory_order_relaxed);
    let_in();
  }

  void let_in() noexcept {
    while (Waiter* const first = line_.first()) {
      if (!has_room()) return;
      line_.remove(*first);
      --waiting_;
      ++in_flight_;
      first->granted(granted());  // it may be gone afterwards
    }
  }

  alignas(64) std::atomic<bool> on_{false};  // alone on its line: every call reads it
  alignas(64) mutable std::mutex mutex_;     // guards what follows, and every change of the word
  const Slope slope_;
  double limit_;
  Duration took_{};  // by a call that ended well, on average of the latest
  Time needed_{};    // when somebody had to wait, or there were too many
  Era era_ = 1;
  std::uint32_t in_flight_ = 0;
  std::uint32_t waiting_ = 0;
  bool recovers_ = false;  // a call of this era has ended well
  WaitingLine line_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
