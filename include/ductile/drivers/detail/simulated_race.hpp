// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/owned.hpp>
#include <ductile/drivers/detail/race.hpp>  // Race, most_branches

#include <array>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::detail {

// What a branch of a simulated race has in place of a caller's `done`.
template <class Call>
class SimulatedBranchEnd {
 public:
  SimulatedBranchEnd(Call& call, const Attempt& attempt) noexcept : call_(&call), attempt_(attempt) {}

  template <class M>
  [[nodiscard]] bool may_attempt(M& branch) {
    return call_->race_.may_attempt(*call_, branch, attempt_);
  }
  void attempt_began() { call_->race_.plan_next(*call_); }
  template <class M>
  void take_end(M& branch) {
    call_->race_.branch_ended(*call_, branch, attempt_);
  }

 private:
  Call* call_;
  Attempt attempt_;
};

// The attempt of a simulated call whose pipeline has a hedge.
template <class Call, class Trunk, class T, class Frame>
class SimulatedRace {
 public:
  void begin(Call& call) {
    standing_.emplace();
    begin_branch(call);
  }

  // What was planned for the call has come: the next hedge, or the end.
  void step(Call& call) {
    if (standing_->over())
      finish(call);
    else if (standing_->next_at() != end_of_time)
      begin_branch(call);
  }

  void cancel(Call& call) {
    stop();
    call.unplan();
    finish(call, true);
  }

  template <class M>
  [[nodiscard]] bool may_attempt(Call& call, M& branch, const Attempt& attempt) {
    return standing_->may_attempt(*call.machine_, branch, attempt, call.now());
  }
  void plan_next(Call& call) {
    if (standing_->next_at() != end_of_time) call.plan(standing_->next_at());
  }
  template <class M>
  void branch_ended(Call& call, M& branch, const Attempt& attempt) {
    under_way_[attempt.lane] = nullptr;
    standing_->ended(*call.machine_, branch, attempt, call.now());
    standing_->left();
    if (standing_->decided()) stop();
    if (!standing_->over()) return;
    call.unplan();
    call.plan({});  // not from here: a branch goes with the race
  }

 private:
  void begin_branch(Call& call) {
    const Attempt attempt = standing_->next(*call.machine_);
    const unsigned lane = attempt.lane;
    branches_[lane] = Owned<Frame>{call.new_branch(attempt)};
    under_way_[lane] = branches_[lane].get();
    standing_->begun(attempt);
    branches_[lane]->step();
  }

  // A simulated attempt ends as soon as it is cancelled.
  void stop() {
    standing_->close();
    for (Frame*& branch : under_way_)
      if (branch) branch->cancel();
  }

  void finish(Call& call, bool cancelled = false) {
    branches_ = {};
    call.go_on(cancelled && !standing_->won() ? call.machine_->cancel(standing_->sent()) : standing_->finish(*call.machine_));
  }

  std::optional<Race<Trunk, T>> standing_;
  std::array<Owned<Frame>, most_branches> branches_;  // of this race, ended ones too
  std::array<Frame*, most_branches> under_way_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
