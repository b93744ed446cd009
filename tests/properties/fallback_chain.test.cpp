// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/linearizable.hpp"
#include "../support/meeting.hpp"
#include "../support/verdicts.hpp"

#include <ductile/policies/fallback_chain.hpp>

#include <algorithm>
#include <array>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Random calls, several at once, against the simplest thing that can be right: a chain written as one would explain it, for one thread.

using namespace ductile;
using namespace std::chrono_literals;
using support::said;

namespace {

using Targets = std::set<unsigned>;

struct Rest {
  Time until{};
  Verdict why;
  Time said{};

  friend bool operator==(const Rest&, const Rest&) = default;
};

// What a call does next, in a form that both can give.
struct Answer {
  std::string does;  // "go", "insist", "pass over", "ask", "reject", "again", "wait", "end"
  unsigned target = 0;
  Time at{};
  Kind why = Kind::ok;
  Time start_by = end_of_time;  // until when the target may make the call wait
  Time helps = end_of_time;     // if this is the end: from when trying again helps

  friend bool operator==(const Answer&, const Answer&) = default;
  friend std::ostream& operator<<(std::ostream& stream, const Answer& answer) {
    return stream << answer.does << " target " << answer.target << " at " << answer.at.time_since_epoch() / 1ms << " for "
                  << name(answer.why) << ", to start by " << answer.start_by.time_since_epoch() / 1ms << ", helps from "
                  << answer.helps.time_since_epoch() / 1ms;
  }
};

class ChainModel {
 public:
  struct Call {
    Targets wanted, failed, hopeless, told, asked;
    unsigned current = 0;
    unsigned attempts = 0;
    int rounds = 0;
    bool insisted = false;
    std::optional<Time> first_failure;

    friend bool operator==(const Call&, const Call&) = default;
  };

  friend bool operator==(const ChainModel& left, const ChainModel& right) { return left.rests_ == right.rests_; }

  explicit ChainModel(const FallbackOptions& options) : options_(options) {
    const auto first = options.targets.front().price;
    for (unsigned i = 0; i < options.targets.size(); ++i) {
      const auto price = options.targets[i].price;
      const std::optional<double> most = options.price_ceiling;
      if (most ? most == any_price || (price && *price <= *most) : !first || !price || *price <= *first) allowed_.insert(i);
    }
  }

  [[nodiscard]] const Targets& allowed() const { return allowed_; }
  [[nodiscard]] Time rests_until(unsigned target) const { return rests_.contains(target) ? rests_.at(target).until : Time{}; }

  Answer admit(Call& call, Time now, Time deadline) {
    std::erase_if(rests_, [&](const auto& rest) { return rest.second.until <= now; });
    const Targets left = minus(call.wanted, call.failed);
    if (left.empty()) return {"reject", 0, end_of_time, Kind::no_target};
    const auto chosen = std::find_if(left.begin(), left.end(), [&](unsigned target) { return !rests_.contains(target); });
    if (chosen != left.end())
      for (auto target = left.begin(); target != chosen; ++target)
        if (is_worth_waiting_for(call, *target, now, deadline)) return {"ask", 0, rests_until(*target), Kind::circuit_open};
    for (auto target = left.begin(); target != chosen; ++target)
      if (call.told.insert(*target).second) return {"pass over", *target, rests_[*target].until, rests_[*target].why.kind};
    if (options_.on_all_open == OnAllOpen::least_bad && !call.insisted && (call.rounds > 0 || chosen == left.end())) {
      call.insisted = true;
      const unsigned least =
          *std::min_element(left.begin(), left.end(), [&](unsigned a, unsigned b) { return rests_until(a) < rests_until(b); });
      return goes(call, "insist", least);
    }
    const auto enters = [&](unsigned target) {
      Answer answer = goes(call, "go", target);
      answer.start_by = may_wait_until(call, now, deadline);
      if (answer.start_by != end_of_time && !another(call, now)) answer.does = "go alone";
      return answer;
    };
    if (chosen != left.end()) return enters(*chosen);
    if (const auto target = last_resort(left, deadline)) return enters(*target);
    return nobody_free(left, deadline != end_of_time);
  }

  bool extra(Call& call, Time now, const Verdict& verdict, Time deadline, bool insists) {
    const NextStep step = options_.table(verdict);
    if (insists || verdict.says == Says::policy || step.next != Next::here) return false;
    if (gives_up(call, now, verdict)) return false;
    if (another(call, now) && call.attempts >= step.attempts) return false;
    if (verdict.hint > 0s && now + verdict.hint >= may_wait_until(call, now, deadline)) return false;
    ++call.attempts;
    return true;
  }

  // What the failure of a call says of one target, for all calls.
  void remember(const Call& call, Time now, const Verdict& verdict, unsigned target) {
    if (!is_said_of(target, verdict, call)) return;
    Duration rest = std::min(hint_of(verdict), options_.longest_rest);
    if (options_.table(verdict).next != Next::stop) rest = std::max(rest, options_.rest[verdict.kind]);
    if (rest > 0s && now + rest > rests_until(target)) rests_[target] = {now + rest, verdict, now};
  }

  Answer settle(Call& call, Time now, const Verdict& verdict, Time deadline) {
    for (unsigned target = 0; target < options_.targets.size(); ++target) remember(call, now, verdict, target);
    return decide(call, now, verdict, deadline);
  }

  // What follows for the call itself.
  Answer decide(Call& call, Time now, const Verdict& verdict, Time deadline) {
    const bool too_old = gives_up(call, now, verdict);
    if (!passes(verdict)) call.hopeless.insert(call.current);
    if (options_.table(verdict).next == Next::stop || too_old) return {"end"};
    const bool shut = verdict.kind == Kind::circuit_open && verdict.says == Says::policy && verdict.hint > 0s;
    const auto preferred_of_all = free_one(call, now);
    if (shut && preferred_of_all && *preferred_of_all > call.current && is_worth_waiting_for(call, call.current, now, deadline))
      return {"wait", 0, rests_until(call.current), Kind::ok, end_of_time, rests_until(call.current)};
    call.failed.insert(call.current);
    call.told.insert(call.current);
    if (verdict.says != Says::policy) call.asked.insert(call.current);
    if (another(call, now) || last_resort(minus(call.wanted, call.failed), deadline)) return {"again"};

    Targets curable;
    Time helps = end_of_time;
    Time opens = end_of_time;
    for (const unsigned target : call.wanted) {
      const bool is_hopeless = call.hopeless.contains(target);
      const bool has_answered = call.asked.contains(target) || target == call.current;
      const bool rests = rests_until(target) > now;
      const bool is_of_others = rests && rests_[target].why.remedy == Remedy::other_model && has_answered && !is_hopeless;
      if (is_hopeless && (!rests || passes(rests_[target].why))) continue;

      std::vector<Time> moments{now};
      if (rests && !is_of_others) moments.push_back(rests_until(target));
      if (is_said_of(target, verdict, call)) moments.push_back(now + std::min(hint_of(verdict), options_.longest_rest));
      if (!is_hopeless && (!rests || is_of_others || passes(rests_[target].why))) {
        curable.insert(target);
        opens = std::min(opens, *std::max_element(moments.begin(), moments.end()));
      }
      if (rests && !is_of_others && call.asked.contains(target)) moments.push_back(rests_[target].said + hint_of(rests_[target].why));
      if (is_said_of(target, verdict, call)) moments.push_back(now + hint_of(verdict));
      helps = std::min(helps, *std::max_element(moments.begin(), moments.end()));
    }
    const Targets unasked = minus(curable, call.asked);
    if (options_.on_all_open == OnAllOpen::least_bad && call.rounds == 0 && !call.insisted && !unasked.empty()) {
      call.rounds = 1;
      call.failed = minus(options_all(), unasked);
      return {"again"};
    }
    Answer answer{"end"};
    if (helps > now) answer.helps = helps;
    if (options_.on_all_open != OnAllOpen::wait || deadline == end_of_time || curable.empty()) return answer;
    ++call.rounds;
    call.hopeless = minus(call.hopeless, minus(call.hopeless, call.asked));  // in both
    call.failed = minus(call.asked, curable);
    const bool refused_inside = verdict.says == Says::policy && verdict.hint > 0s;
    answer = {"wait", 0, now + options_.between_rounds.base};
    if (refused_inside && deadline - now <= 1min)
      answer.at = std::min(answer.at, now + std::max(verdict.hint, std::max<Duration>(deadline - now, 0s) / 32));
    if (refused_inside && verdict.kind == Kind::circuit_open && curable.contains(call.current)) opens = std::min(opens, now + verdict.hint);
    answer.at = std::max(answer.at, opens);
    answer.helps = helps > now ? helps : answer.at;
    return answer;
  }

 private:
  [[nodiscard]] bool gives_up(Call& call, Time now, const Verdict& verdict) const {
    if (!call.first_failure) call.first_failure = now;
    const Duration patience = options_.give_up_after[verdict.kind];
    return patience > 0s && now - *call.first_failure >= patience;
  }
  // Whether what the call's own target said holds for that one too.
  [[nodiscard]] bool is_said_of(unsigned target, const Verdict& verdict, const Call& call) const {
    const std::string& project = options_.targets[target].project;
    return target == call.current || ((verdict.kind == Kind::rate_limit || verdict.kind == Kind::quota) && !project.empty() &&
                                      project == options_.targets[call.current].project);
  }
  static Duration hint_of(const Verdict& verdict) {
    return verdict.remedy == Remedy::after_delay || verdict.remedy == Remedy::immediately ? verdict.hint : 0s;
  }
  // Until when its target may make the call wait: until it could ask another. One that it likes less it asks not before its patience is
  // over.
  Time may_wait_until(const Call& call, Time now, Time deadline) {
    if (deadline == end_of_time) return end_of_time;
    const Time impatient = patient_until(now, deadline);
    Time until = end_of_time;
    for (const unsigned other : minus(call.wanted, call.hopeless)) {
      if (other == call.current) continue;
      Time opens = rests_until(other);
      if (opens > now) {
        const bool is_waited_for = options_.on_all_open == OnAllOpen::wait && opens < deadline && passes(rests_[other].why);
        if (!is_waited_for) continue;
      } else {
        opens = now;
        if (call.failed.contains(other)) opens = std::max(impatient, now + options_.between_rounds.base);  // in the next round
        if (call.failed.contains(other) && (options_.on_all_open != OnAllOpen::wait || opens >= deadline)) continue;
      }
      until = std::min(until, other > call.current ? std::max(opens, impatient) : opens);
    }
    return until;
  }
  [[nodiscard]] Time patient_until(Time now, Time deadline) const {
    const Duration left = std::max<Duration>(deadline - now, 0s);
    const double share = left > options_.long_slack ? options_.patience_when_long : options_.patience;
    return now + Duration{static_cast<Duration::rep>(share * static_cast<double>(left.count()))};
  }
  // Whether a call with so much time rather waits for that target's circuit than asks a later one. Its patience is one for all such waits.
  [[nodiscard]] bool is_worth_waiting_for(Call& call, unsigned target, Time now, Time deadline) const {
    if (deadline == end_of_time || deadline - now <= options_.long_slack || rests_until(target) <= now) return false;
    if (rests_.at(target).why.kind != Kind::circuit_open) return false;
    if (!call.first_failure) call.first_failure = now;
    return rests_until(target) <= patient_until(*call.first_failure, deadline);
  }
  static Targets minus(const Targets& all, const Targets& without) {
    Targets left;
    std::set_difference(all.begin(), all.end(), without.begin(), without.end(), std::inserter(left, left.end()));
    return left;
  }
  [[nodiscard]] Targets options_all() const {
    Targets all;
    for (unsigned i = 0; i < most_targets; ++i) all.insert(i);
    return all;
  }
  [[nodiscard]] bool passes(const Verdict& verdict) const {
    return (verdict.remedy == Remedy::after_delay || verdict.remedy == Remedy::immediately) && options_.begin_anew[verdict.kind];
  }
  // The first that the call could ask instead of its own.
  [[nodiscard]] std::optional<unsigned> free_one(const Call& call, Time now) const {
    Targets left = minus(call.wanted, call.failed);
    left.erase(call.current);
    const auto found = std::find_if(left.begin(), left.end(), [&](unsigned target) { return rests_until(target) <= now; });
    return found == left.end() ? std::nullopt : std::optional{*found};
  }
  [[nodiscard]] bool another(const Call& call, Time now) const { return free_one(call, now).has_value(); }
  static Answer goes(Call& call, const char* does, unsigned target) {
    call.current = target;
    call.attempts = 1;
    return {does, target};
  }
  [[nodiscard]] std::optional<unsigned> last_resort(const Targets& left, Time deadline) {
    const auto rests_too_long = [&](unsigned target) { return rests_until(target) >= deadline; };
    for (const unsigned target : left)
      if (!rests_too_long(target) && (!rests_.contains(target) || passes(rests_[target].why))) return std::nullopt;
    for (const unsigned target : left)
      if (rests_.contains(target) &&
          (rests_[target].why.remedy == Remedy::other_model || (rests_too_long(target) && rests_[target].why.kind == Kind::circuit_open)))
        return target;
    return std::nullopt;
  }
  Answer nobody_free(const Targets& left, bool has_deadline) {
    Time opens = end_of_time;
    Time helps = end_of_time;
    std::optional<Rest> leading;
    for (const unsigned target : left) {
      const Rest& rest = rests_[target];
      opens = std::min(opens, rest.until);
      if (passes(rest.why)) helps = std::min(helps, rest.until);
      const bool better = !leading || more_actionable(rest.why.kind, leading->why.kind) ||
                          (!more_actionable(leading->why.kind, rest.why.kind) && rest.until < leading->until);
      if (better) leading = rest;
    }
    const bool waits = options_.on_all_open == OnAllOpen::wait && has_deadline && helps != end_of_time;
    return {waits ? "ask" : "reject", 0, waits ? helps : opens, leading->why.kind};
  }

