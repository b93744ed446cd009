// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/event.hpp>      // the events
#include <ductile/core/layers.hpp>     // Layers, dispatch
#include <ductile/core/observer.hpp>   // Observers
#include <ductile/core/operation.hpp>  // Repetition, verdict_on
#include <ductile/core/result.hpp>     // Result
#include <ductile/detail/min_max.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

// What a machine asks of its driver.
enum class Asks : std::uint8_t {
  attempt,  // make the attempt that `begin_attempt()` gives, and call `completed`
  wake,     // call `woken` at `wake_at()`
  gate,     // enter `gate()` with `ticket()`; call `granted`, or after leaving it at `wake_at()` `gate_timed_out`
  finish    // take the result
};

// A call on its way through the layers: data only, handed by value from the straight path to the machine.
template <class L>
struct Walk {
  typename L::Calls calls{};
  std::array<Attempt, L::reaching[L::count] + 1U> attempts{};  // see L::reaching
  Time began{};                                                // the reading that the layers shared; the epoch when none was taken
  std::uint64_t call = 0;                                      // for observers
};

// The one interpreter of the policies' answers. It does no I/O, waits for nothing and reads no clock but `now`: a driver tells it what
// happened and does what it asks. Whatever happens, each admission is settled exactly once: by an ending attempt, by `cancel`, or by
// the destructor.
template <class L, class T, class Obs>
class Machine {
  static constexpr std::size_t count = L::count;
  static_assert(count < 256);
  static constexpr bool observed = Obs::observed;

 public:
  Machine(L& layers, Obs& observers, Now now, Repetition repetition, const Walk<L>& walk) noexcept
      : layers_(layers), observers_(observers), now_(now.afresh()), repetition_(repetition), walk_(walk) {}
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  ~Machine() {
    if (!finished_) give_up();
  }

  // Begins at the outermost layer.
  [[nodiscard]] Asks start() {
    depth_ = 0;
    return enter();
  }

  // Goes on where the straight path met an answer other than go, of the layer `held`.
  [[nodiscard]] Asks resume_admission(std::size_t held, const Admission& admission) {
    held_ = depth_ = static_cast<std::uint8_t>(held);
    if (const auto asks = take(admission)) return *asks;
    return enter();
  }

  // Goes on where the straight path was let in by every layer, to an attempt that is too late.
  [[nodiscard]] Asks resume_attempt() {
    held_ = count;
    depth_ = count;
    return ask_for_attempt();
  }

  // Takes over the attempt of the straight path: what comes next is `completed`, or `cancel`, or an exception and the destructor.
  void take_over_running() noexcept {
    held_ = count;
    depth_ = count;
    trips_ = 1;
    phase_ = Phase::running;
    began_ = walk_.began;
  }

  // Fails before anything was asked.
  [[nodiscard]] Asks refuse(Kind why) { return reject(Admission::reject(why), count); }

  // The driver makes the attempt that was asked for. Until this is called nothing has been sent, and `cancel` knows.
  [[nodiscard]] const Attempt& begin_attempt() {
    ++trips_;
    Attempt& attempt = reaching(count);
    attempt.number = trips_;
    phase_ = Phase::running;
    if constexpr (observed) observers_.tell(AttemptBegan{walk_.call, began_, attempt});
    return attempt;
  }

  // The attempt ended.
  [[nodiscard]] Asks completed(Result<T>&& result) {
    const Verdict verdict = verdict_on(result);
    keep(std::move(result));  // first: a move of T that throws leaves an attempt that is still running, and the destructor ends it
    record_attempt(verdict, began_);
    phase_ = Phase::entering;
    return settle(verdict);
  }

  // The moment asked for is there.
  [[nodiscard]] Asks woken() {
    end_wait();
    if constexpr (L::any_reconsiders)
      if (waited_admitted_) reconsider();
    return enter();
  }

  // The gate has answered.
  [[nodiscard]] Asks granted(Grant grant) {
    end_wait();
    return take_grant(grant);
  }

