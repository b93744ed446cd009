// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "ledger.hpp"
#include "story.hpp"

#include <ductile/core/gate.hpp>
#include <ductile/core/policy.hpp>
#include <ductile/drivers/simulated.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ductile_test {

class Script;

/// A gate that answers by its script: at once, later, in the very moment of leaving, or never.
class ScriptedGate final : public ductile::Gate {
 public:
  explicit ScriptedGate(Script& script) : script_(script) {}
  void enter(ductile::Waiter& waiter) noexcept override;
  bool leave(ductile::Waiter& waiter) noexcept override;

 private:
  void grant(ductile::Grant grant) noexcept {
    if (ductile::Waiter* waiter = std::exchange(waiting_, nullptr)) waiter->granted(grant);
  }

  Script& script_;
  ductile::Waiter* waiting_ = nullptr;
  std::uint64_t visits_ = 0;
};

/// Where scripted policies, gates and operations draw their answers, in the order in which they are asked, and write down what they were
/// asked. Two runs of one script that ask the same questions get the same answers; the first question that differs shows in the story.
class Script {
 public:
  using Plan = std::function<void(ductile::Time, std::function<void()>)>;

  /// `now` is the driver's clock, and `plan` lets something happen on it.
  Script(std::uint64_t seed, ductile::Now now, Plan plan) : draws_(seed), now_(now), plan_(std::move(plan)) {}
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  std::uint64_t below(std::uint64_t bound) { return draws_() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class Choice, std::size_t Size>
  Choice one_of(const std::array<Choice, Size>& choices) {
    return choices[below(Size)];
  }
  ductile::Duration span() {
    using namespace std::chrono_literals;
    return one_of(std::array<ductile::Duration, 8>{-7ms, 0ms, 1us, 1ms, 12ms, 150ms, 2s, 40s});
  }
  ductile::Time soon() { return std::max(ductile::Time{}, now_() + span()); }
  ductile::Kind kind() { return static_cast<ductile::Kind>(1 + below(ductile::kinds - 1)); }
  ductile::WaitSource source() { return static_cast<ductile::WaitSource>(below(7)); }
  ductile::Signal signal() { return static_cast<ductile::Signal>(below(5)); }

  void write(std::string line) { story_.push_back(text(now_()) + " " + std::move(line)); }
  [[nodiscard]] const std::vector<std::string>& story() const { return story_; }

  // A script that only ever went round in circles would prove nothing.
  [[nodiscard]] bool is_long() const { return story_.size() > 80; }

  void plan(ductile::Time time, std::function<void()> action) { plan_(time, std::move(action)); }
  ductile::Gate& gate() { return gates_.emplace_back(*this); }

  Ledger ledger;

 private:
  ductile::SplitMix64 draws_;
  ductile::Now now_;
  Plan plan_;
  std::vector<std::string> story_;
  std::deque<ScriptedGate> gates_;
};

inline void ScriptedGate::enter(ductile::Waiter& waiter) noexcept {
  script_.write("gate entered with ticket " + std::to_string(waiter.ticket()));
  const auto status = script_.one_of(std::array{ductile::Grant::Status::granted, ductile::Grant::Status::granted,
                                                ductile::Grant::Status::later, ductile::Grant::Status::failed});
  const ductile::Grant answer{status, script_.soon()};
  waiting_ = &waiter;
  const std::uint64_t visit = ++visits_;
  if (script_.chance(25)) return grant(answer);
  if (script_.chance(70))
    script_.plan(script_.soon(), [this, visit, answer] {
      if (visit == visits_) grant(answer);
    });
}

inline bool ScriptedGate::leave(ductile::Waiter&) noexcept {
  script_.write("gate left");
  if (!waiting_) return false;
  if (script_.chance(30)) {  // it was just about to answer
    grant({ductile::Grant::Status::granted, {}});
    return false;
  }
  waiting_ = nullptr;
  return true;
}

namespace inner {
struct ScriptedState {
  template <class P>
  ScriptedState(const P&, unsigned of_target) : target(of_target) {}
  unsigned target;
};

struct ScriptedCall {
  std::uint32_t admission = 0;
  std::uint32_t asked = 0;
};

class ScriptedBase {
 public:
  ScriptedBase(Script& script, unsigned layer) : script_(&script), layer_(layer) {}

 protected:
  void write(const char* question, const ScriptedState& state, ScriptedCall& call, const ductile::Attempt& attempt,
             const std::string& more = {}) const {
    script_->write("layer " + std::to_string(layer_) + " " + question + " state " + std::to_string(state.target) + " call " +
                   std::to_string(call.admission) + "/" + std::to_string(call.asked++) + " " + text(attempt) + " " + more);
  }

  ductile::Admission edited(ductile::Admission answer, bool targets) const {
    if (script_->chance(20)) answer = answer.until(script_->soon());
    if (script_->chance(10)) answer = answer.starting_by(script_->soon());
    if (script_->chance(20)) answer = answer.revised(static_cast<unsigned>(script_->below(4)));
    if (script_->chance(10)) answer = answer.noting(script_->signal());
    if (targets) answer = answer.on(static_cast<unsigned>(script_->below(3)));
    return answer;
  }

  ductile::Reaction reaction() const {
    ductile::Reaction answer = ductile::Reaction::pass();
    if (!script_->is_long() && script_->chance(25))
      answer = ductile::Reaction::again_now();
    else if (!script_->is_long() && script_->chance(35))
      answer = ductile::Reaction::again_at(script_->soon(), script_->source());
    if (script_->chance(10)) answer = answer.because(ductile::Note::attempts_spent);
    if (script_->chance(10)) answer = answer.earliest(script_->soon());
    if (script_->chance(10)) answer = answer.noting(script_->signal());
    return answer;
  }

  Script* script_;
  unsigned layer_;
};
}  // namespace inner

/// Asks the script about everything. With `Role::fallback` it also chooses among three targets.
template <ductile::Role Role = ductile::Role::other, bool ReadsTime = false>
class ScriptedPolicy : inner::ScriptedBase {
 public:
  static constexpr ductile::Role role = Role;
  static constexpr bool reads_time = ReadsTime;
  static constexpr bool chooses = Role == ductile::Role::fallback;
  static constexpr unsigned edits =
      ductile::edits_deadline | ductile::edits_start | ductile::edits_revision | (chooses ? ductile::edits_target : 0);
  using State = inner::ScriptedState;
  using Call = inner::ScriptedCall;

  using inner::ScriptedBase::ScriptedBase;

  [[nodiscard]] unsigned targets() const { return 3; }

  ductile::Admission admit(State& state, Call& call, ductile::Now now, const ductile::Attempt& attempt) const noexcept {
    write("admit", state, call, attempt, text(now()) + " " + std::to_string(now.random() % 1000));
    const std::uint64_t draw = script_->is_long() ? 0 : script_->below(100);
    if (draw < 60) return granted_with(call, ductile::Admission::go());
    if (draw < 70) return granted_with(call, ductile::Admission::go_at(script_->soon(), script_->kind(), script_->source()));
    if (draw < 78) return ductile::Admission::ask_at(script_->soon(), script_->kind(), script_->source());
    if (draw < 88) return waiting();
    if (chooses && draw < 94)
      return ductile::Admission::pass_over(static_cast<unsigned>(script_->below(3)), script_->kind(), script_->soon());
    return rejected();
  }

  ductile::Admission granted(State& state, Call& call, ductile::Now now, const ductile::Attempt& attempt,
                             ductile::Grant grant) const noexcept {
    write("granted", state, call, attempt, text(now()) + " " + std::to_string(static_cast<int>(grant.status)) + " " + text(grant.at));
    if (script_->chance(10) && !script_->is_long()) return waiting();
    if (grant.status == ductile::Grant::Status::later && script_->chance(70))
      return ductile::Admission::ask_at(grant.at, script_->kind(), script_->source());
    if (grant.status == ductile::Grant::Status::granted || script_->chance(50)) return granted_with(call, ductile::Admission::go());
    return rejected();
  }

  ductile::Reaction settle(State& state, Call& call, ductile::Now now, const ductile::Attempt& attempt,
                           const ductile::Verdict& verdict) const noexcept {
    write("settle", state, call, attempt, text(now()) + " " + text(verdict));
    script_->ledger.settle(call.admission);
    return reaction();
  }

  bool extra(State& state, Call& call, ductile::Now now, const ductile::Attempt& attempt, const ductile::Verdict& verdict) const noexcept {
    write("extra", state, call, attempt, text(now()) + " " + text(verdict));
    return script_->chance(80);
  }

 private:
  ductile::Admission granted_with(Call& call, const ductile::Admission& answer) const {
    call.admission = static_cast<std::uint32_t>(script_->ledger.grant());
    return edited(answer, chooses);
  }
  ductile::Admission waiting() const {
    const ductile::Time patience = script_->chance(50) ? script_->soon() : ductile::end_of_time;
    return ductile::Admission::wait(script_->gate(), script_->kind(), script_->below(1000), patience);
  }
  ductile::Admission rejected() const {
    const ductile::Time earliest = script_->chance(50) ? script_->soon() : ductile::end_of_time;
    return edited(ductile::Admission::reject(script_->kind(), earliest, "scripted"), false);
  }
};

/// Only reacts, and not to a success.
class ScriptedReactor : inner::ScriptedBase {
 public:
  static constexpr bool settles_failures_only = true;
  using State = inner::ScriptedState;
  using Call = inner::ScriptedCall;

  using inner::ScriptedBase::ScriptedBase;

  ductile::Reaction settle(State& state, Call& call, ductile::Now now, const ductile::Attempt& attempt,
                           const ductile::Verdict& verdict) const noexcept {
    if (verdict.ok()) return ductile::Reaction::pass();
    write("settle", state, call, attempt, text(now()) + " " + text(verdict));
    return reaction();
  }
};

/// Only says whether a layer inside may go round again.
class ScriptedPermit : inner::ScriptedBase {
 public:
  using State = inner::ScriptedState;
  using Call = inner::ScriptedCall;

  using inner::ScriptedBase::ScriptedBase;

  bool extra(State& state, Call& call, ductile::Now, const ductile::Attempt& attempt, const ductile::Verdict& verdict) const noexcept {
    write("extra", state, call, attempt, text(verdict));
    return script_->chance(80);
  }
};

/// Thrown by a scripted operation; claimed by `ScriptedClassifier`, or not.
struct Claimed : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Unclaimed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ScriptedClassifier {
  std::optional<ductile::Verdict> thrown(const std::exception_ptr& exception) const {
    try {
      std::rethrow_exception(exception);
    } catch (const Claimed&) {
      ductile::Verdict verdict;
      verdict.kind = ductile::Kind::network;
      verdict.remedy = ductile::Remedy::immediately;
      verdict.says = ductile::Says::transport;
      verdict.sent = ductile::Sent::unknown;
      return verdict;
    } catch (...) {
      return std::nullopt;
    }
  }
};

/// Succeeds, fails or throws by the script.
class DrawnOperation {
 public:
  /// `more` is what each attempt takes beyond what is drawn.
  explicit DrawnOperation(Script& script, ductile::Duration more = {}) : script_(&script), more_(more) {}

  ductile::Simulated<ductile::Result<int>> operator()(const ductile::Attempt& attempt) {
    script_->write("operation " + text(attempt));
    const ductile::Duration takes = std::max(script_->span(), ductile::Duration::zero()) + more_;
    const std::uint64_t draw = script_->below(100);
    if (draw < 30) return {takes, static_cast<int>(script_->below(1000))};
    if (draw < 35) throw Unclaimed{"unclaimed"};
    if (draw < 45) throw Claimed{"claimed"};
    if (draw < 60) return {takes, ductile::Failure{script_->kind()}};
    ductile::Verdict verdict;
    verdict.kind = script_->kind();
    verdict.remedy = static_cast<ductile::Remedy>(script_->below(ductile::remedies));
    verdict.says = static_cast<ductile::Says>(script_->below(5));
    verdict.sent = static_cast<ductile::Sent>(script_->below(3));
    verdict.reclassified = script_->chance(30);
    verdict.hint = std::max(script_->span(), ductile::Duration::zero());
    verdict.id = "drawn";
    return {takes, ductile::Failure{verdict, "in its own words"}};
  }

 private:
  Script* script_;
  ductile::Duration more_;
};

}  // namespace ductile_test
