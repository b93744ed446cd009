// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/jitter.hpp>     // Jitter, jittered
#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/policy.hpp>        // Admission, Attempt, Now, Reaction, Role, Verdict
#include <ductile/core/quota_groups.hpp>  // QuotaGroups
#include <ductile/core/target.hpp>        // Target, TargetSet
#include <ductile/core/worst_case.hpp>
#include <ductile/detail/min_max.hpp>
#include <ductile/policies/fallback_options.hpp>  // FallbackOptions, OnAllOpen
#include <ductile/policies/fallback_table.hpp>    // Next, NextStep
#include <ductile/policies/target_rests.hpp>      // TargetRest, TargetRests

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

/// Goes to another target where the first one cannot help, and comes back when it can.
///
/// After each failure its table decides, in one place, what follows: another attempt here (then `Retry` says when), the next target, or the
/// end. Layers inside it have a state for each target. Every call tells which target served it, and why the first one did not:
/// `served_by(result)`, `why_not_first(result)`. When several targets failed, the failure is the one that the caller can do most about; the
/// trail has all. When all targets failed and waiting can help, it waits and begins again at the first one, as long as the deadline allows.
/// Targets of one quota group (`quota_group`) rest together for `Kind::rate_limit` and `Kind::quota`. `CallOptions::targets` limits a call
/// to some of them.
/// Order: outside `Retry`, `CircuitBreaker`, `QuotaTracker` and `AttemptTimeout` (E0206); inside `Deadline`, or it can never wait.
///
/// Errors   `ConfigError` when an option is out of range. A call whose targets are all excluded fails with `Kind::no_target`; one whose
///          targets all rest, with the kind and id that made them rest.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines.
/// Cost     First target, first attempt: a load and a compare beside the clock reading that all layers share. Nothing after a success.
/// Source   LiteLLM's fallbacks by error class and cooldowns, with their known mistake (a later, shorter cooldown wins) left out.
class FallbackChain {
 public:
  static constexpr Role role = Role::fallback;
  static constexpr unsigned edits = edits_target | edits_start;
  static constexpr bool settles_failures_only = true;
  static constexpr bool reads_time = true;

  /// Which targets rest, for all calls.
  using State = TargetRests;

  struct Call {
    TargetSet failed = 0;  // in this round
    TargetSet spent = 0;   // failed so that no wait helps this call
    TargetSet told = 0;    // have an entry in the trail: failed, or passed over
    TargetSet asked = 0;   // were really asked: their own policies let the call through
    std::uint8_t rounds = 0;
    std::uint8_t current = 0;
    std::uint8_t attempts = 0;  // on the current target, agreed to; 0: the call has not begun
    bool timed = false;
    std::uint32_t first_failure_ms = 0;  // in wrapping milliseconds
  };

  explicit FallbackChain(FallbackOptions options)
      : options_(checked(std::move(options))),
        groups_(options_.targets),
        affordable_(options_.affordable()),
        several_((affordable_ & (affordable_ - 1)) != 0) {}

  template <class Rules>
  static void check(const FallbackOptions& options, Rules& rules) {
    options.check(rules);
  }

  [[nodiscard]] const FallbackOptions& options() const noexcept { return options_; }
  /// How many targets there are.
  [[nodiscard]] unsigned targets() const noexcept { return static_cast<unsigned>(options_.targets.size()); }
  [[nodiscard]] const Target& target(unsigned index) const noexcept { return options_.targets[index < targets() ? index : 0]; }

  /// One round asks each target for as often as the layers inside would. One that waits for a target begins anew as often as the deadline
  /// allows, and jitter may make its waits as short as it likes; so does who has more than `long_slack`, for an open circuit. `least_bad`
  /// asks some targets twice.
  [[nodiscard]] WorstCase worst_case(const WorstCase& inside) const noexcept {
    const int asked = std::popcount(affordable_);
    const bool outwaits_circuits = several_ && inside.deadline > options_.long_slack;
    const bool begins_anew = inside.deadline < forever && (options_.on_all_open == OnAllOpen::wait || outwaits_circuits);
    const int rounds = options_.on_all_open == OnAllOpen::least_bad ? 2 : 1;
    WorstCase worst = inside.times(begins_anew ? WorstCase::unbounded : rounds * asked);
    if (inside.deadline < forever && inside.attempt < forever) worst.fit = fit(inside, asked);
    return worst;
  }

