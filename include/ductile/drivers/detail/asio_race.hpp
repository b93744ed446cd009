// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/drivers/detail/asio_steps.hpp>  // AsioPlan
#include <ductile/drivers/detail/race.hpp>        // BranchOf, Race, most_branches

#include <array>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// What goes on with a race when a branch has ended. As the handler of that branch it has the executor and the allocator of the call's.
template <class Call>
class AsioBranchEnd : public Call::Steps::Step {
 public:
  AsioBranchEnd(Call& call, const Attempt& attempt) noexcept : Call::Steps::Step(typename Call::StepsShare{call}), attempt_(attempt) {}

  template <class Branch>
  [[nodiscard]] bool may_attempt(Branch& branch) {
    return call().race_.may_attempt(call(), branch, attempt_);
  }
  void attempt_began() { call().race_.plan_next(call()); }
  template <class Branch>
  void take_end(Branch& branch) {
    call().race_.take_end(call(), branch, attempt_);
  }
  // It has ended, or its operation went without a word. The share stays until the branch's memory has been given back.
  void branch_goes() const noexcept {
    if (this->share_) Call::RaceOf::branch_lost(call(), attempt_.lane);
  }
  void operator()(NoState) { Call::RaceOf::branch_ended(typename Call::Share{std::move(this->share_)}); }

 private:
  [[nodiscard]] Call& call() const noexcept { return static_cast<Call&>(*this->share_); }

  Attempt attempt_;
};

// The attempt of a call whose pipeline has a hedge. Who calls it has a share in the call.
template <class Call, class Trunk, class T, class Branch>
class AsioRace {
 public:
  void begin(Call& call) {
    standing_.emplace();
    call.stage_ = Call::Stage::attempt;
    begin_branch(call);
  }

  void hedge_is_due(Call& call) {
    if (standing_->next_at() != end_of_time) begin_branch(call);
  }

  // The race ends when the last branch has ended.
  void stop(Call& call) {
    standing_->close();
    call.disarm();
    for (Branch*& branch : branches_)
      if (branch) Branch::stop(*branch);
  }

  template <class M>
  [[nodiscard]] bool may_attempt(Call& call, M& branch, const Attempt& attempt) {
    return standing_->may_attempt(*call.machine_, branch, attempt, call.clock_.now()());
  }
  void plan_next(Call& call) {
    if (standing_->next_at() != end_of_time) call.arm(standing_->next_at());
  }

  // From the branch, which goes as soon as its waits have come back.
  template <class M>
  void take_end(Call& call, M& branch, const Attempt& attempt) {
    branches_[attempt.lane] = nullptr;
    standing_->ended(*call.machine_, branch, attempt, call.clock_.now()());
  }
  // Where the context goes, the step that is planned goes with it; and where there is no memory to plan one, the call goes as it does when
  // no branch has ended.
  static void branch_lost(Call& call, unsigned lane) noexcept {
    Race<Trunk, T>& race = *call.race_.standing_;
    call.race_.branches_[lane] = nullptr;
    race.lost();
    if (!race.over() || !race.has_end()) return;
    race.close();
    try {
      call.template plan<typename Call::Steps::Step>(AsioPlan::race_ends);
    } catch (const std::bad_alloc&) {
    }
  }
  // With the branch's share: it may be the call's last.
  template <class Share>
  static void branch_ended(Share&& given) {
    Share call = std::forward<Share>(given);
    Race<Trunk, T>& race = *call->race_.standing_;
    race.left();
    if (race.decided()) call->race_.stop(*call);
    if (race.over()) end(std::move(call));
  }
  template <class Share>
  static void end(Share&& given) {
    Share call = std::forward<Share>(given);
    if (call->stage_ != Call::Stage::attempt) return;  // what was stopped may have ended at once, and with it the race
    Race<Trunk, T>& race = *call->race_.standing_;
    call->disarm();
    call->stage_ = Call::Stage::between;
    const Asks asks = call->cancelled_ && !race.won() ? call->machine_->cancel(race.sent()) : race.finish(*call->machine_);
    Call::go_on(std::move(call), asks);
  }

 private:
  void begin_branch(Call& call) {
    const Attempt attempt = standing_->next(*call.machine_);
    Branch& branch = Branch::make(AsioBranchEnd<Call>{call, attempt}, BranchOf{call.body_.pipeline(), attempt, call.machine_->call()},
                                  call.operation_, call.classifier_, call.clock_, call.forced_, call.timer_.get_executor());
    standing_->begun(attempt);
    branches_[attempt.lane] = &branch;
    const typename Branch::Share share{branch};
    branch.begin(CallOptions{});
  }

  std::optional<Race<Trunk, T>> standing_;
  std::array<Branch*, most_branches> branches_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