  const FallbackOptions& options_;
  Targets allowed_;
  std::map<unsigned, Rest> rests_;
};

Answer told(const Admission& admission) {
  switch (admission.form()) {
    case Admission::Form::go: return {"go", admission.target(), {}, Kind::ok, admission.start_by()};
    case Admission::Form::go_at:
      if (admission.nowhere_else()) return {"go alone", admission.target(), {}, Kind::ok, admission.start_by()};
      return {admission.insists() ? "insist" : "go at", admission.target()};
    case Admission::Form::pass_over: return {"pass over", admission.target(), admission.at(), admission.why()};
    case Admission::Form::ask_at: return {"ask", 0, admission.at(), admission.why()};
    case Admission::Form::reject: return {"reject", 0, admission.at(), admission.why()};
    case Admission::Form::wait: break;
  }
  return {"nonsense"};
}

Answer told(const Reaction& reaction) {
  Answer answer{"end"};
  if (reaction.again()) answer = reaction.at() == Time{} ? Answer{"again"} : Answer{"wait", 0, reaction.at()};
  answer.helps = reaction.earliest();
  return answer;
}

struct Dice {
  SplitMix64 draws;
  unsigned below(unsigned bound) { return static_cast<unsigned>(draws() % bound); }
  template <class Choice>
  Choice one_of(std::initializer_list<Choice> choices) {
    return choices.begin()[below(static_cast<unsigned>(choices.size()))];
  }
};

// One look of a thread at the rests, or one change of them, and what it was told. A chain makes each target rest by itself, and then looks
// where to go.
struct ChainStep {
  enum class What : std::uint8_t { admit, extra, remember, decide } what = What::admit;
  unsigned thread = 0;
  Verdict verdict{};
  unsigned target = 0;
  Answer answer{};
};

// Walks one call to its end, by a script of failures.
std::vector<ChainStep> walk(const FallbackChain& chain, FallbackChain::State& state, unsigned thread, Now now,
                            const std::vector<Verdict>& failures) {
  std::vector<ChainStep> steps;
  FallbackChain::Call call;
  Attempt attempt;
  auto failure = failures.begin();
  for (;;) {
    const Admission admission = chain.admit(state, call, now, attempt);
    steps.push_back({ChainStep::What::admit, thread, {}, 0, told(admission)});
    if (admission.form() == Admission::Form::pass_over) continue;
    if (admission.form() != Admission::Form::go) return steps;
    attempt.target = admission.target();
    for (bool again = true; again;) {
      if (failure == failures.end()) return steps;
      Verdict verdict = *failure++;
      const Duration hint = std::exchange(verdict.hint, 0s);
      again = chain.extra(state, call, now, attempt, verdict);
      steps.push_back({ChainStep::What::extra, thread, verdict, 0, {again ? "again" : "no more"}});
      if (again) continue;
      verdict.hint = hint;
      Answer answer = told(chain.settle(state, call, now, attempt, verdict));
      answer.helps = end_of_time;  // for that it asks each target in turn
      for (unsigned target = 0; target < chain.targets(); ++target)
        steps.push_back({ChainStep::What::remember, thread, verdict, target, {}});
      steps.push_back({ChainStep::What::decide, thread, verdict, 0, answer});
      if (answer.does == "end") return steps;
    }
    attempt.target = 0;
  }
}

struct Both {
  ChainModel model;
  std::array<ChainModel::Call, 2> calls{};

  friend bool operator==(const Both&, const Both&) = default;
};

bool answers(Both& both, Time at, const ChainStep& step) {
  ChainModel::Call& call = both.calls[step.thread];
  switch (step.what) {
    case ChainStep::What::admit: {
      const Answer answer = both.model.admit(call, at, end_of_time);
      if (answer.does == "reject") return step.answer.does == "reject";  // for when and why it asks each target in turn
      return answer == step.answer;
    }
    case ChainStep::What::extra: return both.model.extra(call, at, step.verdict, end_of_time, false) == (step.answer.does == "again");
    case ChainStep::What::remember: both.model.remember(call, at, step.verdict, step.target); return true;
    case ChainStep::What::decide: {
      Answer answer = both.model.decide(call, at, step.verdict, end_of_time);
      answer.helps = end_of_time;
      return answer == step.answer;
    }
  }
  return false;
}

FallbackOptions drawn_options(Dice& dice) {
  FallbackOptions options;
  const unsigned count = 1 + dice.below(5);
  for (unsigned i = 0; i < count; ++i) {
    options.targets.push_back({.name = std::string(1, static_cast<char>('a' + i))});
    if (dice.below(2) == 0) options.targets.back().price = dice.one_of({0.01, 0.02, 0.03});
    options.targets.back().project = dice.one_of({"", "ours", "theirs"});
  }
  if (dice.below(4) == 0) {
    options.targets[0].price = 0.02;  // so that the ceiling leaves one
    options.price_ceiling = dice.one_of({0.02, 0.03, any_price});
  }
  options.on_all_open = dice.one_of({OnAllOpen::wait, OnAllOpen::wait, OnAllOpen::fail, OnAllOpen::least_bad});
  options.between_rounds = {.base = 5s, .cap = 5s, .jitter = Jitter::none};
  options.patience = dice.one_of({0.0, 0.05, 0.5, 1.0});
  options.patience_when_long = dice.one_of({0.0, 0.25, 0.75, 1.0});
  options.long_slack = dice.one_of<Duration>({0s, 30s, 2h});
  options.longest_rest = dice.one_of<Duration>({0s, 20s, 10min});
  options.rest_jitter = 0.0;
  if (dice.below(3) == 0) options.give_up_after.set(Kind::overload, 30s);
  if (dice.below(3) == 0) options.rest.set(Kind::internal, 1min);
  if (dice.below(3) == 0) options.rest.set(Kind::quota, 1min);
  return options;
}

Verdict drawn_verdict(Dice& dice) {
  const Kind kind = dice.one_of({Kind::overload, Kind::overload, Kind::rate_limit, Kind::internal, Kind::quota, Kind::no_image,
                                 Kind::not_found, Kind::permission, Kind::circuit_open, Kind::safety_output, Kind::bad_request});
  Verdict verdict = kind == Kind::circuit_open ? support::refused_inside(kind, 10s) : said(kind);
  if (kind == Kind::permission) verdict.remedy = Remedy::other_model;
  if (dice.below(6) == 0) verdict.says = Says::policy;
  if (dice.below(3) == 0) verdict.hint = std::chrono::seconds{dice.below(60)};
  return verdict;
}

}  // namespace