  // `wake_at()` came before the gate's answer, and the driver has left the gate.
  [[nodiscard]] Asks gate_timed_out() {
    end_wait();
    if (waited_for_deadline_) return refuse_wait(wait_why_, wake_at_, end_of_time, depth_);
    return take_grant(Grant{Grant::Status::failed, {}});
  }

  // The caller wants the end: everything held is settled as abandoned. `sent` is what an attempt that has begun may have sent: nothing,
  // when the driver has not made it.
  [[nodiscard]] Asks cancel(Sent sent = Sent::unknown) { return end_with(Failure{Kind::cancelled, Remedy::never, Says::caller}, sent); }

  // The call ends here with this failure, which no layer hears of: everything held is settled as abandoned.
  [[nodiscard]] Asks end_with(Failure&& failure, Sent sent = Sent::unknown) {
    if (waiting_) end_wait();
    const Verdict verdict = abandon(sent);
    if constexpr (L::chooses_targets) last_words_.clear();
    if constexpr (L::is_branch) risen_ = verdict;
    ended_early_ = true;
    ended_having_sent_ = verdict.sent;
    keep(std::move(failure));
    return Asks::finish;
  }

  [[nodiscard]] Time wake_at() const noexcept { return wake_at_; }
  [[nodiscard]] Gate& gate() const noexcept { return *gate_; }
  [[nodiscard]] std::uint64_t ticket() const noexcept { return ticket_; }

  // The end of the call. Once.
  [[nodiscard]] Result<T> finish() {
    finished_ = true;
    finish_in_place();
    return std::move(*result_);
  }

  // The machine of the layers outside a hedge, whose attempt is a race. `begin_race` and `race_ended` stand for `begin_attempt` and
  // `completed`; between them each branch has a machine of its own over the layers inside.
  [[nodiscard]] const Attempt& begin_race() noexcept {
    phase_ = Phase::racing;
    return race_attempt();
  }
  [[nodiscard]] const Attempt& race_attempt() const noexcept { return reaching(count); }
  [[nodiscard]] std::uint64_t call() const noexcept { return walk_.call; }
  [[nodiscard]] std::uint32_t trips() const noexcept { return trips_; }
  [[nodiscard]] std::optional<Beside> beside(const Attempt& latest) noexcept { return layers_.beside(race_target(), latest); }
  [[nodiscard]] std::optional<unsigned> target_beside(TargetSet taken) noexcept {
    return layers_.another(walk_.calls, now_, walk_.attempts, taken);
  }
  [[nodiscard]] bool stops(const Verdict& verdict) const noexcept { return layers_.stops(verdict); }
  void learn(Duration took, bool overtaken) noexcept { layers_.learn(race_target(), took, overtaken); }
  [[nodiscard]] bool agreed_to_hedge() { return agreed_outside(count - 1, Verdict{}); }

  // The branch makes its attempt now.
  template <class Branch>
  void count_trip(Branch& branch) noexcept {
    branch.trips_ = trips_++;
    if (branch.lane() > 0) ++race_.hedges;
    phase_ = Phase::running;
  }
  // What the call had waited before the race is said of its first attempt; a hedge waited beside that.
  template <class Branch>
  void take_trail(const Branch& branch, bool is_hedge, Time first_began) {
    const std::uint32_t waited_ms = is_hedge ? trail_milliseconds(branch.walk_.began - first_began) : waited_ms_;
    const WaitSource source = is_hedge ? WaitSource::hedge : waited_source_;
    for (std::size_t i = 0; i < branch.trail_.kept(); ++i) {
      TrailEntry entry = branch.trail_[i];
      if (i == 0)
        entry.wait_ms = static_cast<std::uint32_t>(detail::min<std::uint64_t>(std::uint64_t{entry.wait_ms} + waited_ms, 0xFFFFFFFF));
      if (is_hedge || entry.wait == WaitSource::none) entry.wait = source;
      if (branch.trips_ == 0) entry.number = static_cast<std::uint16_t>(detail::min<std::uint32_t>(trips_ + 1, 0xFFFF));
      trail_.add(entry);
    }
    if (is_hedge || branch.trail_.size() == 0) return;
    waited_ms_ = 0;
    waited_source_ = WaitSource::none;
  }
  // Ended as the branch with `attempt` did.
  [[nodiscard]] Asks race_ended(Result<T>&& result, const Verdict& verdict, const Attempt& attempt) {
    keep(std::move(result));
    phase_ = Phase::entering;
    reaching(count).target = attempt.target;
    race_.won_by_hedge = attempt.lane > 0;
    last_target_ = attempt.target;
    last_kind_ = verdict.kind;
    return settle(verdict);
  }

