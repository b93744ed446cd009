// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>  // Exponential
#include <ductile/core/attempt.hpp>         // Attempt, TargetSet
#include <ductile/core/call_options.hpp>    // CallOptions
#include <ductile/core/config_error.hpp>    // RefusingRules
#include <ductile/core/failure.hpp>         // Failure
#include <ductile/core/kind.hpp>            // Billed, Kind, Says, Sent
#include <ductile/core/now.hpp>             // Time
#include <ductile/core/observer.hpp>        // Observe
#include <ductile/core/pipeline.hpp>        // Pipeline
#include <ductile/core/quota_groups.hpp>    // QuotaGroups
#include <ductile/core/state.hpp>           // TargetStates, WithState, with_state
#include <ductile/core/target.hpp>          // able_targets, any_price, can_make, Target
#include <ductile/core/verdict.hpp>         // Verdict
#include <ductile/gemini/blocked_prompts.hpp>
#include <ductile/gemini/client.hpp>  // GenerateOptions
#include <ductile/gemini/detail/refusal.hpp>
#include <ductile/gemini/models.hpp>   // find_model, ImageModel, ImageSize, name
#include <ductile/gemini/request.hpp>  // check, ImageRequest, Rewording, suggested_timeout
#include <ductile/gemini/resilient_options.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/off_peak.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/reword.hpp>
#include <ductile/policies/slow_start.hpp>
#include <ductile/policies/target_rests.hpp>
#include <ductile/policies/timeout.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// What makes `resilient` resilient, without a transport: the pipeline that `ResilientOptions` describe, which of its targets may take a
/// request, and how each attempt asks. For drivers and models that bring an exchange of their own.
///
/// Errors   `ConfigError` when an option is out of range.
/// Threads  Any number of threads may run calls through the pipeline.
template <class... Os>
class ResilientPipeline {
 public:
  using Policies = Pipeline<Deadline, OffPeak, Reword, FallbackChain, Retry<Exponential>, SlowStart, CircuitBreaker<FailureRatio>,
                            WithState<QuotaTracker<6>>, AttemptTimeout, Observe<Os>...>;

  explicit ResilientPipeline(ResilientOptions options, Os&... observers)
      : targets_(options.fallback.targets),
        price_ceiling_(options.fallback.price_ceiling),
        downsizes_(options.downsize),
        own_quota_(QuotaTracker{options.quota}, QuotaGroups{targets_}),
        revisions_(static_cast<std::uint8_t>(options.reword.most)),
        blocked_({options.remember_blocked, options.reword.rerolls, options.fallback.table}),
        policies_(Deadline{options.deadline}, OffPeak{options.off_peak.value_or(OffPeakOptions{.well = 1.0})},
                  Reword{with_third_party(options)}, FallbackChain{without_ceiling(std::move(options.fallback))}, Retry{options.retry},
                  SlowStart{options.slow_start}, CircuitBreaker{options.breaker},
                  with_state(QuotaTracker{options.quota}, options.shared_quota ? *options.shared_quota : own_quota_),
                  AttemptTimeout{options.attempt_timeout, options.least_attempt}, Observe<Os>{observers}...) {}

  [[nodiscard]] const std::vector<Target>& targets() const noexcept { return targets_; }
  [[nodiscard]] Policies& policies() noexcept { return policies_; }
  /// Which targets rest, and until when.
  [[nodiscard]] TargetRests& rests() noexcept { return policies_.template state<3>(); }
  /// The breaker of a target, by its number.
  [[nodiscard]] auto& breaker(unsigned target) noexcept { return policies_.template state<6>(target); }

  /// What was refused for its content, and is not sent again.
  [[nodiscard]] BlockedPrompts& blocked() noexcept { return blocked_; }

  /// Fits the call to the request: leaves it to the targets that can take it, and counts the other wordings that it has. No such target:
  /// then nothing is sent, and the failure says why.
  [[nodiscard]] std::optional<Failure> fit(const ImageRequest& request, CallOptions& options) const {
    options.revisions = request.reword ? revisions_ : std::uint8_t{0};
    const auto able = able_targets(targets_, [&](const Target& target) { return !obstacle(target, request, options.targets); });
    if (!able) return no_target(request, options.targets);
    options.targets = *able;
    return std::nullopt;
  }

  /// Gives what `send(model, how)` does for an attempt: which model it is to ask, and how, with the words of the attempt's revision, and
  /// for the size that the target makes.
  ///
  /// Errors   What `ImageRequest::reword` throws goes through.
  template <class Send>
  auto ask(const ImageRequest& request, const Attempt& attempt, Time now, Send&& send) {
    std::optional<Rewording> rewording;
    if (attempt.revision > 0 && request.reword) rewording = request.reword(request.prompt, attempt.revision);
    const Target& target = targets_[attempt.target];
    GenerateOptions how;
    how.downsize_to = smaller_size(target, request);
    const Duration longest =
        how.downsize_to ? suggested_timeout({.prompt = {}, .image_size = how.downsize_to}) : suggested_timeout(request);
    how.timeout = std::min(longest, attempt.remaining(now));
    how.base_url = target.base_url;
    how.rewording = rewording ? &*rewording : nullptr;
    how.blocked = blocked_.options().most > 0 ? &blocked_ : nullptr;
    return std::forward<Send>(send)(std::string_view{target.model}, how);
  }

