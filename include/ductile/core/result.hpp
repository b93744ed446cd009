// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>  // most_targets
#include <ductile/core/failure.hpp>  // Failure
#include <ductile/core/kind.hpp>     // Kind, kinds
#include <ductile/detail/min_max.hpp>

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/base.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

/// Thrown by `Result::value()` when there is none. Carries the failure.
class FailureError : public std::exception {
 public:
  explicit FailureError(Failure failure) : failure_(std::move(failure)), text_(describe(failure_)) {}

  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] const Failure& failure() const noexcept { return failure_; }

 private:
  Failure failure_;
  std::string text_;
};

namespace detail {

[[noreturn]] inline void refuse_access(const char* text) {
  std::fprintf(stderr, "ductile: %s\n", text);
  std::abort();
}

// Wide access: `value()` of a failure throws it (or prints it and aborts in a build without exceptions) and is never undefined.
struct CheckedAccess : BOOST_OUTCOME_V2_NAMESPACE::policy::base {
  template <class Implementation>
  static constexpr void wide_value_check(Implementation&& self) {
    if (!base::_has_value(self)) {
#if defined(__cpp_exceptions)
      throw FailureError{Failure { base::_error(self) }};
#else
      refuse_access(describe(base::_error(self)).c_str());
#endif
    }
  }
  template <class Implementation>
  static constexpr void wide_error_check(Implementation&& self) {
    if (!base::_has_error(self)) refuse_access("error() was asked of a success");
  }
};

}  // namespace detail

/// A T, or the failure that stands for it.
///
/// `value()` of a failure throws `FailureError`; `assume_value()` is the unchecked access. Provenance of a success: `served_by`, `trips`.
template <class T>
using Result = BOOST_OUTCOME_V2_NAMESPACE::basic_result<T, Failure, detail::CheckedAccess>;

namespace detail {
// In 16 spare bits: the target in the upper four. Served by the first, the trips beyond one in the lower eight; served by another, why the
// first one did not in the five below the target, and the trips beyond one in the seven below that.
inline constexpr unsigned target_shift = 12;
inline constexpr unsigned why_shift = 7;
inline constexpr unsigned most_extra_trips = 0xFF;
inline constexpr unsigned most_extra_trips_elsewhere = 0x7F;
static_assert(kinds <= 32 && most_targets <= 16);

// The first trip to the first target writes nothing, since zero says it.
template <class T>
void set_provenance(Result<T>& result, unsigned target, unsigned trips, Kind why_not_first) noexcept {
  const unsigned extra = trips > 0 ? trips - 1 : 0;
  const unsigned packed = target == 0 ? detail::min(extra, most_extra_trips)
                                      : (target & 0xFU) << target_shift | static_cast<unsigned>(why_not_first) << why_shift |
                                            detail::min(extra, most_extra_trips_elsewhere);
  BOOST_OUTCOME_V2_NAMESPACE::hooks::set_spare_storage(&result, static_cast<std::uint16_t>(packed));
}

template <class T>
[[nodiscard]] unsigned provenance(const Result<T>& result) noexcept {
  return static_cast<unsigned>(BOOST_OUTCOME_V2_NAMESPACE::hooks::spare_storage(&result));
}
}  // namespace detail

/// Which target of the fallback chain gave this success: 0 is the first. For a failure ask `error().target()`.
template <class T>
[[nodiscard]] unsigned served_by(const Result<T>& result) noexcept {
  return detail::provenance(result) >> detail::target_shift;
}

/// Whether another target than the first gave this success.
template <class T>
[[nodiscard]] bool degraded(const Result<T>& result) noexcept {
  return served_by(result) != 0;
}

/// Why the first target did not give this success: its last failure in this call, or what it rests for; `no_target` when the call, or the
/// price ceiling, excluded it; `ok` when it served. Observers see the same of every target (`OperationEnded::trail`).
template <class T>
[[nodiscard]] Kind why_not_first(const Result<T>& result) noexcept {
  return degraded(result) ? static_cast<Kind>(detail::provenance(result) >> detail::why_shift & 0x1FU) : Kind::ok;
}

/// How many attempts this success took, at most 256, or 128 when it is degraded.
template <class T>
[[nodiscard]] unsigned trips(const Result<T>& result) noexcept {
  return (detail::provenance(result) & (degraded(result) ? detail::most_extra_trips_elsewhere : detail::most_extra_trips)) + 1;
}

}  // namespace ductile::inline DUCTILE_VERSION