  [[nodiscard, gnu::always_inline]] Admission admit(State& rests, Call& call, Now now, const Attempt& attempt) const noexcept {
    if (call.attempts == 0 && attempt.targets == 0 && (affordable_ & 1U) != 0 && rests.none()) [[likely]] {
      call.attempts = 1;
      return Admission::go().on(0).starting_by(several_ && attempt.deadline != end_of_time ? patient_until(now(), attempt) : end_of_time);
    }
    const auto [admission, permit] = admit_another(rests, Call{call}, now, Attempt{attempt});
    call = permit;
    return admission;
  }

  /// The table's word on whether an inner layer may try again on this target, and whether its wait (`verdict.hint`) is one for this target.
  [[nodiscard]] bool extra(State& rests, Call& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    if (verdict.ok()) return true;  // a hedge: nothing has failed
    const NextStep step = options_.table(verdict);
    if (step.next != Next::here || verdict.says == Says::policy || attempt.insists) return false;
    const Time at = now();
    note_first_failure(call, at);
    if (is_spent(call, at, verdict.kind)) return false;
    if (call.attempts >= step.attempts && another_is_free(rests, call, at, attempt)) return false;
    if (verdict.hint > Duration::zero() && later(at, verdict.hint) >= start_by(rests, call, at, attempt)) return false;
    if (call.attempts < 255) ++call.attempts;
    return true;
  }

  /// For a hedge: the first target that the call may use, that is free, and that has neither failed in this round nor is taken.
  [[nodiscard]] std::optional<unsigned> another(State& rests, const Call& call, Now now, const Attempt& attempt,
                                                TargetSet taken) const noexcept {
    return free_target(rests, left_of(attempt, static_cast<TargetSet>(call.failed | taken)), now());
  }

  /// Whether the table says that nothing more is tried after this failure.
  [[nodiscard]] bool stops(const Verdict& verdict) const noexcept { return options_.table(verdict).next == Next::stop; }

  [[nodiscard]] Reaction settle(State& rests, Call& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    if (verdict.ok() || verdict.kind == Kind::abandoned || verdict.says == Says::caller || verdict.kind == Kind::no_target ||
        verdict.kind == Kind::deadline)
      return Reaction::pass();
    const Time at = now();
    remember(rests, call, at, verdict);
    if (stops(verdict)) return Reaction::pass();
    if (is_spent(call, at, verdict.kind)) return Reaction::pass().because(Note::time_spent);
    const TargetSet left = left_of(attempt, with(call.failed, call.current));
    const bool shut = verdict.kind == Kind::circuit_open && verdict.says == Says::policy && verdict.hint > Duration::zero();
    if (const auto later_one = free_target(rests, left, at); shut && later_one > call.current)
      if (const auto opens = worth_waiting_for(rests, call, with(0, call.current), *later_one, at, attempt))
        return Reaction::again_at(*opens, WaitSource::circuit);
    call.failed = with(call.failed, call.current);
    call.told = with(call.told, call.current);
    if (verdict.says != Says::policy) call.asked = with(call.asked, call.current);
    if (free_target(rests, left, at) || last_resort(rests, left, attempt)) return Reaction::again_now();
    return next_round(rests, call, now, at, attempt, verdict);
  }

 private:
  [[nodiscard]] static FallbackOptions checked(FallbackOptions options) {
    RefusingRules rules;
    check(options, rules);
    return options;
  }

  // How many targets are asked before the deadline when each attempt takes its longest, as the table has it for a timeout. Waits on a
  // target are not counted, so what does not fit so fits even less.
  [[nodiscard]] Fit fit(const WorstCase& inside, int asked) const noexcept {
    Verdict slow;
    slow.kind = Kind::timeout;
    slow.remedy = default_remedy(Kind::timeout);
    const NextStep step = options_.table(slow);
    if (step.next == Next::stop) return {};
    const double here = detail::min(step.next == Next::here ? step.attempts : 1.0, inside.attempts);
    const Duration each = detail::product(inside.attempt, here);
    const auto wanted = static_cast<std::uint32_t>(asked);
    return {.policy = "FallbackChain",
            .parts = "targets",
            .wanted = wanted,
            .begun = detail::begun_before(inside.deadline, each, wanted),
            .each = each,
            .deadline = inside.deadline,
            .cure = "raise the deadline, or lower the time of an attempt or the table's attempts on a target"};
  }

  static constexpr TargetSet with(TargetSet set, unsigned target) noexcept { return static_cast<TargetSet>(set | 1U << target); }
  static constexpr bool holds(TargetSet set, unsigned target) noexcept { return (set >> target & 1U) != 0; }

  // The targets that the call may use.
  [[nodiscard]] TargetSet usable(const Attempt& attempt) const noexcept {
    return attempt.targets == 0 ? affordable_ : static_cast<TargetSet>(attempt.targets & affordable_);
  }
  // These without those that failed.
  [[nodiscard]] TargetSet left_of(const Attempt& attempt, TargetSet failed) const noexcept {
    return static_cast<TargetSet>(usable(attempt) & ~failed);
  }

  [[nodiscard]] Time patient_until(Time at, const Attempt& attempt) const noexcept {
    const Duration slack = attempt.remaining(at);
    const double share = slack > options_.long_slack ? options_.patience_when_long : options_.patience;
    return later(at, Duration{static_cast<Duration::rep>(share * static_cast<double>(slack.count()))});
  }

  // When the first of the set may be asked that rests for its open circuit and is preferred to the free one, if the call has so much time
  // that it rather waits for that one. Its patience counts from the first time that it was kept out, so all such waits share it.
  [[nodiscard]] std::optional<Time> worth_waiting_for(const State& rests, Call& call, TargetSet set, unsigned free, Time at,
                                                      const Attempt& attempt) const noexcept {
    if (attempt.deadline == end_of_time || attempt.remaining(at) <= options_.long_slack) return std::nullopt;
    for (unsigned target = 0; target < free; ++target) {
      if (!holds(set, target)) continue;
      const TargetRest rest = rests.of(target);
      if (rest.why != Kind::circuit_open || rest.until <= at) continue;
      note_first_failure(call, at);
      if (rest.until <= patient_until(at - since_first_failure(call, at), attempt)) return rest.until;
    }
    return std::nullopt;
  }

  // The first of the set that does not rest.
  [[nodiscard]] std::optional<unsigned> free_target(const State& rests, TargetSet set, Time at) const noexcept {
    for (unsigned target = 0; target < targets(); ++target)
      if (holds(set, target) && rests.until(target) <= at) return target;
    return std::nullopt;
  }
  [[nodiscard]] bool another_is_free(const State& rests, const Call& call, Time at, const Attempt& attempt) const noexcept {
    return several_ && free_target(rests, left_of(attempt, with(call.failed, call.current)), at).has_value();
  }

  // When the call can ask the target before its deadline; else `end_of_time`. One that has failed in this round is asked anew in the next.
  [[nodiscard]] Time opens_at(const State& rests, const Call& call, unsigned target, Time at, const Attempt& attempt) const noexcept {
    if (holds(call.spent, target)) return end_of_time;
    const TargetRest rest = rests.until(target) > at ? rests.of(target) : TargetRest{};
    if (rest.until <= at && !holds(call.failed, target)) return at;
    if (rest.until <= at) {
      const Time anew = detail::max(patient_until(at, attempt), later(at, options_.between_rounds.base));
      return waits(attempt) && anew < attempt.deadline ? anew : end_of_time;
    }
    const bool is_waited_for = waits(attempt) && rest.until < attempt.deadline && is_cured_by_waiting(rest.why, rest.remedy);
    return is_waited_for ? rest.until : end_of_time;
  }

  // Until when the current target may make the call wait: until another one opens; one that it is preferred to counts from the end of the
  // patience on.
  [[nodiscard]] Time start_by(const State& rests, const Call& call, Time at, const Attempt& attempt) const noexcept {
    if (!several_ || attempt.deadline == end_of_time) return end_of_time;
    const Time patient = patient_until(at, attempt);
    Time earliest = end_of_time;
    for (unsigned target = 0; target < targets(); ++target) {
      if (target == call.current || !holds(usable(attempt), target)) continue;
      const Time opening = opens_at(rests, call, target, at, attempt);
      earliest = detail::min(earliest, target < call.current ? opening : detail::max(opening, patient));
    }
    return earliest;
  }

  struct Admitted {
    Admission admission;
    Call call;
  };