  // The machine of a branch: what rises to the layers outside, and the end, which is not yet the call's.
  [[nodiscard]] const Verdict& risen() const noexcept { return risen_; }
  [[nodiscard]] Result<T> finish_branch() {
    finished_ = true;
    return std::move(*result_);
  }

 private:
  template <class, class, class>
  friend class Machine;

  enum class Phase : std::uint8_t { entering, running, racing };
  struct NothingRises {};
  struct Races {
    std::uint32_t hedges = 0;
    bool won_by_hedge = false;
  };
  struct NoRaces {};

  // Trails and events tell how long an attempt took where somebody reads the clock anyway.
  static constexpr bool timed = observed || L::any_reads_time;

  // From layer `depth_` inwards, until something must be waited for.
  [[nodiscard]] Asks enter() {
    while (depth_ < count) {
      const Admission admission = ask_admission();
      if (const auto asks = take(admission)) return *asks;
    }
    return ask_for_attempt();
  }

  [[nodiscard]] Admission ask_admission() {
    if constexpr (count > 0)
      return dispatch<count>(depth_, [this](auto i) {
        constexpr std::size_t I = i;
        return layers_.template admit<I>(std::get<I>(walk_.calls), now_, reaching(I));
      });
    else
      return Admission::go();
  }

  // Follows the admission of layer `depth_`; empty: go on inwards.
  [[nodiscard]] std::optional<Asks> take(const Admission& admission) {
    tell_signal(admission.signal(), reaching(depth_).target, QuotaDimension::none);
    switch (admission.form()) {
      case Admission::Form::go: let_in(admission); return std::nullopt;
      case Admission::Form::go_at: {
        const Time latest = latest_start();
        let_in(admission);
        if (admission.at() <= now_()) return std::nullopt;
        if (admission.at() >= detail::min(latest, reaching(depth_).deadline)) return take_back(admission);
        if constexpr (L::any_reconsiders) waited_admitted_ = true;
        return wait_until(admission.at(), admission.source(), admission.why(), depth_ - 1);
      }
      case Admission::Form::ask_at:
        if (admission.at() >= latest_start())
          return refuse_wait(admission.why(), admission.at(), admission.at(), depth_, admission.remedy(), admission.id());
        return wait_until(admission.at(), admission.source(), admission.why(), depth_);
      case Admission::Form::wait: {
        const Time latest = latest_start();
        gate_ = admission.gate();
        ticket_ = admission.ticket();
        waited_for_deadline_ = latest <= admission.at();
        static_cast<void>(wait_until(detail::min(admission.at(), latest), admission.source(), admission.why(), depth_));
        return Asks::gate;
      }
      case Admission::Form::reject: return reject(admission, depth_);
      case Admission::Form::pass_over: pass_over(admission); return std::nullopt;
    }
    return std::nullopt;
  }

  // A target that is not asked: the trail says why, and the layer is asked again.
  void pass_over(const Admission& admission) {
    if constexpr (observed)
      observers_.tell(Rejected{walk_.call, now_(), role_at(depth_), admission.why(), admission.at(), admission.target()});
    Verdict verdict;
    verdict.kind = admission.why();
    verdict.sent = Sent::no;
    verdict.billed = Billed::no;
    TrailEntry entry = trail_entry(verdict);
    entry.target = admission.target();
    add_to_trail(entry);
  }