TEST_CASE("A chain answers like its model, with any number of calls at once", "[properties]") {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Dice dice{SplitMix64{seed}};
    const FallbackOptions options = drawn_options(dice);
    const FallbackChain chain{options};
    FallbackChain::State state;
    ChainModel model{options};
    support::HandClock clock;
    clock.set(1s);

    struct Under {
      FallbackChain::Call call;
      ChainModel::Call expected;
      Attempt outside, inside;
      bool admitted = false;
      bool over = false;
    };
    std::array<Under, 4> calls;
    for (int step = 0; step < 300; ++step) {
      clock.pass(std::chrono::milliseconds{dice.below(4) == 0 ? dice.below(30'000) : dice.below(50)});
      const Time now = clock.now()();
      Under& one = calls[dice.below(4)];
      CAPTURE(seed, step);
      if (one.over || one.expected.wanted.empty()) {  // a new call
        one = {};
        if (dice.below(2) == 0) one.outside.targets = static_cast<TargetSet>(1 + dice.below(31));
        if (dice.below(3) != 0) one.outside.deadline = now + dice.one_of<Duration>({24h, 24h, 1min, 5s});
        for (const unsigned target : model.allowed())
          if (one.outside.targets == 0 || (one.outside.targets >> target & 1U) != 0) one.expected.wanted.insert(target);
        one.over = one.expected.wanted.empty();
        if (one.over) {
          CHECK(told(chain.admit(state, one.call, clock.now(), one.outside)) == Answer{"reject", 0, end_of_time, Kind::no_target});
          continue;
        }
      }
      const Time deadline = one.outside.deadline;
      if (!one.admitted) {
        const Admission admission = chain.admit(state, one.call, clock.now(), one.outside);
        const Answer answer = told(admission);
        REQUIRE(answer == model.admit(one.expected, now, deadline));
        ++seen[answer.does];
        one.admitted = answer.does == "go" || answer.does == "go alone" || answer.does == "insist";
        one.over = answer.does == "reject";
        if (one.admitted) {
          CHECK(one.expected.wanted.contains(admission.target()));  // never one that is too dear, or excluded
          one.inside = one.outside;
          one.inside.target = admission.target();
          one.inside.insists = admission.insists();
        }
        continue;
      }
      if (dice.below(4) == 0) {
        CHECK_FALSE(chain.settle(state, one.call, clock.now(), one.inside, support::success()).again());
        one.over = true;
        continue;
      }
      Verdict verdict = drawn_verdict(dice);
      if (dice.below(2) == 0) {
        const bool again = chain.extra(state, one.call, clock.now(), one.inside, verdict);
        REQUIRE(again == model.extra(one.expected, now, verdict, deadline, one.inside.insists));
        if (again) continue;
      }
      const Answer answer = told(chain.settle(state, one.call, clock.now(), one.inside, verdict));
      REQUIRE(answer == model.settle(one.expected, now, verdict, deadline));
      ++seen[answer.does];
      for (unsigned target = 0; target < chain.targets(); ++target)
        if (model.rests_until(target) > now) REQUIRE(state.until(target) == model.rests_until(target));
      one.over = answer.does == "end";
      one.admitted = false;
    }
  }
  for (const char* does : {"go", "go alone", "insist", "pass over", "ask", "reject", "again", "wait", "end"}) {
    CAPTURE(does);
    CHECK(seen[does] > 100);
  }
}

TEST_CASE("Threads that make targets rest leave the longest rest of each, with its own reason", "[properties]") {
  constexpr unsigned chain_length = 3;
  constexpr Duration of_the_run = 100s;  // the threads' clocks stay below it
  FallbackOptions options;
  options.targets = {{.name = "first"}, {.name = "second"}, {.name = "third"}};
  const FallbackChain chain{options};
  struct Extension {
    unsigned target;
    Time until;
    Kind why;
  };
  for (std::uint64_t round = 1; round <= 20; ++round) {
    FallbackChain::State state;
    std::array<std::vector<Extension>, 2> logs;
    std::array<int, 2> shortened{};
    std::vector<std::thread> threads;
    for (unsigned me = 0; me < 2; ++me)
      threads.emplace_back([&, me] {
        Dice dice{SplitMix64{round * 2 + me}};
        support::HandClock clock;
        for (int step = 0; step < 3000; ++step) {
          const unsigned target = dice.below(chain_length);
          const Time before = state.until(target);
          FallbackChain::Call call;
          Attempt attempt;
          attempt.targets = static_cast<TargetSet>(1U << target);
          clock.set(std::chrono::milliseconds{dice.below(100'000)});
          if (chain.admit(state, call, clock.now(), attempt).form() == Admission::Form::go) {
            const Verdict verdict =
                said(dice.one_of({Kind::overload, Kind::rate_limit, Kind::internal}), std::chrono::milliseconds{dice.below(300'000)});
            static_cast<void>(chain.settle(state, call, clock.now(), attempt, verdict));
            logs[me].push_back({target, clock.now()() + verdict.hint, verdict.kind});
          }
          if (before > Time{of_the_run} && state.until(target) < before) ++shortened[me];
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(shortened == std::array<int, 2>{});
    for (unsigned target = 0; target < chain_length; ++target) {
      Extension longest{target, Time{}, Kind::ok};
      for (const auto& log : logs)
        for (const Extension& one : log)
          if (one.target == target && one.until > longest.until) longest = one;
      CAPTURE(round, target);
      REQUIRE(longest.until > Time{of_the_run});
      CHECK(state.until(target) == longest.until);
      CHECK(state.of(target).why == longest.why);
    }
  }
}

TEST_CASE("Two calls that walk a chain in two threads are told what they would be told in some order", "[properties]") {
  FallbackOptions options;
  options.targets = {{.name = "a", .project = "ours"}, {.name = "b", .project = "ours"}, {.name = "c", .project = "theirs"}, {.name = "d"}};
  options.on_all_open = OnAllOpen::fail;
  const FallbackChain chain{options};
  support::HandClock clock;
  clock.set(1s);
  const Now now = clock.now().read();
  const Time at = now();

  constexpr int rounds = 500;
  std::optional<FallbackChain::State> state;
  std::array<std::vector<Verdict>, 2> failures;
  std::array<std::vector<ChainStep>, 2> steps;
  std::barrier turn{3};
  support::Meeting meeting;
  bool over = false;
  const auto work = [&](unsigned thread) {
    for (;;) {
      turn.arrive_and_wait();
      if (over) return;
      meeting.arrive_and_wait();
      steps[thread] = walk(chain, *state, thread, now, failures[thread]);
      turn.arrive_and_wait();
    }
  };
  std::thread first{work, 0U};
  std::thread second{work, 1U};

  int unexplained = 0;
  int met = 0;  // one was sent past a target that the other made rest
  // On a busy machine they may go by turns for long.
  for (int round = 0; round < rounds || (met == 0 && round < 100 * rounds); ++round) {
    Dice dice{SplitMix64{static_cast<std::uint64_t>(round)}};
    state.emplace();
    for (unsigned thread = 0; thread < 2; ++thread) {
      failures[thread].resize(dice.below(6));
      for (Verdict& verdict : failures[thread])  // with no hint that the other thread has too, so that of two one is the longer
        verdict = said(dice.one_of({Kind::rate_limit, Kind::overload, Kind::internal}),
                       std::chrono::milliseconds{2 * dice.below(150'000) + thread});
    }
    turn.arrive_and_wait();
    turn.arrive_and_wait();
    Both both{ChainModel{options}};
    for (ChainModel::Call& call : both.calls) call.wanted = both.model.allowed();
    const auto fits = [&](Both& before, const ChainStep& step) { return answers(before, at, step); };
    const auto ends = [&](const Both& after) {
      for (unsigned target = 0; target < chain.targets(); ++target)
        if (state->until(target) != after.model.rests_until(target)) return false;
      return true;
    };
    if (!support::linearizable(both, steps[0], steps[1], fits, ends)) ++unexplained;
    for (const auto& mine : steps)
      if (mine.front().answer.does == "pass over") ++met;
  }
  over = true;
  turn.arrive_and_wait();
  first.join();
  second.join();
  CHECK(unexplained == 0);
  CHECK(met > 0);
}
