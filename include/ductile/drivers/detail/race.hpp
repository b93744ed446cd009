// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/call_options.hpp>  // CallOptions
#include <ductile/core/kind.hpp>          // Kind, Says, Sent, is_about_content, more_actionable
#include <ductile/core/machine.hpp>       // Asks, Walk
#include <ductile/core/operation.hpp>     // Repetition, is_tagged, repetition_of
#include <ductile/core/result.hpp>        // Result
#include <ductile/detail/min_max.hpp>
#include <ductile/drivers/detail/layers_part.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

// What a pipeline with a hedge is for its drivers. The layers to the hedge, the trunk, have a machine as every call has. What that calls an
// attempt is a race: each of its branches is a call of its own through the layers inside, with a machine over these.
namespace ductile::inline DUCTILE_VERSION::detail {

inline constexpr std::size_t most_branches = 8;

// Where the hedge stands.
template <class Layers>
inline constexpr std::size_t hedge_position = [] {
  std::size_t position = Layers::count;
  [&]<std::size_t... Is>(std::index_sequence<Is...>) {
    ((position = position == Layers::count && Layers::template role<Is> == Role::hedge ? Is : position), ...);
  }(std::make_index_sequence<Layers::count>{});
  return position;
}();

template <class Body>
class TrunkOf {
  using Whole = typename Body::LayersType;

 public:
  using LayersType = LayersPart<Whole, 0, std::make_index_sequence<hedge_position<Whole> + 1>, PartOfRace::trunk>;
  using ObserversType = typename Body::ObserversType;

  explicit TrunkOf(Body& body) noexcept : body_(&body), layers_(body.layers()) {}

  [[nodiscard]] LayersType& layers() noexcept { return layers_; }
  [[nodiscard]] ObserversType& observers() noexcept { return body_->observers(); }
  [[nodiscard]] Body& pipeline() noexcept { return *body_; }

 private:
  Body* body_;
  LayersType layers_;
};

template <class Body>
class BranchOf {
  using Whole = typename Body::LayersType;
  static constexpr std::size_t first = hedge_position<Whole> + 1;

 public:
  using LayersType = LayersPart<Whole, first, std::make_index_sequence<Whole::count - first>, PartOfRace::branch>;
  using ObserversType = typename Body::ObserversType;

  BranchOf(Body& body, const Attempt& attempt, std::uint64_t call) noexcept
      : body_(&body), layers_(body.layers()), attempt_(attempt), call_(call) {}

  [[nodiscard]] LayersType& layers() noexcept { return layers_; }
  [[nodiscard]] ObserversType& observers() noexcept { return body_->observers(); }
  [[nodiscard]] Body& pipeline() noexcept { return *body_; }
  [[nodiscard]] const Attempt& attempt() const noexcept { return attempt_; }
  [[nodiscard]] std::uint64_t call() const noexcept { return call_; }

 private:
  Body* body_;
  LayersType layers_;
  Attempt attempt_;
  std::uint64_t call_;
};

// As of a call; but what observers are told of is the call, not its branches.
template <class Body>
[[nodiscard]] Walk<typename BranchOf<Body>::LayersType> begin_walk(BranchOf<Body>& body, Now& now, const CallOptions&) {
  now = now.read();
  Walk<typename BranchOf<Body>::LayersType> walk;
  walk.began = now();
  walk.attempts[0] = body.attempt();
  walk.call = body.call();
  return walk;
}

// What the drivers make a call of: the pipeline, or its trunk. How a call keeps it; and the pipeline again.
template <class Body>
using DrivenBody = std::conditional_t<Body::LayersType::hedged, TrunkOf<Body>, Body>;

template <class Body>
struct PipelineOf {
  using type = Body;
  using Kept = Body&;
};
template <class Body>
struct PipelineOf<TrunkOf<Body>> {
  using type = Body;
  using Kept = TrunkOf<Body>;
};
template <class Body>
struct PipelineOf<BranchOf<Body>> {
  using type = Body;
  using Kept = BranchOf<Body>;
};
template <class Body>
using KeptBody = typename PipelineOf<Body>::Kept;

template <class Body>
[[nodiscard]] KeptBody<DrivenBody<Body>> driven(Body& body) noexcept {
  if constexpr (Body::LayersType::hedged)
    return TrunkOf<Body>{body};
  else
    return body;
}

template <class Body>
[[nodiscard]] typename PipelineOf<Body>::type& pipeline_of(Body& body) noexcept {
  if constexpr (std::is_same_v<typename PipelineOf<Body>::type, Body>)
    return body;
  else
    return body.pipeline();
}

// What two attempts side by side ask of the operation.
template <class Body, class Operation>
consteval bool explain_hedge() {
  if constexpr (Body::LayersType::hedged) {
    constexpr bool says_repeatable = is_tagged<Operation> && repetition_of<Operation> == Repetition::repeatable;
    static_assert(says_repeatable,
                  "ductile E0118: Hedge makes attempts of this operation side by side, and nothing says that doing it twice is harmless; "
                  "pass repeatable(operation) if it is, or leave Hedge out (docs/rules/E0118.md)");
    return says_repeatable;
  } else {
    return true;
  }
}

// How the race of one attempt stands. Does no I/O: a driver begins and stops the branches, and tells what becomes of them.
template <class Trunk, class T>
class Race {
 public:
  // The attempt of the next branch; `begun` when the driver has made it.
  [[nodiscard]] Attempt next(Trunk& trunk) {
    if (begun_ == 0) return trunk.begin_race();
    Attempt attempt = trunk.race_attempt();
    attempt.lane = begun_;
    attempt.number = trunk.trips() + 1;
    attempt.insists = false;  // there is something better than a circuit that is open: the attempt that is under way
    attempt.start_by = detail::min(attempt.start_by, later(wanted_at_, wanted_.after));  // a hedge that comes later helps nobody
    if (wanted_.elsewhere)
      if (const auto target = trunk.target_beside(taken_)) attempt.come_to(static_cast<std::uint8_t>(*target));
    return attempt;
  }
  void begun(const Attempt& attempt) noexcept {
    ++begun_;
    ++open_;
    taken_ = static_cast<TargetSet>(taken_ | 1U << attempt.target);
    wanted_at_ = end_of_time;
  }
  // No further branch begins.
  void close() noexcept { closed_ = true; }

