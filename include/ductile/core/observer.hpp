// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/event.hpp>

#include <atomic>
#include <cstdint>
#include <tuple>

namespace ductile::inline DUCTILE_VERSION {

namespace detail {
template <class O, class Event>
concept Hears = requires(O& observer, const Event& event) { observer.on(event); };
template <class O, class... Events>
concept HearsOneOf = (Hears<O, Events> || ...);
}  // namespace detail

/// Is told what happens: has a member `on(const Event&)` for each event that it wants, from event.hpp. Events that it has no `on` for cost
/// nothing. It must be safe to be told from every thread that runs a call, and what it throws is swallowed: an observer cannot fail a call.
template <class O>
concept Observer = detail::HearsOneOf<O, OperationBegan, OperationEnded, AttemptBegan, AttemptEnded, WaitBegan, WaitEnded, Rejected,
                                      CircuitChanged, TargetChanged, QuotaSurprise, Reclassified>;

/// An element of a pipeline: tells `observer`, which must outlive the pipeline. Stands anywhere among the policies. What is no `Observer`
/// is refused by the pipeline, in one sentence (E0114).
template <class O>
class Observe {
 public:
  using Observed = O;

  explicit Observe(O& observer) noexcept : observer_(&observer) {}
  [[nodiscard]] O& observer() const noexcept { return *observer_; }

 private:
  O* observer_;
};

namespace detail {

template <class O>
consteval bool explain_observer() {
  static_assert(Observer<O>,
                "ductile E0114: the observer can be told no event, for it has no member on that takes one; write void on(const "
                "ductile::AttemptEnded& event), or one for another event of ductile/core/event.hpp (docs/rules/E0114.md)");
  return Observer<O>;
}

// All observers of a pipeline. Without any, `observed` is false and no code that tells is compiled.
template <class... Elements>
class Observers {
 public:
  static constexpr bool observed = true;
  explicit Observers(std::tuple<Elements...> elements) noexcept : elements_(elements) {}

  std::uint64_t next_call() noexcept { return calls_.fetch_add(1, std::memory_order_relaxed) + 1; }

  template <class Event>
  void tell(const Event& event) noexcept {
    std::apply([&](const Elements&... element) { (tell_one(element.observer(), event), ...); }, elements_);
  }

 private:
  template <class O, class Event>
  static void tell_one(O& observer, const Event& event) noexcept {
    if constexpr (Hears<O, Event>) {
#if defined(__cpp_exceptions)
      try {
        observer.on(event);
      } catch (...) {  // the call matters more than the report of it
      }
#else
      observer.on(event);
#endif
    }
  }

  std::tuple<Elements...> elements_;
  std::atomic<std::uint64_t> calls_{0};
};

template <>
class Observers<> {
 public:
  static constexpr bool observed = false;
  explicit Observers(std::tuple<>) noexcept {}
};

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION
