// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/failure.hpp>       // Failure
#include <ductile/core/kind.hpp>          // Billed, is_about_content, Kind, Remedy, Says, Sent
#include <ductile/core/verdict.hpp>       // Verdict
#include <ductile/gemini/request.hpp>     // ImageRequest
#include <ductile/policies/fallback_table.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::gemini {

struct BlockedPromptsOptions {
  std::size_t most = 1000;  ///< How many requests it remembers, 0 to 1'000'000; for one more the oldest is forgotten.
  unsigned rerolls = 0;     ///< How often a request that was refused may be sent once more, where another draw may pass.
  FallbackTable table{};    ///< A refusal that it repeats, or carries to another target, is not the last word, and is not remembered.
};

/// Which requests were refused for their content, so that no one pays for the same refusal twice. Of a request it keeps a hash of 64 bits,
/// never the text.
///
/// Two requests are the same if all is equal that is sent as content: prompt, images, history, system instruction, and the safety settings.
/// Which model is asked, for which size, and with which seed makes no difference.
///
/// Errors   `ConfigError` when an option is out of range.
/// Threads  Any number. Requests that are sent at the same time do not know of one another.
/// Cost     A pass over the content for its hash, and a short lock; about 150 bytes for each request that it remembers.
class BlockedPrompts {
 public:
  /// What a request asks for, in short.
  enum class Key : std::uint64_t {};

  template <class Rules>
  static void check(const BlockedPromptsOptions& options, Rules& rules) {
    rules.require(options.most <= 1'000'000, "BlockedPrompts: most (remember_blocked) must be from 0 to 1000000",
                  static_cast<double>(options.most));
  }

  explicit BlockedPrompts(BlockedPromptsOptions options = {}) : options_(std::move(options)) {
    RefusingRules rules;
    check(options_, rules);
  }

  [[nodiscard]] static Key key_of(const ImageRequest& request) {
    // Hashes of one length each, so that no text can run over into its neighbour.
    std::string fields;
    const auto add_number = [&fields](std::uint64_t number) { fields.append(std::to_string(number)).append(1, ' '); };
    const auto add = [&](std::string_view text) { add_number(std::hash<std::string_view>{}(text)); };
    add(request.prompt);
    add(request.system_instruction);
    add_number(request.images.size());
    for (const InputImage& image : request.images) {
      add(image.mime_type);
      add(image.bytes);
      add(image.uri);
    }
    add_number(request.history.size());
    for (const Turn& turn : request.history) add(turn.json);
    for (const SafetySetting& setting : request.safety) {
      add_number(static_cast<std::uint64_t>(setting.category));
      add_number(static_cast<std::uint64_t>(setting.threshold));
    }
    return Key{std::hash<std::string_view>{}(fields)};
  }

  /// Why the request is not to be sent: as what it was refused before. None: it may be sent.
  [[nodiscard]] std::optional<Failure> refusal(Key key) const {
    const std::lock_guard lock{mutex_};
    const auto found = known_.find(key);
    if (found == known_.end() || may_try_again(found->second)) return std::nullopt;
    const Verdict& verdict = found->second.verdict;
    return Failure{verdict,
                   "not sent: this was refused before, as " + std::string{verdict.id.text()},
                   {{"request", "held against what was refused before"}}};
  }

  /// Takes note of what the service made of a request. What says nothing of its content for good is passed over.
  void remember(Key key, const Verdict& verdict) {
    if (options_.most == 0 || !is_final(verdict)) return;
    const std::lock_guard lock{mutex_};
    const auto [found, is_new] = known_.try_emplace(key);
    Refused& refused = found->second;
    refused.verdict.kind = verdict.kind;
    refused.verdict.remedy = verdict.remedy;
    refused.verdict.id = verdict.id;
    refused.verdict.says = Says::operation;
    refused.verdict.sent = Sent::no;
    refused.verdict.billed = Billed::no;
    ++refused.refusals;
    if (!is_new) return;
    order_.push_back(key);
    if (order_.size() <= options_.most) return;
    known_.erase(order_.front());
    order_.pop_front();
  }

  /// Forgets all: for who knows that the service judges otherwise now.
  void clear() {
    const std::lock_guard lock{mutex_};
    known_.clear();
    order_.clear();
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return known_.size();
  }

  [[nodiscard]] const BlockedPromptsOptions& options() const noexcept { return options_; }

 private:
  struct Refused {
    Verdict verdict{};
    unsigned refusals = 0;
  };

  [[nodiscard]] bool is_final(const Verdict& verdict) const noexcept {
    const bool of_content = is_about_content(verdict.kind) || verdict.kind == Kind::recitation;
    const bool as_it_stands = verdict.remedy == Remedy::never || verdict.remedy == Remedy::after_prompt_change;
    return of_content && as_it_stands && options_.table(verdict).next == Next::stop;
  }

  [[nodiscard]] bool may_try_again(const Refused& refused) const noexcept {
    return refused.verdict.remedy != Remedy::never && refused.refusals <= options_.rerolls;
  }

  BlockedPromptsOptions options_;
  mutable std::mutex mutex_;
  std::unordered_map<Key, Refused> known_;
  std::deque<Key> order_;  // the oldest first
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini
