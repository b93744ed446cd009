// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>
#include <ductile/core/result.hpp>
#include <ductile/testing/asio_virtual_clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace ductile_test {

/// What an attempt is told to do: how long it takes, what it then gives, and how long it still takes when it is cancelled.
struct Told {
  ductile::Duration takes{};
  ductile::Result<int> gives;
  ductile::Duration lingers{};
};

/// An operation that does in each attempt what `Script` tells: `Told script(const Attempt&)`. Cancelled before its end it gives
/// `Kind::cancelled`.
template <class Script>
class ToldOperation {
  using Timer = ductile::AsioVirtualClock::AsioTimer<boost::asio::any_io_executor>;

 public:
  ToldOperation(ductile::AsioVirtualClock& clock, boost::asio::io_context& context, Script script)
      : clock_(&clock), context_(&context), script_(std::move(script)) {}

  template <class Token>
  auto operator()(const ductile::Attempt& attempt, Token&& token) {
    return boost::asio::async_initiate<Token, void(ductile::Result<int>)>(Initiation{}, token, this, attempt);
  }

 private:
  template <class Handler>
  struct End {
    using executor_type = boost::asio::associated_executor_t<Handler>;
    using cancellation_slot_type = boost::asio::associated_cancellation_slot_t<Handler>;

    void operator()(const boost::system::error_code&) {
      const ductile::Time now = clock->now()();
      if (now < until && told.lingers > ductile::Duration::zero()) {
        until = now + std::exchange(told.lingers, ductile::Duration::zero());
        told.gives = ductile::Failure{ductile::Kind::cancelled};
        ductile::AsioVirtualClock& by = *clock;
        auto fresh = std::make_shared<Timer>(by, timer->get_executor());
        timer = fresh;
        get_cancellation_slot().clear();
        return fresh->async_wait(until, Lingering{std::make_shared<End>(std::move(*this))});
      }
      timer.reset();
      if (now >= until)
        std::move(handler)(std::move(told.gives));
      else
        std::move(handler)(ductile::Failure{ductile::Kind::cancelled});
    }
    [[nodiscard]] executor_type get_executor() const noexcept { return boost::asio::get_associated_executor(handler); }
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept {
      return boost::asio::get_associated_cancellation_slot(handler);
    }

    // Not to be cancelled again.
    struct Lingering {
      using executor_type = boost::asio::associated_executor_t<Handler>;
      void operator()(const boost::system::error_code& code) { (*end)(code); }
      [[nodiscard]] executor_type get_executor() const noexcept { return end->get_executor(); }
      std::shared_ptr<End> end;
    };

    ductile::AsioVirtualClock* clock;
    ductile::Time until;
    Told told;
    std::shared_ptr<Timer> timer;
    Handler handler;
  };

  struct Initiation {
    template <class Handler>
    void operator()(Handler handler, ToldOperation* self, const ductile::Attempt& attempt) const {
      Told told = self->script_(attempt);
      const ductile::Time until = self->clock_->now()() + told.takes;
      auto timer = std::make_shared<Timer>(*self->clock_, boost::asio::any_io_executor{self->context_->get_executor()});
      Timer& waited = *timer;
      waited.async_wait(until, End<Handler>{self->clock_, until, std::move(told), std::move(timer), std::move(handler)});
    }
  };

  ductile::AsioVirtualClock* clock_;
  boost::asio::io_context* context_;
  Script script_;
};

}  // namespace ductile_test