  // Whether the branch, let in by all its layers, makes its attempt: a hedge only if the layers outside agree, and only beside another, and
  // in no race that is closed.
  template <class Branch>
  [[nodiscard]] bool may_attempt(Trunk& trunk, Branch& branch, const Attempt& attempt, Time now) {
    if (attempt.lane > 0 && (closed_ || !trunk.agreed_to_hedge())) return false;
    trunk.count_trip(branch);
    if (attempt.lane == 0) first_began_ = now;
    const auto wanted = trunk.beside(attempt);
    if (!wanted || attempt.lane + 1U == most_branches || later(now, wanted->after) >= attempt.deadline) return true;
    wanted_ = *wanted;
    wanted_at_ = later(now, wanted->after);
    return true;
  }

  // When the next branch is to begin; the end of time: none, as things are.
  [[nodiscard]] Time next_at() const noexcept { return closed_ ? end_of_time : wanted_at_; }

  // A branch's machine has come to its end; `left` when nothing of the branch is under way any more.
  template <class Branch>
  void ended(Trunk& trunk, Branch& branch, const Attempt& attempt, Time now) {
    trunk.take_trail(branch, attempt.lane != 0, first_began_);
    Verdict verdict = branch.risen();
    const bool own_target = attempt.target == trunk.race_attempt().target;
    if (!own_target) verdict.hint = {};  // how long that target is to be left alone says nothing of this one
    if (verdict.ok() && !won()) {
      if (first_began_ != end_of_time && !first_ended_) trunk.learn(now - first_began_, attempt.lane != 0);
    }
    if (attempt.lane == 0) first_ended_ = true;
    if (verdict.sent != Sent::no) sent_ = Sent::unknown;
    Result<T> result = branch.finish_branch();
    const Rank rank = rank_of(trunk, result, verdict, own_target);
    if (rank >= Rank::stopped) close();  // at once: what is due may come before the driver has stopped the others
    if (result_ && !leads(rank, verdict, attempt.lane == 0)) return;
    result_.reset();
    result_.emplace(std::move(result));
    verdict_ = verdict;
    rank_ = rank;
    attempt_ = attempt;
  }

  void left() noexcept { --open_; }
  // It has left without an end, and so without a word on what it sent.
  void lost() noexcept {
    sent_ = Sent::unknown;
    left();
  }

  [[nodiscard]] bool won() const noexcept { return rank_ == Rank::succeeded; }
  // The other branches can be stopped.
  [[nodiscard]] bool decided() const noexcept { return rank_ >= Rank::thrown; }
  [[nodiscard]] bool over() const noexcept { return open_ == 0; }
  [[nodiscard]] bool has_end() const noexcept { return result_.has_value(); }
  // What is known of all attempts together, when none has won.
  [[nodiscard]] Sent sent() const noexcept { return sent_; }

  // Tells the trunk how it ended.
  [[nodiscard]] Asks finish(Trunk& trunk) {
    if (rank_ == Rank::thrown) return trunk.end_with(std::move(*result_).error());
    return trunk.race_ended(std::move(*result_), verdict_, attempt_);
  }

 private:
  // What the layers outside are told of several ends: the first success or block, and of a branch that we ended ourselves nothing. What a
  // chain hears of a target is what that target said; but what stops the call stops it wherever it was said, and what says so of the
  // content is not got round by an answer that comes later. An exception that nobody claims ends the call.
  enum class Rank : std::uint8_t { abandoned, failed_elsewhere, refused, failed, stopped, thrown, succeeded, blocked };

  [[nodiscard]] static Rank rank_of(const Trunk& trunk, const Result<T>& result, const Verdict& verdict, bool own_target) noexcept {
    if (verdict.ok()) return Rank::succeeded;
    if (verdict.kind == Kind::abandoned) return result.assume_error().says() == Says::caller ? Rank::abandoned : Rank::thrown;
    if (verdict.says != Says::policy && trunk.stops(verdict)) return is_about_content(verdict.kind) ? Rank::blocked : Rank::stopped;
    if (!own_target) return Rank::failed_elsewhere;
    return verdict.says == Says::policy ? Rank::refused : Rank::failed;
  }
  [[nodiscard]] bool leads(Rank rank, const Verdict& verdict, bool is_first) const noexcept {
    if (rank_ >= Rank::succeeded) return false;
    if (rank != rank_) return rank > rank_;
    if (more_actionable(verdict.kind, verdict_.kind)) return true;
    return is_first && !more_actionable(verdict_.kind, verdict.kind);
  }

  std::uint8_t begun_ = 0;
  std::uint8_t open_ = 0;
  bool first_ended_ = false;
  bool closed_ = false;
  TargetSet taken_ = 0;
  Rank rank_ = Rank::abandoned;
  Sent sent_ = Sent::no;
  Time first_began_ = end_of_time;
  Time wanted_at_ = end_of_time;
  Beside wanted_{};
  Attempt attempt_{};
  Verdict verdict_{};
  std::optional<Result<T>> result_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
