// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>  // Note
#include <ductile/core/gate.hpp>     // Gate
#include <ductile/core/now.hpp>      // Time, end_of_time
#include <ductile/core/trail.hpp>    // WaitSource
#include <ductile/core/verdict.hpp>  // FailureId, Kind, Remedy

#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

/// What a policy wants an observer to know, beside its answer.
enum class Signal : std::uint8_t {
  none,
  circuit_opened,
  circuit_half_opened,
  circuit_closed,
  quota_surprise,   ///< The service refused while the ledger had room.
  circuit_isolated  ///< By hand.
};

/// The name, as in metrics.
[[nodiscard]] constexpr const char* name(Signal signal) noexcept {
  switch (signal) {
    case Signal::none: return "none";
    case Signal::circuit_opened: return "circuit_opened";
    case Signal::circuit_half_opened: return "circuit_half_opened";
    case Signal::circuit_closed: return "circuit_closed";
    case Signal::quota_surprise: return "quota_surprise";
    case Signal::circuit_isolated: return "circuit_isolated";
  }
  return "none";
}

/// A policy's answer to "may this attempt go inwards?". May edit the attempt; an edit counts only when the policy declares it in `edits`.
class Admission {
 public:
  enum class Form : std::uint8_t { go, go_at, ask_at, wait, reject, pass_over };

  /// Admitted.
  [[nodiscard]] static constexpr Admission go() noexcept { return Admission{Form::go}; }

  /// Admitted, and holds what it reserved, but goes on only at `time`.
  /// \param why What a call fails with when `time` does not fit its deadline; the admission is then settled as abandoned.
  [[nodiscard]] static constexpr Admission go_at(Time time, Kind why, WaitSource source) noexcept {
    return timed(Form::go_at, time, why, source);
  }

  /// Admitted now, and an open breaker further in lets the attempt through (`Attempt::insists`): for who knows that nothing better is left.
  /// Needs `edits_target`.
  [[nodiscard]] static constexpr Admission insist(Time now) noexcept {
    Admission admission = timed(Form::go_at, now, Kind::ok, WaitSource::none);
    admission.others_ = Others::none_better;
    return admission;
  }

  /// Admitted now, and no other target is free (`Attempt::nowhere_else`). Needs `edits_target`.
  [[nodiscard]] static constexpr Admission alone(Time now) noexcept {
    Admission admission = timed(Form::go_at, now, Kind::ok, WaitSource::none);
    admission.others_ = Others::none_free;
    return admission;
  }

  /// Not admitted; asked again at `time`. \param why As for `go_at`.
  [[nodiscard]] static constexpr Admission ask_at(Time time, Kind why, WaitSource source) noexcept {
    return timed(Form::ask_at, time, why, source);
  }

  /// Waits at `gate`. The driver enters it with `ticket`. What it grants is given to `granted` of the policy, or admits when the policy has
  /// no such member. \param patience When the wait ends without an answer (as `Grant::Status::failed`).
  [[nodiscard]] static constexpr Admission wait(Gate& gate, Kind why, std::uint64_t ticket = 0, Time patience = end_of_time) noexcept {
    Admission admission = timed(Form::wait, patience, why, WaitSource::gate);
    admission.gate_ = &gate;
    admission.ticket_ = ticket;
    return admission;
  }

  /// Refused. \param earliest The first moment at which asking again can help; `end_of_time`: none is known.
  [[nodiscard]] static constexpr Admission reject(Kind why, Time earliest = end_of_time, FailureId id = {}) noexcept {
    Admission admission = timed(Form::reject, earliest, why, WaitSource::none);
    admission.id_ = id;
    admission.remedy_ = earliest == end_of_time ? default_remedy(why) : Remedy::after_delay;
    return admission;
  }

  /// Not admitted for `target`: the trail and the observers are told why, and the policy is asked again at once. For a policy that chooses
  /// targets. \param until As for `reject`.
  [[nodiscard]] static constexpr Admission pass_over(unsigned target, Kind why, Time until = end_of_time) noexcept {
    return timed(Form::pass_over, until, why, WaitSource::none).on(target);
  }

  /// The same answer, with the attempt's deadline brought forward to `deadline`. Needs `edits_deadline`.
  [[nodiscard]] constexpr Admission until(Time deadline) const noexcept {
    Admission edited = *this;
    edited.deadline_ = deadline;
    return edited;
  }
  /// The same answer, for that target. Needs `edits_target`.
  [[nodiscard]] constexpr Admission on(unsigned target) const noexcept {
    Admission edited = *this;
    edited.target_ = static_cast<std::uint8_t>(target);
    return edited;
  }
  /// The same answer, with that wording of the request. Needs `edits_revision`.
  [[nodiscard]] constexpr Admission revised(unsigned revision) const noexcept {
    Admission edited = *this;
    edited.revision_ = static_cast<std::uint8_t>(revision);
    return edited;
  }
  /// The same answer; layers inside may let the attempt wait until `time` and no longer. Needs `edits_start`.
  [[nodiscard]] constexpr Admission starting_by(Time time) const noexcept {
    Admission edited = *this;
    edited.start_by_ = time;
    return edited;
  }
  /// The same answer; if it becomes a failure, that has this remedy.
  [[nodiscard]] constexpr Admission with(Remedy remedy) const noexcept {
    Admission edited = *this;
    edited.remedy_ = remedy;
    return edited;
  }
  /// The same answer; if it becomes a failure, that has this catalogue row.
  [[nodiscard]] constexpr Admission naming(FailureId id) const noexcept {
    Admission edited = *this;
    edited.id_ = id;
    return edited;
  }
  /// The same answer, with something for the observer.
  [[nodiscard]] constexpr Admission noting(Signal signal) const noexcept {
    Admission edited = *this;
    edited.signal_ = signal;
    return edited;
  }

