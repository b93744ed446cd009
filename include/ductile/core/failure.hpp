// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>      // Time, end_of_time
#include <ductile/core/trail.hpp>    // Trail
#include <ductile/core/verdict.hpp>  // FailureId, Kind, Remedy, Says, Verdict
#include <ductile/detail/owned.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <iosfwd>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// The raw value that a verdict was made from (a response, an error object, an exception), whatever its type. Copies share it.
///
/// Works without run-time type information. Allocates only when a failure is made.
class Cause {
 public:
  Cause() noexcept = default;

  /// Keeps `raw`. (A plain `Cause{raw}` would be taken for a copy when `raw` is a `Cause`.)
  template <class Raw>
  [[nodiscard]] static Cause of(Raw&& raw) {
    using Kept = std::remove_cvref_t<Raw>;
    Cause cause;
    cause.shared_ = new SharedOf<Kept>{&type_tag<Kept>, std::forward<Raw>(raw)};
    return cause;
  }

  Cause(const Cause& other) noexcept : shared_(other.shared_) {
    if (shared_) shared_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  Cause(Cause&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Cause& operator=(Cause other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~Cause() {
    // Release and acquire: whoever deletes it has seen what every other holder read.
    if (shared_ && shared_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared_;
  }

  /// The raw value when it is a `Raw`, else null. Lives as long as a copy of this cause does.
  template <class Raw>
  [[nodiscard]] const Raw* get() const noexcept {
    return shared_ && shared_->type == &type_tag<Raw> ? &static_cast<const SharedOf<Raw>*>(shared_)->raw : nullptr;
  }

  [[nodiscard]] explicit operator bool() const noexcept { return shared_ != nullptr; }

 private:
  // Its address names the type. A variable that can be written: linkers fold functions, and constants, that look alike.
  template <class>
  static inline char type_tag{};

  struct Shared {
    explicit Shared(const char* tag) noexcept : type(tag) {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    virtual ~Shared() = default;

    const char* type;
    std::atomic<unsigned> holders{1};
  };
  template <class Raw>
  struct SharedOf final : Shared {
    template <class Given>
    SharedOf(const char* tag, Given&& given) : Shared(tag), raw(std::forward<Given>(given)) {}
    Raw raw;
  };

  Shared* shared_ = nullptr;
};

/// One thing that a verdict rests on.
struct Evidence {
  std::string where;  ///< A path into the answer: "error.details[0].violations[0].quotaId".
  std::string what;   ///< What stood there, shortened, without secrets.
};

/// Why a failure was final although a retry would have been possible. Bits; several can hold.
enum class Note : std::uint8_t {
  none = 0,
  attempts_spent = 1,       ///< All attempts were made.
  deadline_would_pass = 2,  ///< The next wait did not fit the deadline; see `earliest_retry_at`.
  outer_layer_refused = 4,  ///< A layer outside (a budget, the fallback chain's table) allowed no further attempt.
  not_repeatable = 8,       ///< The operation must not be repeated when its answer is lost, or a part of the answer was handed out.
  time_spent = 16,          ///< The time limit for failures of this kind is over.
  retry_budget_spent = 32,  ///< The retry budget that all calls share had nothing left.
  hint_too_long = 64        ///< The other side asks for a longer wait than the policy allows; see `earliest_retry_at`.
};

[[nodiscard]] constexpr Note operator|(Note left, Note right) noexcept {
  return static_cast<Note>(static_cast<std::uint8_t>(left) | static_cast<std::uint8_t>(right));
}
[[nodiscard]] constexpr bool has(Note notes, Note note) noexcept {
  return (static_cast<std::uint8_t>(notes) & static_cast<std::uint8_t>(note)) != 0;
}

/// What a failure carries behind its one pointer. Made on the failure path only.
struct FailureDetail {
  Verdict verdict;
  std::string message;             ///< The other side's words, shortened and without secrets.
  std::vector<Evidence> evidence;  ///< What the verdict rests on, the strongest first.
  Trail trail;                     ///< Every attempt of the call.
  Cause cause;                     ///< The raw value.
};

/// The error channel: what happened, whose fault it is, what to do and when. At most 48 bytes; copies copy the detail.
class Failure {
 public:
  Failure(Kind kind, Remedy remedy, Says says = Says::operation, FailureId id = {}) noexcept
      : kind_(kind), remedy_(remedy), says_(says), id_(id) {}

  /// An operation's own failure of a known kind, with the kind's ordinary remedy: `return Failure{Kind::overload};`
  explicit Failure(Kind kind) noexcept : Failure(kind, default_remedy(kind)) {}

  /// A classified failure: the whole verdict, and what is known beside it.
  explicit Failure(const Verdict& verdict, std::string message = {}, std::vector<Evidence> evidence = {}, Cause cause = {})
      : Failure(verdict.kind, verdict.remedy, verdict.says, verdict.id) {
    detail_ = Owned{new FailureDetail{verdict, std::move(message), std::move(evidence), Trail{}, std::move(cause)}};
  }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] Remedy remedy() const noexcept { return remedy_; }
  [[nodiscard]] Says says() const noexcept { return says_; }
  /// The catalogue row; "unknown" when not recognised.
  [[nodiscard]] FailureId id() const noexcept { return id_; }
  [[nodiscard]] Note notes() const noexcept { return notes_; }
  /// The target that it came from; 0 without a fallback chain.
  [[nodiscard]] unsigned target() const noexcept { return target_; }
  /// How many attempts the call made (rejections are not attempts).
  [[nodiscard]] unsigned attempts() const noexcept { return attempts_; }
  /// The first moment, on the call's clock, at which trying again can help; none when no wait helps or none is known.
  [[nodiscard]] std::optional<Time> earliest_retry_at() const noexcept {
    return earliest_ == end_of_time ? std::nullopt : std::optional{earliest_};
  }
  /// The same as a span from the failure on, not below 0: what stays true wherever it is read, whatever clock the call ran on.
  [[nodiscard]] std::optional<Duration> retry_after() const noexcept {
    return earliest_ == end_of_time ? std::nullopt : std::optional{retry_after_};
  }

  [[nodiscard]] Verdict verdict() const noexcept {
    if (detail_) return detail_->verdict;
    Verdict verdict;
    verdict.kind = kind_;
    verdict.remedy = remedy_;
    verdict.says = says_;
    verdict.id = id_;
    // Nobody said whether anything was sent: an operation that knows builds its failure from a whole verdict.
    const bool is_lost = kind_ == Kind::timeout || kind_ == Kind::network || says_ == Says::caller;
    verdict.sent = says_ == Says::policy ? Sent::no : is_lost ? Sent::unknown : Sent::yes;
    return verdict;
  }
  [[nodiscard]] const std::string& message() const noexcept { return detail().message; }
  [[nodiscard]] const std::vector<Evidence>& evidence() const noexcept { return detail().evidence; }
  [[nodiscard]] const Trail& trail() const noexcept { return detail().trail; }
  [[nodiscard]] const Cause& cause() const noexcept { return detail().cause; }

  void add_note(Note note) noexcept { notes_ = notes_ | note; }
  /// For drivers: the first moment at which trying again can help, and the present one, both on the call's clock.
  void set_earliest_retry_at(Time time, Time now) noexcept {
    earliest_ = time;
    retry_after_ = time > now ? time - now : Duration::zero();
  }
  /// For drivers: where the call stood when it failed.
  void set_provenance(unsigned target, unsigned attempts) noexcept {
    target_ = static_cast<std::uint8_t>(target);
    attempts_ = static_cast<std::uint16_t>(attempts < 0xFFFFU ? attempts : 0xFFFFU);
  }
  /// For drivers: hands over the call's trail.
  void set_trail(Trail&& trail) {
    if (detail_)
      detail_->trail = std::move(trail);
    else
      detail_ = Owned{new FailureDetail{verdict(), {}, {}, std::move(trail), {}}};
  }
  /// For drivers, after `set_trail`: what a call that ended without a verdict has left on the other side.
  void set_sent(Sent sent) noexcept {
    if (detail_) detail_->verdict.sent = sent;
  }

 private:
  using Owned = detail::Owned<FailureDetail>;

  [[nodiscard]] const FailureDetail& detail() const noexcept {
    static const FailureDetail nothing{};
    return detail_ ? *detail_ : nothing;
  }

  Kind kind_;
  Remedy remedy_;
  Says says_;
  Note notes_ = Note::none;
  std::uint8_t target_ = 0;
  std::uint16_t attempts_ = 0;
  FailureId id_;
  Time earliest_ = end_of_time;
  Duration retry_after_{};
  Owned detail_;
};

static_assert(sizeof(Failure) <= 48);

namespace detail {

// `wait`: until trying again can help, counted from the moment that `since` names.
[[nodiscard]] inline std::string description(const Failure& failure, std::optional<Duration> wait, const char* since) {
  std::string text{name(failure.kind())};
  if (failure.id().text() != "unknown") text.append(" (").append(failure.id().text()).append(")");
  text.append(", said by the ").append(name(failure.says()));
  if (!failure.message().empty()) text.append(": ").append(failure.message());
  switch (failure.remedy()) {
    case Remedy::never:
      text.append(failure.kind() == Kind::cancelled && failure.says() == Says::caller ? "; the caller ended the call"
                                                                                      : "; the same request will not succeed");
      break;
    case Remedy::immediately: text.append("; may be tried again"); break;
    case Remedy::after_delay: text.append("; may be tried again later"); break;
    case Remedy::next_day: text.append("; may be tried again when the day's window opens"); break;
    case Remedy::other_model: text.append("; another model or target may do it"); break;
    case Remedy::after_prompt_change: text.append("; only a changed request can succeed"); break;
  }
  if (wait) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
    // What will never succeed has a moment only where another target of a chain has one.
    const bool is_of_another = failure.remedy() == Remedy::never || failure.remedy() == Remedy::after_prompt_change;
    text.append(is_of_another ? "; another target not before " : ", not before ")
        .append(std::to_string(seconds > 0 ? seconds : 0))
        .append(" s ")
        .append(since);
  }
  if (failure.attempts() > 0) text.append("; attempts: ").append(std::to_string(failure.attempts()));
  if (has(failure.notes(), Note::attempts_spent)) text.append("; no attempt is left");
  if (has(failure.notes(), Note::time_spent)) text.append("; the time for failures of this kind is over");
  if (has(failure.notes(), Note::hint_too_long)) text.append("; the wait asked for is longer than allowed");
  if (has(failure.notes(), Note::deadline_would_pass)) text.append("; the next wait did not fit the deadline");
  if (has(failure.notes(), Note::retry_budget_spent))
    text.append("; the retry budget is spent");
  else if (has(failure.notes(), Note::outer_layer_refused))
    text.append("; a layer outside (a budget, a chain's table) allowed no further attempt");
  if (has(failure.notes(), Note::not_repeatable))
    text.append(failure.verdict().sent == Sent::delivered ? "; not repeated, because a part of the answer was handed out already"
                                                          : "; not repeated, because the lost answer may have done its work");
  return text;
}

}  // namespace detail

/// What happened, whose fault it is, what to do, and when: one line for a log or a person. Times are counted from the failure on ("12 s
/// after the failure"), so the line is right under every clock, and whenever it is read.
[[nodiscard]] inline std::string describe(const Failure& failure) {
  return detail::description(failure, failure.retry_after(), "after the failure");
}

/// The same with times counted from `now`, a moment of the call's clock ("12 s from now").
[[nodiscard]] inline std::string describe(const Failure& failure, Time now) {
  const std::optional<Time> earliest = failure.earliest_retry_at();
  return detail::description(failure, earliest ? std::optional{*earliest - now} : std::nullopt, "from now");
}

/// Prints `describe(failure)`.
template <class Stream>
  requires std::derived_from<Stream, std::basic_ostream<typename Stream::char_type, typename Stream::traits_type>>
Stream& operator<<(Stream& stream, const Failure& failure) {
  stream << describe(failure).c_str();
  return stream;
}

}  // namespace ductile::inline DUCTILE_VERSION
