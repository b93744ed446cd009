// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>  // Failure

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
  explicit FailureError(Failure failure) : failure_(std::move(failure)), text_(describe(failure_, Now{}())) {}

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
      refuse_access(describe(base::_error(self), Now{}()).c_str());
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
template <class T>
void set_provenance(Result<T>& result, unsigned target, unsigned trips) noexcept {
  const unsigned extra = trips > 0 ? trips - 1 : 0;  // so that the first trip to the first target writes nothing
  BOOST_OUTCOME_V2_NAMESPACE::hooks::set_spare_storage(
      &result, static_cast<std::uint16_t>((target & 0xFFU) << 8U | (extra < 0xFFU ? extra : 0xFFU)));
}
}  // namespace detail

/// Which target of the fallback chain gave this success: 0 is the first. For a failure ask `error().target()`.
template <class T>
[[nodiscard]] unsigned served_by(const Result<T>& result) noexcept {
  return static_cast<unsigned>(BOOST_OUTCOME_V2_NAMESPACE::hooks::spare_storage(&result)) >> 8U;
}

/// Whether another target than the first gave this success.
template <class T>
[[nodiscard]] bool degraded(const Result<T>& result) noexcept {
  return served_by(result) != 0;
}

/// How many attempts this success took, at most 256.
template <class T>
[[nodiscard]] unsigned trips(const Result<T>& result) noexcept {
  return (static_cast<unsigned>(BOOST_OUTCOME_V2_NAMESPACE::hooks::spare_storage(&result)) & 0xFFU) + 1;
}

}  // namespace ductile::inline DUCTILE_VERSION