  // By value and back, so that the happy path keeps what it knows in registers.
  [[nodiscard, gnu::cold, gnu::noinline]] Admitted admit_another(State& rests, Call call, Now now, Attempt attempt) const noexcept {
    const Admission admission = choose(rests, call, now, attempt);
    return {admission, call};
  }

  [[nodiscard]] Admission choose(State& rests, Call& call, Now now, const Attempt& attempt) const noexcept {
    const Time at = now();
    rests.end_those_over(at);
    const TargetSet left = left_of(attempt, call.failed);
    if (left == 0)
      return Admission::reject(Kind::no_target, end_of_time, attempt.targets >> targets() == 0 ? "price-ceiling" : "no-target");
    const std::optional<unsigned> chosen = free_target(rests, left, at);
    if (chosen)
      if (const auto opens = worth_waiting_for(rests, call, left, *chosen, at, attempt))
        return Admission::ask_at(*opens, Kind::circuit_open, WaitSource::circuit);
    for (unsigned target = 0; target < chosen.value_or(targets()); ++target) {
      if (!holds(left, target) || holds(call.told, target)) continue;
      const TargetRest rest = rests.of(target);
      if (rest.until <= at) continue;  // somebody has just ended it
      call.told = with(call.told, target);
      return Admission::pass_over(target, rest.why, rest.until);
    }
    if (options_.on_all_open == OnAllOpen::least_bad && (call.rounds == 1 || (!chosen && call.rounds == 0)))
      return insist_on_first_to_open(rests, call, left, at);
    const std::optional<unsigned> entered = chosen ? chosen : last_resort(rests, left, attempt);
    if (!entered) return when_all_rest(rests, left, now, attempt);
    call.current = static_cast<std::uint8_t>(*entered);
    call.attempts = 1;
    const Time until = start_by(rests, call, at, attempt);
    if (until != end_of_time && !free_target(rests, static_cast<TargetSet>(left & ~(1U << *entered)), at))
      return Admission::alone(at).on(*entered).starting_by(until);
    return Admission::go().on(*entered).starting_by(until);
  }

  [[nodiscard]] Admission insist_on_first_to_open(const State& rests, Call& call, TargetSet left, Time at) const noexcept {
    unsigned first = targets();
    for (unsigned target = 0; target < targets(); ++target)
      if (holds(left, target) && (first == targets() || rests.until(target) < rests.until(first))) first = target;
    call.rounds = 2;
    call.current = static_cast<std::uint8_t>(first);
    call.attempts = 1;
    return Admission::insist(at).on(first);
  }

  // The one that opens first is waited for, and its own policies then say how long to wait. Where no wait helps the call fails with what
  // the caller can do most about.
  [[nodiscard]] Admission when_all_rest(const State& rests, TargetSet left, Now now, const Attempt& attempt) const noexcept {
    const Time at = now();
    Time opens = end_of_time;
    Time helps = end_of_time;
    Kind why = Kind::ok;  // that one rests
    TargetRest leading{end_of_time, Kind::no_target};
    for (unsigned target = 0; target < targets(); ++target) {
      if (!holds(left, target)) continue;
      const TargetRest rest = rests.of(target);
      opens = detail::min(opens, rest.until);
      if (is_cured_by_waiting(rest.why, rest.remedy) && rest.until < helps) {
        helps = rest.until;
        why = rest.why;
      }
      const bool equal = !more_actionable(leading.why, rest.why) && !more_actionable(rest.why, leading.why);
      if (more_actionable(rest.why, leading.why) || (equal && rest.until < leading.until)) leading = rest;
    }
    if (opens <= at) return Admission::ask_at(at, Kind::no_target, WaitSource::cooldown);  // somebody has just ended a rest
    if (waits(attempt) && helps != end_of_time)
      return Admission::ask_at(spread(helps, why, now, attempt), leading.why, WaitSource::cooldown).with(leading.remedy).naming(leading.id);
    return Admission::reject(leading.why, opens, leading.id).with(leading.remedy);
  }