  // A layer admitted for a moment that does not fit: its admission is settled at once, and then it counts as one that refused.
  [[nodiscard]] Asks take_back(const Admission& admission) {
    settle_unused();
    return refuse_wait(admission.why(), admission.at(), admission.at(), held_);
  }

  // A layer admitted for this moment. Where that has become worthless meanwhile, it is asked anew.
  void reconsider() {
    waited_admitted_ = false;
    const bool holds = dispatch<count>(held_ - 1U, [this](auto i) {
      constexpr std::size_t I = i;
      return layers_.template still_holds<I>(std::get<I>(walk_.calls), now_, reaching(I));
    });
    if (holds) return;
    settle_unused();
    depth_ = held_;
  }

  // The innermost admission, of which no use was made.
  void settle_unused() {
    Verdict verdict;
    verdict.kind = Kind::abandoned;
    verdict.sent = Sent::no;
    verdict.billed = Billed::no;
    settle_abandoned(--held_, verdict);
  }

  // The attempt that reaches a layer from outside, or, `count`, the operation.
  [[nodiscard]] Attempt& reaching(std::size_t layer) noexcept { return walk_.attempts[L::reaching[layer]]; }
  [[nodiscard]] const Attempt& reaching(std::size_t layer) const noexcept { return walk_.attempts[L::reaching[layer]]; }

  // When the attempt that reaches layer `depth_` must have started.
  [[nodiscard]] Time latest_start() const noexcept { return detail::min(reaching(depth_).deadline, reaching(depth_).start_by); }

  void let_in(const Admission& admission) {
    if constexpr (count > 0) {
      dispatch<count>(depth_, [&](auto i) {
        constexpr std::size_t I = i;
        if constexpr (L::reaching[I + 1] != L::reaching[I]) reaching(I + 1) = L::template edited<I>(reaching(I), admission);
        if constexpr ((edits_of<typename L::template PolicyAt<I>>() & edits_target) != 0) {
          // No edits: the straight path, where neither is said, would pay for them.
          if (admission.insists()) reaching(I + 1).insists = true;
          reaching(I + 1).nowhere_else = admission.nowhere_else();
        }
        if constexpr (I + 1 < count) std::get<I + 1>(walk_.calls) = {};
        if constexpr (observed) {
          if constexpr (L::template role<I> == Role::fallback) tell_target(reaching(I + 1).target);
        }
      });
      held_ = ++depth_;
    }
  }

  void tell_target(std::uint8_t target) {
    if constexpr (observed) {
      if (trail_.size() > 0 && last_target_ != target) observers_.tell(TargetChanged{walk_.call, now_(), last_target_, target, last_kind_});
    }
  }

  [[nodiscard]] Asks take_grant(Grant grant) {
    const Admission admission = ask_granted(grant);
    if (const auto asks = take(admission)) return *asks;
    return enter();
  }

  [[nodiscard]] Admission ask_granted(Grant grant) {
    if constexpr (count > 0)
      return dispatch<count>(depth_, [&](auto i) {
        constexpr std::size_t I = i;
        return layers_.template granted<I>(std::get<I>(walk_.calls), now_, reaching(I), grant, wait_why_);
      });
    else
      return Admission::go();
  }

  [[nodiscard]] Asks ask_for_attempt() {
    const Time deadline = reaching(count).deadline;
    if (timed || deadline != end_of_time) {
      began_ = now_();
      if (began_ >= deadline) return reject(Admission::reject(Kind::deadline), count);
    }
    return Asks::attempt;
  }

