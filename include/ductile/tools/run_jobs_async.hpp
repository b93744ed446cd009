// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // refuse
#include <ductile/core/now.hpp>           // Duration
#include <ductile/core/result.hpp>        // Result
#include <ductile/core/stop.hpp>          // stop_poll
#include <ductile/core/transport.hpp>     // StopView
#include <ductile/gemini/response.hpp>    // ImageReply
#include <ductile/tools/run_jobs.hpp>     // JobRun

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools {

/// Works through a list of jobs in one thread, many at once. A stop ends their calls: those that wait at once, those in an exchange when
/// their transport ends it.
///
/// `Ask` is called with a request, the call's options and a completion token, and begins the call before it returns.
template <class Ask>
class AsyncJobs {
 public:
  /// \param at_once How many jobs are under way at once, 1 to 10000.
  AsyncJobs(JobRun& run, boost::asio::io_context& context, std::size_t at_once, StopView stop, Ask ask)
      : run_(run), context_(context), stop_(stop), ask_(std::move(ask)), poll_(context) {
    if (at_once < 1 || at_once > 10'000) refuse("concurrency must be from 1 to 10000", static_cast<double>(at_once));
    places_.resize(std::min(at_once, run.jobs()));
  }

  /// Returns when all that was begun is over.
  void run() {
    busy_ = places_.size();
    for (auto& place : places_) boost::asio::post(context_, [this, &place] { begin(place); });
    if (busy_ > 0) look();
    context_.run();
    run_.finish();
  }

 private:
  using Place = boost::asio::cancellation_signal;

  void begin(Place& place) {
    const auto index = run_.next();
    if (!index) {
      if (--busy_ == 0) poll_.cancel();
      return;
    }
    const auto end = [this, &place, index = *index](const Result<gemini::ImageReply>& result) {
      run_.settle(index, result);
      boost::asio::post(context_, [this, &place] { begin(place); });
    };
    ask_(run_.request(*index), run_.call_options(),
         boost::asio::bind_cancellation_slot(place.slot(), boost::asio::bind_executor(context_, end)));
  }

  // A flag that a signal handler sets can wake nobody.
  void look() {
    if (stop_.stop_requested()) {
      for (Place& place : places_) place.emit(boost::asio::cancellation_type::terminal);
      return;
    }
    poll_.expires_after(stop_poll);
    poll_.async_wait([this](const boost::system::error_code& error) {
      if (!error && busy_ > 0) look();
    });
  }

  JobRun& run_;
  boost::asio::io_context& context_;
  StopView stop_;
  Ask ask_;
  boost::asio::steady_timer poll_;
  std::deque<Place> places_;  // what ends the job that is at that place
  std::size_t busy_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