  // Some time after the end of a rest, with at least half of what the deadline leaves beyond it for the attempt: as `Retry` spreads a hint.
  // Not after an open circuit, of which the breaker lets in no more than its probes.
  [[nodiscard]] Time spread(Time opens, Kind why, Now now, const Attempt& attempt) const noexcept {
    if (why == Kind::circuit_open) return opens;
    const Duration wished{static_cast<Duration::rep>(options_.rest_jitter * static_cast<double>((opens - now()).count()))};
    return opens + jittered(detail::min(wished, attempt.remaining(opens) / 2), Duration::zero(), Jitter::full, now);
  }

  // Where to go when nobody is free, and no rest that a wait cures ends before the deadline. To the first of the set that rests for its
  // open circuit: the breaker may tell this call another moment than it tells all, a last chance. Or for what another call's request was
  // refused for there, which says little of this one; to ask costs less than to lose the call.
  [[nodiscard]] std::optional<unsigned> last_resort(const State& rests, TargetSet set, const Attempt& attempt) const noexcept {
    std::optional<unsigned> found;
    for (unsigned target = 0; target < targets(); ++target) {
      if (!holds(set, target)) continue;
      const TargetRest rest = rests.of(target);
      if (rest.until < attempt.deadline && is_cured_by_waiting(rest.why, rest.remedy)) return std::nullopt;
      const bool may_differ = rest.remedy == Remedy::other_model || (rest.why == Kind::circuit_open && rest.until >= attempt.deadline);
      if (!found && may_differ) found = target;
    }
    return found;
  }

  [[nodiscard]] bool waits(const Attempt& attempt) const noexcept {
    return options_.on_all_open == OnAllOpen::wait && attempt.deadline != end_of_time;
  }

  static constexpr bool passes(Remedy remedy) noexcept { return remedy == Remedy::immediately || remedy == Remedy::after_delay; }
  [[nodiscard]] bool is_cured_by_waiting(Kind kind, Remedy remedy) const noexcept { return passes(remedy) && options_.begin_anew[kind]; }

  // Whether what the current target said holds for that one too: a quota is its whole group's.
  [[nodiscard]] bool speaks_for(const Call& call, unsigned target, Kind kind) const noexcept {
    return target == call.current ||
           ((kind == Kind::rate_limit || kind == Kind::quota) && groups_.first(target) == groups_.first(call.current));
  }

  static void note_first_failure(Call& call, Time at) noexcept {
    if (call.timed) return;
    call.timed = true;
    call.first_failure_ms = milliseconds(at);
  }

  [[nodiscard]] static Duration since_first_failure(const Call& call, Time at) noexcept {
    return std::chrono::milliseconds{milliseconds(at) - call.first_failure_ms};
  }

  // What this failure says of its target, for all calls.
  void remember(State& rests, Call& call, Time at, const Verdict& verdict) const noexcept {
    note_first_failure(call, at);
    if (!is_cured_by_waiting(verdict.kind, verdict.remedy)) call.spent = with(call.spent, call.current);
    const Duration hint = passes(verdict.remedy) ? verdict.hint : Duration::zero();
    Duration rest = detail::min(hint, options_.longest_rest);
    if (!stops(verdict)) rest = detail::max(rest, options_.rest[verdict.kind]);
    if (rest <= Duration::zero()) return;
    const Remedy remedy = verdict.remedy == Remedy::immediately ? Remedy::after_delay : verdict.remedy;
    for (unsigned target = 0; target < targets(); ++target)
      if (speaks_for(call, target, verdict.kind))
        rests.extend(target, {later(at, rest), verdict.kind, remedy, verdict.id, hint > rest ? later(at, hint) : Time{}});
  }

  [[nodiscard]] bool is_spent(const Call& call, Time at, Kind kind) const noexcept {
    const Duration limit = options_.give_up_after[kind];
    return limit > Duration::zero() && since_first_failure(call, at) >= limit;
  }

  // The target's rest as it concerns the call. What another call's request was refused for there does not, once this one has had its own
  // answer.
  [[nodiscard]] static TargetRest rest_for(const State& rests, const Call& call, unsigned target, Time at) noexcept {
    const TargetRest rest = rests.of(target);
    const bool has_own_answer = holds(with(call.asked, call.current), target) && !holds(call.spent, target);
    const bool concerns_it = rest.until > at && !(has_own_answer && rest.remedy == Remedy::other_model);
    return concerns_it ? rest : TargetRest{};
  }

  // What a call that has no target left can look forward to.
  struct Outlook {
    TargetSet curable = 0;        // those that a wait may cure
    Time opens = end_of_time;     // the first of them
    Kind why = Kind::ok;          // that one rests
    Time earliest = end_of_time;  // when trying again helps, by a later call as well
  };

  [[nodiscard]] Outlook outlook(const State& rests, const Call& call, Time at, const Attempt& attempt,
                                const Verdict& verdict) const noexcept {
    Outlook seen;
    for (unsigned target = 0; target < targets(); ++target) {
      if (!holds(usable(attempt), target)) continue;
      const TargetRest rest = rest_for(rests, call, target, at);
      const bool rests_now = rest.until > at;
      const bool spent = holds(call.spent, target);
      // A rest that a wait cures is of another call's failure there, and ends without help for this one.
      if (spent && (!rests_now || is_cured_by_waiting(rest.why, rest.remedy))) continue;
      Time opens = detail::max(rest.until, at);
      Kind why = rest.why;
      // A hint counts at its full length for the call that got it.
      Time helps = holds(call.asked, target) ? detail::max(opens, rest.hinted_until) : opens;
      if (passes(verdict.remedy) && speaks_for(call, target, verdict.kind)) {
        helps = detail::max(helps, later(at, verdict.hint));
        opens = detail::max(opens, later(at, detail::min(verdict.hint, options_.longest_rest)));
      }
      seen.earliest = detail::min(seen.earliest, helps);
      if (spent || (rests_now && !is_cured_by_waiting(rest.why, rest.remedy))) continue;
      seen.curable = with(seen.curable, target);
      if (target == call.current && verdict.says == Says::policy && verdict.kind == Kind::circuit_open && verdict.hint > Duration::zero()) {
        opens = detail::min(opens, later(at, verdict.hint));  // the breaker may tell this call another moment
        why = verdict.kind;
      }
      if (opens >= seen.opens) continue;
      seen.opens = opens;
      seen.why = why;
    }
    return seen;
  }

  // Every target has failed or rests. Where a wait may cure some, those are tried anew after it.
  [[nodiscard]] Reaction next_round(const State& rests, Call& call, Now now, Time at, const Attempt& attempt,
                                    const Verdict& verdict) const noexcept {
    const auto [curable, opens, why, earliest] = outlook(rests, call, at, attempt, verdict);
    const auto unasked = static_cast<TargetSet>(curable & ~call.asked);
    if (options_.on_all_open == OnAllOpen::least_bad && call.rounds == 0 && unasked != 0) {
      call.rounds = 1;
      call.failed = static_cast<TargetSet>(~unasked);
      return Reaction::again_now();
    }
    if (!waits(attempt) || curable == 0) return earliest > at ? Reaction::pass().earliest(earliest) : Reaction::pass();
    if (call.rounds < 0xFFU) ++call.rounds;
    // Who was refused by a policy of its own, and not asked, is looked at again, since that costs nothing.
    call.spent = static_cast<TargetSet>(call.spent & call.asked);
    call.failed = static_cast<TargetSet>(~curable & call.asked);
    // Also when nothing was sent this round: jitter keeps calls that wait for one probe from coming back together.
    Duration wait = options_.between_rounds(call.rounds, now);
    // Nothing was sent and there is a word on when to look again, so near the deadline that may be often. Who has longer leaves an ill
    // service in peace.
    const bool refused_inside = verdict.says == Says::policy && verdict.hint > Duration::zero();
    if (const Duration left = attempt.remaining(at); refused_inside && left <= deadline_is_near)
      wait = detail::min(wait, detail::max(left / 32, verdict.hint));
    const Time calm = later(at, wait);
    const bool waits_for_target = opens > calm;
    const Time begins = waits_for_target ? spread(opens, why, now, attempt) : calm;
    return Reaction::again_at(begins, waits_for_target ? WaitSource::cooldown : WaitSource::backoff)
        .earliest(earliest > at ? earliest : begins);
  }

  static constexpr Duration deadline_is_near = std::chrono::minutes{1};

  static std::uint32_t milliseconds(Time at) noexcept {
    return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count());
  }

  FallbackOptions options_;
  QuotaGroups groups_;
  TargetSet affordable_;
  bool several_;  // more than one is affordable
};

static_assert(sizeof(FallbackChain::Call) <= 16);

}  // namespace ductile::inline DUCTILE_VERSION