  void record_attempt(const Verdict& verdict, Time began) {
    TrailEntry entry = trail_entry(verdict);
    entry.number = static_cast<std::uint16_t>(detail::min<std::uint32_t>(trips_, 0xFFFF));
    if constexpr (timed) {
      const Time at = now_();
      const Duration took = at - began;
      entry.duration_ms = trail_milliseconds(took);
      if constexpr (observed) {
        const Attempt& attempt = reaching(count);
        observers_.tell(AttemptEnded{walk_.call, at, attempt, verdict, took});
        if (verdict.reclassified) observers_.tell(Reclassified{walk_.call, at, attempt, verdict});
      }
    }
    add_to_trail(entry);
  }

  void add_to_trail(const TrailEntry& entry) {
    last_target_ = entry.target;
    last_kind_ = entry.kind;
    trail_.add(entry);
    waited_ms_ = 0;
    waited_source_ = WaitSource::none;
  }

  [[nodiscard]] TrailEntry trail_entry(const Verdict& verdict) const noexcept {
    TrailEntry entry;
    entry.wait_ms = waited_ms_;
    entry.wait = waited_source_;
    entry.kind = verdict.kind;
    entry.target = reaching(depth_).target;
    entry.revision = reaching(depth_).revision;
    entry.sent = verdict.sent;
    entry.billed = verdict.billed;
    entry.number = static_cast<std::uint16_t>(detail::min<std::uint32_t>(trips_ + 1, 0xFFFF));
    return entry;
  }

  // A policy's refusal becomes the failure that the layers outside see. `by` is the layer that refuses; `count`: the deadline itself.
  [[nodiscard]] Asks reject(const Admission& admission, std::size_t by) {
    return fail(admission.why(), admission.remedy(), admission.id(), admission.at(), Note::none, by);
  }

  // A wait that does not fit the deadline is refused before it begins. `needed` is how long it would last at least.
  [[nodiscard]] Asks refuse_wait(Kind why, Time needed, Time earliest, std::size_t by, Remedy remedy = Remedy::after_delay,
                                 FailureId id = {}) {
    const bool fits = needed < reaching(by).deadline;  // then only the patience for this target is over
    return fail(why, remedy, id, earliest, fits ? Note::none : Note::deadline_would_pass, by);
  }

  [[nodiscard]] Asks fail(Kind why, Remedy remedy, FailureId id, Time earliest, Note note, std::size_t by) {
    Verdict verdict;
    verdict.kind = why;
    verdict.remedy = remedy;
    verdict.says = Says::policy;
    verdict.sent = Sent::no;
    verdict.billed = Billed::no;
    verdict.id = id;
    Time now{};
    if (earliest != end_of_time) {
      now = now_();
      verdict.hint = detail::max(earliest - now, Duration::zero());
    }
    if constexpr (observed) observers_.tell(Rejected{walk_.call, now_(), role_at(by), why, earliest, reaching(depth_).target, lane()});
    add_to_trail(trail_entry(verdict));
    Failure failure{why, remedy, Says::policy, id};
    failure.set_earliest_retry_at(earliest, now);
    if (note != Note::none) failure.add_note(note);
    keep(std::move(failure));
    return settle(verdict);
  }