  [[nodiscard]] constexpr Form form() const noexcept { return form_; }
  [[nodiscard]] constexpr Time at() const noexcept { return at_; }
  [[nodiscard]] constexpr Kind why() const noexcept { return why_; }
  [[nodiscard]] constexpr WaitSource source() const noexcept { return source_; }
  [[nodiscard]] constexpr Gate* gate() const noexcept { return gate_; }
  [[nodiscard]] constexpr std::uint64_t ticket() const noexcept { return ticket_; }
  [[nodiscard]] constexpr FailureId id() const noexcept { return id_; }
  [[nodiscard]] constexpr Remedy remedy() const noexcept { return remedy_; }
  [[nodiscard]] constexpr Signal signal() const noexcept { return signal_; }
  [[nodiscard]] constexpr bool nowhere_else() const noexcept { return others_ == Others::none_free; }
  [[nodiscard]] constexpr bool insists() const noexcept { return others_ == Others::none_better; }
  [[nodiscard]] constexpr Time deadline() const noexcept { return deadline_; }
  [[nodiscard]] constexpr Time start_by() const noexcept { return start_by_; }
  [[nodiscard]] constexpr std::uint8_t target() const noexcept { return target_; }
  [[nodiscard]] constexpr std::uint8_t revision() const noexcept { return revision_; }

  friend constexpr bool operator==(const Admission&, const Admission&) = default;

 private:
  constexpr explicit Admission(Form form) noexcept : form_(form) {}

  static constexpr Admission timed(Form form, Time at, Kind why, WaitSource source) noexcept {
    Admission admission{form};
    admission.at_ = at;
    admission.why_ = why;
    admission.source_ = source;
    return admission;
  }

  // What a chain says of its other targets. In one byte, since with another the happy path would copy a word more.
  enum class Others : std::uint8_t { unknown, none_free, none_better };

  Form form_;
  Kind why_ = Kind::ok;
  WaitSource source_ = WaitSource::none;
  Remedy remedy_ = Remedy::after_delay;
  Signal signal_ = Signal::none;
  Others others_ = Others::unknown;
  std::uint8_t target_ = 0;
  std::uint8_t revision_ = 0;
  Time at_{};
  Time deadline_ = end_of_time;
  Time start_by_ = end_of_time;
  Gate* gate_ = nullptr;
  std::uint64_t ticket_ = 0;
  FailureId id_{};
};

/// A policy's answer to "how did it end, and what follows?". After a success nothing follows.
class Reaction {
 public:
  /// Nothing: the failure rises to the next layer outside.
  [[nodiscard]] static constexpr Reaction pass() noexcept { return Reaction{}; }
  /// Another trip from this layer inwards, at once.
  [[nodiscard]] static constexpr Reaction again_now() noexcept {
    Reaction reaction;
    reaction.again_ = true;
    return reaction;
  }
  /// Another trip from this layer inwards, at `time`. Refused by the driver when `time` does not fit the layer's deadline; the failure then
  /// says that trying again can help from `time` on, or from what `earliest` was told.
  [[nodiscard]] static constexpr Reaction again_at(Time time, WaitSource source) noexcept {
    Reaction reaction;
    reaction.again_ = true;
    reaction.at_ = time;
    reaction.earliest_ = time;
    reaction.source_ = source;
    return reaction;
  }
  /// The same answer, with something for the observer.
  [[nodiscard]] constexpr Reaction noting(Signal signal) const noexcept {
    Reaction edited = *this;
    edited.signal_ = signal;
    return edited;
  }
  /// The same answer, with what the caller should know about the end: why there is no further trip.
  [[nodiscard]] constexpr Reaction because(Note note) const noexcept {
    Reaction edited = *this;
    edited.note_ = note;
    return edited;
  }
  /// The same answer; the layers outside take the failure for one of `kind`, with that kind's remedy. What the caller is told in the end is
  /// what the other side said.
  [[nodiscard]] constexpr Reaction taken_for(Kind kind) const noexcept {
    Reaction edited = *this;
    edited.taken_for_ = kind;
    return edited;
  }
  /// The same answer; the failure that rises says that trying again can help from `time` on.
  [[nodiscard]] constexpr Reaction earliest(Time time) const noexcept {
    Reaction edited = *this;
    edited.earliest_ = time;
    return edited;
  }

  [[nodiscard]] constexpr bool again() const noexcept { return again_; }
  /// When; the epoch means at once.
  [[nodiscard]] constexpr Time at() const noexcept { return at_; }
  [[nodiscard]] constexpr WaitSource source() const noexcept { return source_; }
  [[nodiscard]] constexpr Signal signal() const noexcept { return signal_; }
  [[nodiscard]] constexpr Note note() const noexcept { return note_; }
  [[nodiscard]] constexpr Time earliest() const noexcept { return earliest_; }
  /// `Kind::ok`: for what it is.
  [[nodiscard]] constexpr Kind taken_for() const noexcept { return taken_for_; }

  friend constexpr bool operator==(const Reaction&, const Reaction&) = default;

 private:
  constexpr Reaction() noexcept = default;

  bool again_ = false;
  WaitSource source_ = WaitSource::none;
  Signal signal_ = Signal::none;
  Note note_ = Note::none;
  Kind taken_for_ = Kind::ok;
  Time at_{};
  Time earliest_ = end_of_time;
};

}  // namespace ductile::inline DUCTILE_VERSION
