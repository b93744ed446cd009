// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/answer.hpp>   // Signal
#include <ductile/core/attempt.hpp>  // Attempt
#include <ductile/core/failure.hpp>  // Failure
#include <ductile/core/now.hpp>      // Time
#include <ductile/core/policy.hpp>   // Role
#include <ductile/core/trail.hpp>    // Trail, WaitSource
#include <ductile/core/verdict.hpp>  // Duration, Kind, QuotaDimension, Verdict

#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

// Two levels, never mixed: what the caller asked for (an operation), and what went on the wire (an attempt). References in an event live
// only while the observer is told. `call` tells concurrent operations of one pipeline apart, and `lane` the branches of a hedge's race: 0
// is its first one, and everything else.

struct OperationBegan {
  std::uint64_t call = 0;
  Time at{};
};

/// How an operation ended, as a metric label.
enum class Outcome : std::uint8_t { ok, ok_retried, ok_fallback, failed, failed_retried, rejected, cancelled, deadline, ok_hedged };

[[nodiscard]] constexpr const char* name(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::ok_retried: return "ok_retried";
    case Outcome::ok_fallback: return "ok_fallback";
    case Outcome::failed: return "failed";
    case Outcome::failed_retried: return "failed_retried";
    case Outcome::rejected: return "rejected";
    case Outcome::cancelled: return "cancelled";
    case Outcome::deadline: return "deadline";
    case Outcome::ok_hedged: return "ok_hedged";
  }
  return "failed";
}

struct OperationEnded {
  std::uint64_t call = 0;
  Time at{};
  Outcome outcome = Outcome::ok;
  std::uint32_t attempts = 0;
  std::uint8_t served_by = 0;
  Duration took{};
  const Failure* failure = nullptr;  ///< Null when the operation succeeded, or ended by an exception that nobody claimed.
  const Trail* trail = nullptr;      ///< Null when the first attempt succeeded without any deviation.
};

struct AttemptBegan {
  std::uint64_t call = 0;
  Time at{};
  Attempt attempt;
};

struct AttemptEnded {
  std::uint64_t call = 0;
  Time at{};
  Attempt attempt;
  Verdict verdict;
  Duration took{};
};

struct WaitBegan {
  std::uint64_t call = 0;
  Time at{};
  Time until{};
  WaitSource source = WaitSource::none;
  Role by = Role::other;
  Kind why = Kind::ok;  ///< The failure, or the full window, that is waited out.
  std::uint8_t target = 0;
  std::uint8_t lane = 0;
};

struct WaitEnded {
  std::uint64_t call = 0;
  Time at{};
  WaitSource source = WaitSource::none;
  Duration waited{};
  std::uint8_t lane = 0;
};

/// A policy refused, and nothing was sent.
struct Rejected {
  std::uint64_t call = 0;
  Time at{};
  Role by = Role::other;
  Kind why = Kind::ok;
  Time earliest = end_of_time;
  std::uint8_t target = 0;
  std::uint8_t lane = 0;
};

struct CircuitChanged {
  std::uint64_t call = 0;
  Time at{};
  std::uint8_t target = 0;
  Signal what = Signal::none;
  std::uint8_t lane = 0;
};

struct TargetChanged {
  std::uint64_t call = 0;
  Time at{};
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  Kind why = Kind::ok;
};

/// The service refused a request that our own ledger had room for: another client of the same project, or wrong limits.
struct QuotaSurprise {
  std::uint64_t call = 0;
  Time at{};
  std::uint8_t target = 0;
  QuotaDimension dimension = QuotaDimension::none;
  std::uint8_t lane = 0;
};

/// The transport called it a success and the answer was a failure.
struct Reclassified {
  std::uint64_t call = 0;
  Time at{};
  Attempt attempt;
  Verdict verdict;
};

}  // namespace ductile::inline DUCTILE_VERSION