  // Tells the held layers, from the inside out, how it ended, until one wants another trip and may have it.
  [[nodiscard]] Asks settle(Verdict verdict) {
    while (held_ > 0) {
      const std::size_t layer = --held_;
      const Reaction reaction = ask_reaction(layer, verdict);
      tell_signal(reaction.signal(), reaching(layer + 1).target, verdict.dimension);
      if (verdict.ok() || verdict.kind == Kind::abandoned) continue;
      if (reaction.taken_for() != Kind::ok) {
        verdict.kind = reaction.taken_for();
        verdict.remedy = default_remedy(verdict.kind);
      }
      Failure& failure = result_->assume_error();
      const bool is_chain = L::chooses_targets && role_at(layer) == Role::fallback;
      if constexpr (L::chooses_targets)
        if (is_chain && verdict.kind != Kind::deadline) forget_last_word();
      if (!reaction.again()) {
        if (reaction.note() != Note::none) failure.add_note(reaction.note());
        if (reaction.earliest() != end_of_time) failure.set_earliest_retry_at(reaction.earliest(), now_());
        continue;
      }
      if (verdict.sent == Sent::delivered || (verdict.sent == Sent::unknown && repetition_ == Repetition::never)) {
        failure.add_note(Note::not_repeatable);
        continue;
      }
      const Time deadline = reaching(layer).deadline;
      const bool at_once = reaction.at() == Time{};
      const Time now = at_once && deadline == end_of_time ? Time{} : now_();
      const Time at = detail::max(reaction.at(), now);
      if (at >= deadline) {
        failure.add_note(Note::deadline_would_pass);
        failure.set_earliest_retry_at(at_once ? at : reaction.earliest(), now);
        continue;
      }
      Verdict asking = verdict;
      asking.hint = at_once ? Duration::zero() : at - now;
      if (!agreed_outside(layer, asking)) {
        failure.add_note(Note::outer_layer_refused);
        continue;
      }
      if constexpr (L::chooses_targets)
        if (is_chain) keep_last_word(std::move(failure));
      depth_ = static_cast<std::uint8_t>(layer);
      for (std::size_t i = 0; i <= L::reaching[layer]; ++i) walk_.attempts[i].number = trips_ + 1;
      if (!at_once && at > now) return wait_until(at, reaction.source(), verdict.kind, layer);
      return enter();
    }
    if constexpr (L::is_branch) risen_ = verdict;
    return Asks::finish;
  }

  // What a target said last, when another one is asked now, or the same one anew.
  void keep_last_word(Failure&& failure) {
    set_earliest_by_hint(failure);
    failure.set_provenance(last_target_, trips_);
    last_words_.push_back(std::move(failure));
  }
  void forget_last_word() noexcept {
    std::erase_if(last_words_, [this](const Failure& failure) { return failure.target() == last_target_; });
  }

  // Of several targets' last words, the call's failure is the one that the caller can do most about, and of equals the latest. Why the call
  // ended, and from when trying again helps, stay what the last target made them.
  void lead_with_kept(Failure& last) {
    if (last.says() == Says::caller) return;
    Failure* leading = nullptr;
    for (Failure& failure : last_words_)
      if (more_actionable(failure.kind(), last.kind()) && !(leading && more_actionable(leading->kind(), failure.kind())))
        leading = &failure;
    if (!leading) return;
    leading->add_note(last.kind() == Kind::deadline ? last.notes() | Note::deadline_would_pass : last.notes());
    const Time earliest = detail::min(leading->earliest_retry_at().value_or(end_of_time), last.earliest_retry_at().value_or(end_of_time));
    leading->set_earliest_retry_at(earliest, now_());
    leading->set_provenance(leading->target(), trips_);
    last = std::move(*leading);
  }

  [[nodiscard]] Reaction ask_reaction(std::size_t layer, const Verdict& verdict) {
    if constexpr (count > 0)
      return dispatch<count>(layer, [&](auto i) {
        constexpr std::size_t I = i;
        return layers_.template settle<I>(std::get<I>(walk_.calls), now_, reaching(I).target, reaching(I + 1), verdict);
      });
    else
      return Reaction::pass();
  }

  // From the inside out, so that a budget, outermost, spends only when nobody else refuses.
  [[nodiscard]] bool agreed_outside(std::size_t layer, const Verdict& verdict) {
    if constexpr (count > 0) {
      while (layer-- > 0) {
        const bool agreed = dispatch<count>(layer, [&](auto i) {
          constexpr std::size_t I = i;
          return layers_.template extra<I>(std::get<I>(walk_.calls), now_, reaching(I).target, reaching(I + 1), verdict);
        });
        if (!agreed) return false;
      }
    }
    return true;
  }

