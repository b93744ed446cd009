// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>  // Exponential
#include <ductile/core/config_error.hpp>    // CollectedRules
#include <ductile/core/kind.hpp>            // Kind
#include <ductile/core/misfits.hpp>
#include <ductile/core/state.hpp>    // TargetStates
#include <ductile/core/target.hpp>   // any_price, Target
#include <ductile/core/verdict.hpp>  // Duration, FailureId
#include <ductile/gemini/blocked_prompts.hpp>
#include <ductile/gemini/models.hpp>   // find_model, ImageSize
#include <ductile/gemini/request.hpp>  // ImageRequest, suggested_timeout
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/fallback_options.hpp>
#include <ductile/policies/off_peak.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/reword.hpp>
#include <ductile/policies/slow_start.hpp>
#include <ductile/policies/timeout.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// The default chain: the model that makes the best images, the one that Google recommends, and the fast one. The last makes 1K only, and
/// is left out for a request that asks for more.
[[nodiscard]] inline std::vector<Target> image_targets() {
  return {{.name = "pro", .model = "gemini-3-pro-image"},
          {.name = "banana", .model = "gemini-nano-banana-2.1"},
          {.name = "lite", .model = "gemini-3.1-flash-lite-image"}};
}

/// What one image of that request costs at the target, in USD: the target's own price where it has one, else the table's for the size; none
/// when it is not known. Without a size the service makes 1K.
[[nodiscard]] inline std::optional<double> price_of(const Target& target, const ImageRequest& request) {
  if (target.price) return target.price;
  const ImageModel* model = find_model(target.model);
  const double dollars = model ? model->dollars_per_image[static_cast<std::size_t>(request.image_size.value_or(ImageSize::one_k))] : 0.0;
  return dollars > 0.0 ? std::optional{dollars} : std::nullopt;
}

/// Quota ledgers, one for each quota group of a list of targets, to share among clients: see `ResilientOptions::shared_quota`.
using SharedQuota = TargetStates<QuotaTracker<6>>;

/// All numbers of a resilient image client. Each default has its reason; `describe(options)` prints both, and docs/gemini/tuning.md tells
/// how they were found.
struct ResilientOptions {
  Duration deadline = std::chrono::minutes{10};  ///< Of one image, waits included. Ten times a slow image, and a few minutes of overload.
  FallbackOptions fallback{.targets = image_targets(), .patience = 0.02};  ///< A wait of seconds for the better model, not of minutes.
  /// Up to 3, then up to 60 s, never less than 1: overload lasts minutes, and a call that comes back within a second meets it again - and
  /// counts against the day. What is not recognised is tried again once: it cost something, and nobody knows what. Near a deadline no less
  /// than 1.1 s: not a multiple of the time between last chances, or of calls that share a model one would always be just before the
  /// others.
  RetryOptions<Exponential> retry{
      .attempts = 5,
      .backoff = {.base = std::chrono::seconds{3}, .cap = std::chrono::seconds{60}, .floor = std::chrono::seconds{1}},
      .attempts_by_kind = {0, {{Kind::recitation, 2}, {Kind::no_image, 2}, {Kind::auth, 2}, {Kind::other, 2}}},
      .squeeze_to = std::chrono::milliseconds{1100}};
  /// One failure, where nothing else was heard within two minutes, or 60 % of the last ten: overload lasts minutes, and at one image every
  /// few minutes whoever waits for a second failure has paid for it. Then one probe in 30 s, given away when it hangs.
  CircuitBreakerOptions<FailureRatio> breaker{.trip = ratio(0.6, {.of = 10, .within = std::chrono::minutes{2}, .at_least = 1}),
                                              .open_for = std::chrono::seconds{30},
                                              .probe_lease = std::chrono::minutes{1},
                                              .last_chance = std::chrono::milliseconds{500}};
  /// After an outage the calls that waited for its end come back by and by: what a model can serve at once it does not say.
  SlowStartOptions slow_start{.step = 1.25, .calm = std::chrono::minutes{10}, .longest_wait = std::chrono::minutes{5}};
  QuotaOptions<6> quota = learning();   ///< Limits differ by project and are published nowhere: learnt from the refusals.
  SharedQuota* shared_quota = nullptr;  ///< The ledgers, where several clients use one project; null: of its own. Must outlive the client.
  /// Other words, at most three, where the request brings some (`ImageRequest::reword`), after a refusal that they may change.
  RewordOptions reword{};
  /// Wait for the hours in which the service is well, where a call has the time; none: do not. Whether to is the caller's to say: it saves
  /// calls and costs hours.
  std::optional<OffPeakOptions> off_peak{};
  /// A bound for what asks for more time than `suggested_timeout` of its request.
  Duration attempt_timeout = std::chrono::minutes{5};
  Duration least_attempt{};  ///< No attempt begins with less time left: see `AttemptTimeout`. Zero: in the lab it bought nothing.
  /// A target that does not make the size that a request asks for is asked for the largest that it makes below it, and is not left out.
  /// With one more target, the first model again without its largest size, a picture that it cannot finish in time comes smaller.
  bool downsize = false;
  /// How many requests that were refused for their content are remembered, by a hash, and not sent again, 0 to 1'000'000; 0: none. A
  /// refusal is about the request, whichever model is asked, and may be billed.
  std::size_t remember_blocked = 1000;
  /// Other words too for what was refused for the content of others (`image-third-party`): a brand, a character. Whether that is a name
  /// that came in by chance, the caller must know.
  bool reword_third_party = false;
};

/// What the article did whose sample code many programs carry: 5 attempts of 1 to 32 s, a breaker that opens for 5 minutes after 3
/// failures, a target that rests 15 minutes after a 500 that did not pass, and the end after 30 minutes of one error. To compare with, not
/// to recommend: docs/gemini/defaults.md tells what each of these numbers costs.
[[nodiscard]] inline ResilientOptions seed_defaults() {
  using namespace std::chrono_literals;
  ResilientOptions options;
  options.deadline = 31min;  // so that the half hour decides
  options.retry = {.attempts = 5, .backoff = {.base = 1s, .cap = 32s}};
  options.fallback.table.set(Kind::internal, {Next::here, 5}).set(Kind::overload, {Next::here, 5});
  options.fallback.rest.set(Kind::internal, 15min);
  for (const Kind kind : {Kind::rate_limit, Kind::overload, Kind::internal, Kind::timeout, Kind::network})
    options.fallback.give_up_after.set(kind, 30min);
  options.breaker = {.trip = ratio(1.0, {.of = 3, .within = 24h, .at_least = 3}), .open_for = 5min};
  options.slow_start = {.begin = 10'000, .end = 10'000};  // it had none
  options.reword.most = 0;
  options.remember_blocked = 0;
  return options;
}

namespace detail {
[[nodiscard]] inline std::string ceiling(std::optional<double> most) {
  if (!most) return "the first target's";
  char text[32];
  std::snprintf(text, sizeof text, "%g USD", *most);
  return *most == any_price ? "anything" : text;
}

// With what `reword_third_party` adds.
template <class Rules>
[[nodiscard]] RewordOptions reword_options(const ResilientOptions& options, Rules& rules) {
  RewordOptions reword = options.reword;
  if (!options.reword_third_party) return reword;
  const auto place = std::ranges::find(reword.rows, FailureId{});
  if (place == reword.rows.end())
    rules.refuse(std::string{"reword_third_party: RewordOptions::rows must have an empty place; it has none"});
  else
    *place = "image-third-party";
  return reword;
}
}  // namespace detail

/// What of the options cannot be: the first number that is out of range, else each kind of attempts that have no time to begin when all
/// take as long as they may. A sentence each, which says what to change; none for the defaults.
///
/// \param attempt How long the client lets one attempt take at most; unless named, as long as a picture of the usual size.
[[nodiscard]] inline std::vector<std::string> misfits(const ResilientOptions& options, Duration attempt = suggested_timeout({})) {
  FallbackOptions fallback = options.fallback;
  CollectedRules rules;
  fallback.check(rules);
  Deadline::check(options.deadline, rules);
  if (options.off_peak) OffPeak::check(*options.off_peak, rules);
  const RewordOptions reword = detail::reword_options(options, rules);
  Reword::check(reword, rules);
  Retry<Exponential>::check(options.retry, rules);
  SlowStart::check(options.slow_start, rules);
  CircuitBreaker<FailureRatio>::check(options.breaker, rules);
  QuotaTracker<6>::check(options.quota, rules);
  AttemptTimeout::check(options.attempt_timeout, options.least_attempt, rules);
  BlockedPrompts::check({.most = options.remember_blocked}, rules);
  if (!rules.broken.empty()) return {rules.broken};
  fallback.price_ceiling = any_price;  // which of the targets a request can pay is known with the request
  return ductile::misfits(Deadline{options.deadline}, Reword{reword}, FallbackChain{std::move(fallback)}, Retry{options.retry},
                          AttemptTimeout{std::min(options.attempt_timeout, attempt)});
}

/// The options with their reasons, a line each, for a log or a person. Last, what of them cannot be: `misfits`.
[[nodiscard]] inline std::string describe(const ResilientOptions& options) {
  const auto seconds = [](Duration span) {
    const auto whole = std::chrono::round<std::chrono::seconds>(span).count();
    return whole % 60 == 0 && whole > 60 ? std::to_string(whole / 60) + " min" : std::to_string(whole) + " s";
  };
  std::string text;
  const auto line = [&text](const std::string& what, const char* why) { text.append(what).append(" - ").append(why).append("\n"); };
  std::string targets;
  for (const Target& target : options.fallback.targets)
    targets.append(targets.empty() ? "" : " -> ").append(target.name + "=" + target.model);
  line("targets " + targets, "in this order; one that cannot make the asked size is left out for that call");
  line("deadline " + seconds(options.deadline), "for one image, all attempts and waits together");
  line("attempts " + std::to_string(options.retry.attempts) + " a target, waits from " + seconds(options.retry.backoff.base) + " to " +
           seconds(options.retry.backoff.cap),
       "overload lasts minutes, and each failed call counts against the day's quota; while another target is left, fewer");
  line("breaker opens at " + std::to_string(static_cast<int>(options.breaker.trip.share * 100)) + " % of the last " +
           std::to_string(options.breaker.trip.window.of) + " within " + seconds(options.breaker.trip.window.within) + ", for " +
           seconds(options.breaker.open_for),
       "a model in a burst of overload is left alone, and asked again by single probes");
  line("slow start with " + std::to_string(static_cast<int>(options.slow_start.begin)) + " at once",
       "a model that was down is not met by all who waited for it");
  line("patience " + std::to_string(static_cast<int>(options.fallback.patience * 100)) + " % of the time left (" +
           std::to_string(static_cast<int>(options.fallback.patience_when_long * 100)) + " % of more than " +
           seconds(options.fallback.long_slack) + ")",
       "how long a target may make a call wait while another is left");
  line("price at most " + detail::ceiling(options.fallback.price_ceiling),
       "of an image of the asked size; a fallback that costs more would be a surprise");
  line("quota learnt from refusals", "limits differ by project; a day that is spent stays closed until midnight in California");
  if (options.reword.most > 0)
    line("other words at most " + std::to_string(options.reword.most) + " times" +
             (options.reword_third_party ? ", third-party content too" : ""),
         "where the request brings some, and a filter refused it; never for what is prohibited");
  if (options.reword.rerolls > 0)
    line("the same words at most " + std::to_string(options.reword.rerolls) + " times again",
         "before they are changed; each may be billed");
  if (options.downsize) line("downsize", "a target that does not make the asked size makes a smaller one; the answer tells");
  if (options.remember_blocked > 0)
    line("blocked prompts remembered: " + std::to_string(options.remember_blocked),
         "by a hash; what was refused for its content is not sent, and not paid for, again");
  if (options.off_peak) line("off peak", "a call that has the time waits for an hour in which the service is well");
  line("attempt at most " + seconds(options.attempt_timeout), "and no longer than its size needs: 120 s, 180 s for 4K");
  for (const std::string& misfit : misfits(options)) text.append(misfit).append("\n");
  return text;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
