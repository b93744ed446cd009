// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

/// An option out of its range. The text names the policy, the field, the range and the value.
class ConfigError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// What a build without exceptions does with a `ConfigError`'s sentence: gets it and must not return. Replaceable.
using ConfigErrorHandler = void (*)(const char* sentence);

namespace detail {
inline void print_and_abort(const char* sentence) {
  std::fprintf(stderr, "ductile: %s\n", sentence);
  std::abort();
}
inline std::atomic<ConfigErrorHandler> config_error_handler{&print_and_abort};

inline std::string with_value(const char* rule, double value) {
  char text[32];
  if (value > -1e15 && value < 1e15 && static_cast<double>(static_cast<long long>(value)) == value)
    std::snprintf(text, sizeof text, "%lld", static_cast<long long>(value));
  else
    std::snprintf(text, sizeof text, "%g", value);
  return std::string{rule} + "; it is " + text;
}
}  // namespace detail

/// Replaces the handler for builds without exceptions; returns the former one.
inline ConfigErrorHandler set_config_error_handler(ConfigErrorHandler handler) noexcept {
  return detail::config_error_handler.exchange(handler);
}

/// Refuses an option: throws `ConfigError`, or without exceptions calls the handler. Not constexpr on purpose: a constexpr policy that
/// comes here does not compile, and the compiler shows the sentence.
[[noreturn]] inline void refuse(const std::string& sentence) {
#if defined(__cpp_exceptions)
  throw ConfigError{sentence};
#else
  detail::config_error_handler.load()(sentence.c_str());
  std::abort();
#endif
}

/// The same with "; it is" and the value after the rule.
[[noreturn]] inline void refuse(const char* rule, double value) { refuse(detail::with_value(rule, value)); }

/// The reader of a policy's rules that refuses at the first broken one. `check(options, rules)` of a policy states each rule once, and
/// both its constructor and `make` read it. Most rules are about one number; `refuse` is for those that need other words.
struct RefusingRules {
  constexpr void require(bool holds, const char* rule, double value) const {
    if (!holds) ductile::refuse(rule, value);
  }
  [[noreturn]] void refuse(const std::string& sentence) const { ductile::refuse(sentence); }
};

/// The reader for options within options: says first whose they are, as in "FallbackChain: between_rounds: ".
template <class Rules>
struct RulesWithin {
  Rules& rules;
  const char* whose;

  constexpr void require(bool holds, const char* rule, double value) const {
    if (!holds) rules.refuse(whose + detail::with_value(rule, value));
  }
};

/// The reader that remembers the first broken rule.
struct CollectedRules {
  std::string broken{};  ///< Its sentence; empty: none.

  void require(bool holds, const char* rule, double value) {
    if (!holds) refuse(detail::with_value(rule, value));
  }
  void refuse(std::string sentence) {
    if (broken.empty()) broken = std::move(sentence);
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