 private:
  // The ceiling depends on the size that a request asks for, so it is applied here, to each request, and not by the chain.
  static FallbackOptions without_ceiling(FallbackOptions options) {
    RefusingRules rules;
    options.check_ceiling(rules);
    options.price_ceiling = any_price;
    return options;
  }

  static RewordOptions with_third_party(const ResilientOptions& options) {
    RefusingRules rules;
    return detail::reword_options(options, rules);
  }

  enum class Obstacle : std::uint8_t { not_wanted, repeats, size_or_ratio, price };

  // Whether the target's own limits and its model allow the size.
  [[nodiscard]] static bool makes(const Target& target, ImageSize size) {
    const ImageModel* model = find_model(target.model);
    return can_make(target, name(size), {}) && (!model || (model->takes_size && model->makes(size)));
  }

  // What the target is asked for where it does not make the request's size; none: it makes that, or nothing smaller either.
  [[nodiscard]] std::optional<ImageSize> smaller_size(const Target& target, const ImageRequest& request) const {
    if (!downsizes_ || !request.image_size || makes(target, *request.image_size)) return std::nullopt;
    for (auto below = static_cast<std::size_t>(*request.image_size); below-- > 0;)
      if (const auto size = static_cast<ImageSize>(below); makes(target, size)) return size;
    return std::nullopt;
  }

  // Why the target is not offered the request: the call excludes it, it cannot make the size or the ratio, or it is too dear.
  [[nodiscard]] std::optional<Obstacle> obstacle(const Target& target, const ImageRequest& request, TargetSet wanted) const {
    const auto index = static_cast<std::size_t>(&target - targets_.data());
    if (wanted != 0 && (wanted >> index & 1U) == 0) return Obstacle::not_wanted;
    const auto first = price_of(targets_.front(), request);
    const auto smaller = smaller_size(target, request);
    if (!smaller)
      return repeats_another(index, request, wanted) ? std::optional{Obstacle::repeats} : obstacle_as_asked(target, request, first);
    ImageRequest downsized = request;
    downsized.image_size = smaller;
    return obstacle_as_asked(target, downsized, first);
  }

  // Whether it is an earlier target once more that is offered the request: another call there for the same picture is no fallback.
  [[nodiscard]] bool repeats_another(std::size_t index, const ImageRequest& request, TargetSet wanted) const {
    const Target& target = targets_[index];
    const auto is_asked_already = [&](const Target& earlier) {
      return earlier.model == target.model && earlier.base_url == target.base_url && earlier.project == target.project &&
             earlier.key_name == target.key_name && earlier.region == target.region && !obstacle(earlier, request, wanted);
    };
    return downsizes_ && std::any_of(targets_.begin(), targets_.begin() + static_cast<std::ptrdiff_t>(index), is_asked_already);
  }

  [[nodiscard]] std::optional<Obstacle> obstacle_as_asked(const Target& target, const ImageRequest& request,
                                                          std::optional<double> first) const {
    const std::string_view size = request.image_size ? name(*request.image_size) : std::string_view{};
    if (!can_make(target, size, request.aspect_ratio) || check(request, target.model)) return Obstacle::size_or_ratio;
    const auto price = price_of(target, request);
    const bool dear = price_ceiling_ ? price.value_or(any_price) > *price_ceiling_ : first && price && *price > *first;
    return dear ? std::optional{Obstacle::price} : std::nullopt;
  }

  static const char* words(Obstacle obstacle) {
    switch (obstacle) {
      case Obstacle::not_wanted: return " is excluded by the call";
      case Obstacle::repeats: return " is there for smaller pictures";
      case Obstacle::size_or_ratio: return " does not make this size or ratio";
      case Obstacle::price: return " costs more than is allowed";
    }
    return "";
  }

  // The request is wrong for every model, or nobody is left who may take it.
  [[nodiscard]] Failure no_target(const ImageRequest& request, TargetSet wanted) const {
    Verdict verdict;
    verdict.kind = Kind::no_target;
    verdict.says = Says::policy;
    verdict.sent = Sent::no;
    verdict.billed = Billed::no;
    verdict.id = "no-target";
    std::string message;
    for (const Target& target : targets_) {
      const auto why = obstacle(target, request, wanted);
      if (why == Obstacle::size_or_ratio)
        if (auto refused = detail::refused(request, target.model)) return *std::move(refused);
      if (why == Obstacle::price) verdict.id = "price-ceiling";
      message.append(message.empty() ? "" : "; ").append(target.name);
      message.append(why ? words(*why) : "");
    }
    return Failure{verdict, std::move(message)};
  }

  std::vector<Target> targets_;
  std::optional<double> price_ceiling_;
  bool downsizes_;
  SharedQuota own_quota_;
  std::uint8_t revisions_;
  BlockedPrompts blocked_;
  Policies policies_;
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini
