// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/price.hpp>  // Price

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What a client can do wrong, as far as a server can see it.
enum class Fault : std::uint8_t {
  retried_non_retryable,
  retried_spent_day,
  crossed_reset_early,
  retry_before_hint,
  switched_key_same_project,
  fell_back_on_safety,
  paid_twice_for_blocked_prompt,
  no_backoff,
  nested_retries,
  retry_storm,
  probe_stampede,
  slept_past_deadline,
  gave_up_early,
  accepted_truncated_stream,
  accepted_no_image,
  no_read_timeout,
  lost_thought_signature
};

/// A fault's name, as in reports, and what it means.
struct FaultText {
  std::string_view name;
  std::string_view meaning;
};

/// In the order of `Fault`. How each is told, and what that cannot see, is in docs/mock/verdict.md.
inline constexpr std::array<FaultText, 17> fault_texts{{
    {"retried_non_retryable", "Sent the same request again after an answer that will never change."},
    {"retried_spent_day", "Asked a model again on the day whose quota was spent."},
    {"crossed_reset_early", "Waited for the day's quota to return, and came back before midnight in California."},
    {"retry_before_hint", "Came back before the time that the answer named."},
    {"switched_key_same_project", "Took a limit of the project to another key of the same project, which shares it."},
    {"fell_back_on_safety", "Took to another model what one had refused for its content."},
    {"paid_twice_for_blocked_prompt", "Sent a request again, unchanged, whose content had been blocked or withheld."},
    {"no_backoff", "Repeated a failed request again and again without a pause that is worth the name."},
    {"nested_retries", "Retried in bursts of one size, with a long pause between them: one retry loop inside another."},
    {"retry_storm", "Asked a failing model more than twenty times a minute for one job."},
    {"probe_stampede", "Sent five calls or more within a second to a model that was down, where one would have told."},
    {"slept_past_deadline", "Came back for a call after the end of the time that it had itself named for it."},
    {"gave_up_early", "Stopped at a failure that waiting cures, and the job was never drawn."},
    {"accepted_truncated_stream", "Never asked again after a 200 that was cut or ended in an error."},
    {"accepted_no_image", "Never asked again after a 200 without the image that was asked for."},
    {"no_read_timeout", "Held a silent answer for more than five minutes."},
    {"lost_thought_signature", "Sent back an image of the model without its thought signature, or with another's."},
}};

[[nodiscard]] constexpr const FaultText& text_of(Fault fault) noexcept { return fault_texts[static_cast<std::size_t>(fault)]; }

/// A request that proves a fault.
struct Proof {
  std::uint64_t number = 0;  ///< Of the request in the journal.
  std::uint64_t after = 0;   ///< Of the earlier one whose answer it should have heeded; 0: it speaks for itself.

  friend constexpr auto operator<=>(const Proof&, const Proof&) = default;
};

/// One fault of a client, how often it happened, the requests that prove it and what they cost.
struct Finding {
  /// So many proofs are kept, the first ones; all are counted, and in the price.
  static constexpr std::size_t most_proofs = 100;

  Fault fault{};
  std::uint64_t count = 0;
  std::vector<Proof> proofs{};
  Price price{};  ///< Of these requests. A good answer was worth its tokens and its money, unless the fault is to have asked for it.

  [[nodiscard]] std::string_view name() const noexcept { return text_of(fault).name; }
  [[nodiscard]] std::string_view meaning() const noexcept { return text_of(fault).meaning; }

  void add(Proof proof, const Price& cost) {
    ++count;
    if (proofs.size() < most_proofs) proofs.push_back(proof);
    price += cost;
  }
};

/// The findings so far, one a fault. Bounded memory.
class Findings {
 public:
  void add(Fault fault, Proof proof, const Price& cost) {
    Finding& finding = all_[static_cast<std::size_t>(fault)];
    finding.fault = fault;
    finding.add(proof, cost);
  }

  /// Those that happened, in the order of `Fault`.
  [[nodiscard]] std::vector<Finding> happened() const {
    std::vector<Finding> some;
    std::copy_if(all_.begin(), all_.end(), std::back_inserter(some), [](const Finding& finding) { return finding.count > 0; });
    return some;
  }

 private:
  std::array<Finding, fault_texts.size()> all_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
