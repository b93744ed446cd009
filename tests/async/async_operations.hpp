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
#include <utility>

namespace ductile_test {

using VirtualTimer = ductile::AsioVirtualClock::AsioTimer<boost::asio::any_io_executor>;

/// Completes with `answer()` after `takes` of the clock's time, or with `Kind::cancelled` when it is cancelled before: an operation as a
/// library would write it.
template <class Answer>
class SlowAnswer {
 public:
  SlowAnswer(ductile::AsioVirtualClock& clock, boost::asio::io_context& context, ductile::Duration takes, Answer answer)
      : clock_(&clock), context_(&context), takes_(takes), answer_(std::move(answer)) {}

  template <class Token>
  auto operator()(const ductile::Attempt&, Token&& token) {
    using R = decltype(answer_());
    return boost::asio::async_initiate<Token, void(R)>(Initiation{}, token, this);
  }

 private:
  template <class Handler>
  struct End {
    using executor_type = boost::asio::associated_executor_t<Handler>;
    using cancellation_slot_type = boost::asio::associated_cancellation_slot_t<Handler>;

    void operator()(const boost::system::error_code&) {
      const bool in_time = owner->clock_->now()() >= until;
      timer.reset();
      if (in_time)
        std::move(handler)(owner->answer_());
      else
        std::move(handler)(ductile::Failure{ductile::Kind::cancelled});
    }
    [[nodiscard]] executor_type get_executor() const noexcept { return boost::asio::get_associated_executor(handler); }
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept {
      return boost::asio::get_associated_cancellation_slot(handler);
    }

    SlowAnswer* owner;
    ductile::Time until;
    std::shared_ptr<VirtualTimer> timer;
    Handler handler;
  };

  struct Initiation {
    template <class Handler>
    void operator()(Handler handler, SlowAnswer* owner) const {
      const ductile::Time until = owner->clock_->now()() + owner->takes_;
      auto timer = std::make_shared<VirtualTimer>(*owner->clock_, boost::asio::any_io_executor{owner->context_->get_executor()});
      VirtualTimer& waited = *timer;
      waited.async_wait(until, End<Handler>{owner, until, std::move(timer), std::move(handler)});
    }
  };

  ductile::AsioVirtualClock* clock_;
  boost::asio::io_context* context_;
  ductile::Duration takes_;
  Answer answer_;
};

}  // namespace ductile_test