  // Out of line, as `give_up` is: in line they made observed calls that succeed longer with g++ 12.
  [[gnu::noinline]] Verdict abandon(Sent of_attempt) {
    Verdict verdict;
    verdict.kind = Kind::abandoned;
    verdict.sent = Sent::no;
    verdict.billed = Billed::no;
    if (phase_ == Phase::running) {
      verdict.sent = of_attempt;
      if (of_attempt != Sent::no) verdict.billed = Billed::maybe;
      if constexpr (!L::races) record_attempt(verdict, began_);
      phase_ = Phase::entering;
    }
    while (held_ > 0) settle_abandoned(--held_, verdict);
    return verdict;
  }

  void settle_abandoned(std::size_t layer, const Verdict& verdict) {
    const Reaction reaction = ask_reaction(layer, verdict);
    tell_signal(reaction.signal(), reaching(layer + 1).target, verdict.dimension);
  }

  // The call is destroyed, by an exception or with its driver, before it came to an end.
  [[gnu::cold, gnu::noinline]] void give_up() noexcept {
    if (waiting_) end_wait();
    static_cast<void>(abandon(Sent::unknown));
    if constexpr (observed && !L::is_branch) tell_end(nullptr, Outcome::failed);
  }

  // `by` is the layer that waits.
  [[nodiscard]] Asks wait_until(Time at, WaitSource source, Kind why, std::size_t by) {
    began_ = now_();
    wake_at_ = detail::max(at, began_);
    wait_source_ = source;
    wait_why_ = why;
    waiting_ = true;
    if constexpr (observed)
      observers_.tell(WaitBegan{walk_.call, began_, wake_at_, source, role_at(by), why, reaching(depth_).target, lane()});
    return Asks::wake;
  }

  void end_wait() {
    waiting_ = false;
    const Time now = now_();
    const std::uint64_t waited = std::uint64_t{waited_ms_} + trail_milliseconds(now - began_);
    waited_ms_ = static_cast<std::uint32_t>(detail::min<std::uint64_t>(waited, 0xFFFFFFFF));
    waited_source_ = wait_source_;
    if constexpr (observed) observers_.tell(WaitEnded{walk_.call, now, wait_source_, now - began_, lane()});
  }

  template <class Kept>
  void keep(Kept&& kept) {
    if (result_) forget_result();
    if (!result_) result_.emplace(std::forward<Kept>(kept));  // asked again, so that no destructor is left in here
  }

  // Out of line: where g++ 12 sees the machine made, it takes what an earlier attempt would have left there for uninitialised.
  [[gnu::noinline]] void forget_result() noexcept { result_.reset(); }

  void finish_in_place() {
    if (*result_) {
      const unsigned target = reaching(count).target;
      if (target != 0 || trips_ > 1) set_provenance(*result_, target, trips_, target != 0 ? why_not_first() : Kind::ok);
      if constexpr (observed) tell_end(nullptr, outcome_of_success(target));
      return;
    }
    Failure& failure = result_->assume_error();
    set_earliest_by_hint(failure);
    const Outcome outcome = outcome_of(failure);
    failure.set_provenance(last_target_, trips_);
    if constexpr (L::chooses_targets) lead_with_kept(failure);
    if constexpr (observed) tell_end(&failure, outcome);
    failure.set_trail(std::move(trail_));
    if (ended_early_) failure.set_sent(ended_having_sent_);
  }

  void set_earliest_by_hint(Failure& failure) const {
    if (failure.earliest_retry_at()) return;
    const Verdict verdict = failure.verdict();
    const bool waiting_helps =
        verdict.remedy == Remedy::immediately || verdict.remedy == Remedy::after_delay || verdict.remedy == Remedy::other_model;
    if (!waiting_helps || verdict.hint <= Duration::zero()) return;  // a spent day's hint is the time to the next minute
    const Time now = now_();
    failure.set_earliest_retry_at(later(now, verdict.hint), now);
  }

  // What the first target last said, or what it was passed over for.
  [[nodiscard]] Kind why_not_first() const noexcept {
    for (std::size_t i = trail_.kept(); i-- > 0;)
      if (trail_[i].target == 0) return trail_[i].kind;
    return Kind::no_target;
  }

  [[nodiscard]] Outcome outcome_of(const Failure& failure) const noexcept {
    if (failure.kind() == Kind::cancelled && failure.says() == Says::caller) return Outcome::cancelled;
    if (failure.kind() == Kind::deadline || has(failure.notes(), Note::deadline_would_pass)) return Outcome::deadline;
    if (trips_ == 0) return Outcome::rejected;
    return tries() > 1 ? Outcome::failed_retried : Outcome::failed;
  }
  [[nodiscard]] Outcome outcome_of_success(unsigned target) const noexcept {
    if (target != 0) return Outcome::ok_fallback;
    if constexpr (L::races)
      if (race_.won_by_hedge) return Outcome::ok_hedged;
    return tries() > 1 ? Outcome::ok_retried : Outcome::ok;
  }
  // A race is one, however many trips it made.
  [[nodiscard]] std::uint32_t tries() const noexcept {
    if constexpr (L::races)
      return trips_ - race_.hedges;
    else
      return trips_;
  }

  void tell_end(const Failure* failure, Outcome outcome) {
    if constexpr (observed) {
      OperationEnded event;
      event.call = walk_.call;
      event.at = now_();
      event.outcome = outcome;
      event.attempts = trips_;
      event.served_by = reaching(count).target;
      event.took = event.at - walk_.began;
      event.failure = failure;
      event.trail = &trail_;
      observers_.tell(event);
    }
  }

  void tell_signal(Signal signal, std::uint8_t target, QuotaDimension dimension) {
    if constexpr (observed) {
      if (signal == Signal::none) return;
      if (signal == Signal::quota_surprise)
        observers_.tell(QuotaSurprise{walk_.call, now_(), target, dimension, lane()});
      else
        observers_.tell(CircuitChanged{walk_.call, now_(), target, signal, lane()});
    }
  }

  [[nodiscard]] std::uint8_t lane() const noexcept {
    if constexpr (L::is_branch)
      return reaching(0).lane;
    else
      return 0;
  }
  [[nodiscard]] unsigned race_target() const noexcept { return reaching(count - 1).target; }

  [[nodiscard]] static Role role_at(std::size_t layer) noexcept {
    if constexpr (count > 0) {
      if (layer < count)
        return dispatch<count>(layer, [](auto i) {
          constexpr std::size_t I = i;
          return L::template role<I>;
        });
    }
    return Role::deadline;
  }

  L& layers_;
  Obs& observers_;
  Now now_;
  Repetition repetition_;
  Phase phase_ = Phase::entering;
  bool waiting_ = false;
  bool waited_for_deadline_ = false;
  bool waited_admitted_ = false;  // the wait is one for which the layer has admitted
  WaitSource wait_source_ = WaitSource::none;
  WaitSource waited_source_ = WaitSource::none;
  Kind wait_why_ = Kind::ok;
  bool finished_ = false;
  std::uint8_t last_target_ = 0;  // of the trail's last entry, as its kind
  Kind last_kind_ = Kind::ok;
  std::uint8_t held_ = 0;     // how many layers have admitted and are not settled
  std::uint8_t depth_ = 0;    // the layer that is asked next
  bool ended_early_ = false;  // by `end_with`
  Sent ended_having_sent_ = Sent::no;
  std::uint32_t trips_ = 0;
  std::uint32_t waited_ms_ = 0;
  Walk<L> walk_;
  Time began_{};  // the attempt that is under way, or the wait
  Time wake_at_{};
  Gate* gate_ = nullptr;
  std::uint64_t ticket_ = 0;
  Trail trail_;
  std::optional<Result<T>> result_;
  [[no_unique_address]] std::conditional_t<L::chooses_targets, std::vector<Failure>, NoState> last_words_;  // of each target, in order
  [[no_unique_address]] std::conditional_t<L::is_branch, Verdict, NothingRises> risen_{};
  [[no_unique_address]] std::conditional_t<L::races, Races, NoRaces> race_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
