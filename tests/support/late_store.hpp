// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/store.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace support {

/// A quota store in virtual time whose round trips last, fail, or never end. One thread.
///
/// It keeps no ledger: each round trip answers as the test said. It counts what was granted and heard, what was granted after the waiter
/// had left (which it gives back itself), and what was settled: in the end granted and settled agree.
class LateStore final : public ductile::QuotaStore {
 public:
  struct Answer {
    ductile::Duration after{};  ///< Zero: from inside `enter`.
    ductile::Grant grant{};
    bool never = false;
  };

  /// \param clock With `now` and `at`, as `VirtualClock` has them.
  template <class Clock>
  explicit LateStore(Clock& clock)
      : plan_([&clock](ductile::Duration after, std::function<void()> action) { clock.at(clock.now()() + after, std::move(action)); }) {}
  LateStore(const LateStore&) = delete;
  LateStore& operator=(const LateStore&) = delete;

  /// What round trips answer, in order; the last answer goes on for ever. Without any: granted at once.
  void answers(std::vector<Answer> answers) {
    answers_ = std::move(answers);
    asked_ = 0;
  }

  static Answer grants(ductile::Duration after = {}) { return {after, {}, false}; }
  static Answer says_later(ductile::Time at, ductile::Duration after = {}) { return {after, {ductile::Grant::Status::later, at}, false}; }
  static Answer fails(ductile::Duration after = {}) { return {after, {ductile::Grant::Status::failed, {}}, false}; }
  static Answer is_silent() { return {{}, {}, true}; }

  void enter(ductile::Waiter& waiter) noexcept override {
    const std::uint64_t visit = ++visits_;
    tickets_.push_back(ductile::QuotaTicket::unpacked(waiter.ticket()));
    waiting_.push_back({visit, &waiter});
    const Answer answer = next_answer();
    if (answer.never) return;
    if (answer.after == ductile::Duration::zero()) return reply(visit, answer.grant);
    plan_(answer.after, [this, visit, answer] { reply(visit, answer.grant); });
  }

  bool leave(ductile::Waiter& waiter) noexcept override {
    return std::erase_if(waiting_, [&](const Visit& visit) { return visit.waiter == &waiter; }) > 0;
  }

  void settle(const ductile::QuotaSettlement& settlement) noexcept override { settlements_.push_back(settlement); }

  [[nodiscard]] std::uint64_t visits() const { return visits_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::uint64_t granted() const { return granted_; }                  ///< And heard.
  [[nodiscard]] std::uint64_t granted_unheard() const { return granted_unheard_; }  ///< The waiter had left.
  [[nodiscard]] const std::vector<ductile::QuotaTicket>& tickets() const { return tickets_; }
  [[nodiscard]] const std::vector<ductile::QuotaSettlement>& settlements() const { return settlements_; }

 private:
  struct Visit {
    std::uint64_t number;
    ductile::Waiter* waiter;
  };

  Answer next_answer() {
    if (answers_.empty()) return {};
    return answers_[std::min(asked_++, answers_.size() - 1)];
  }

  void reply(std::uint64_t number, ductile::Grant grant) {
    const bool grants = grant.status == ductile::Grant::Status::granted;
    const auto visit = std::find_if(waiting_.begin(), waiting_.end(), [&](const Visit& one) { return one.number == number; });
    if (visit == waiting_.end()) {
      granted_unheard_ += grants ? 1 : 0;
      return;
    }
    granted_ += grants ? 1 : 0;
    ductile::Waiter* const waiter = visit->waiter;
    waiting_.erase(visit);
    waiter->granted(grant);
  }

  std::function<void(ductile::Duration, std::function<void()>)> plan_;
  std::vector<Answer> answers_;
  std::size_t asked_ = 0;
  std::uint64_t visits_ = 0;
  std::uint64_t granted_ = 0;
  std::uint64_t granted_unheard_ = 0;
  std::vector<Visit> waiting_;
  std::vector<ductile::QuotaTicket> tickets_;
  std::vector<ductile::QuotaSettlement> settlements_;
};

}  // namespace support
