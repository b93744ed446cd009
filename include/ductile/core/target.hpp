// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>       // most_targets
#include <ductile/core/config_error.hpp>  // refuse

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// One place that an operation can go to. Policies look only at its limits; the rest is for the operation.
struct Target {
  std::string name;  ///< How reports and metrics call it: never a URL or a key.
  std::string model{};
  std::string base_url{};
  std::string project{};   ///< Whose quota it is.
  std::string key_name{};  ///< Which key the transport takes (the name of an environment variable, not the key).
  std::string region{};
  std::vector<std::string> sizes{};  ///< Image sizes it can make ("1K"); empty: any.
  double price = 0.0;                ///< USD for one request of the ordinary size; 0: not known.
  std::string quota_group{};         ///< Targets with the same one share a quota ledger; empty: by project, else by key (`quota_group`).
};

/// Whose quota a target draws on: its `quota_group`, else its project - or, where none is named, its key at its base URL - with its model
/// and region, since quotas are counted for each. Empty: nothing of that is known, and the target shares with nobody.
[[nodiscard]] inline std::string quota_group(const Target& target) {
  if (!target.quota_group.empty()) return target.quota_group;
  if (target.project.empty() && target.key_name.empty()) return {};
  const std::string owner = target.project.empty() ? "key\n" + target.key_name + "\n" + target.base_url : "project\n" + target.project;
  return owner + "\n" + target.model + "\n" + target.region;
}

/// Which of some targets share a quota: for each the first one of its group.
///
/// Errors   `ConfigError` when there are not 1 to 16.
class QuotaGroups {
 public:
  /// Each by itself.
  explicit QuotaGroups(unsigned targets) : targets_(targets) {
    if (targets < 1 || targets > most_targets) refuse("QuotaGroups: targets must be from 1 to 16", targets);
    for (unsigned target = 0; target < targets; ++target) first_[target] = static_cast<std::uint8_t>(target);
  }

  /// By `quota_group`.
  explicit QuotaGroups(const std::vector<Target>& targets) : QuotaGroups(static_cast<unsigned>(targets.size())) {
    for (unsigned target = 1; target < targets_; ++target) {
      const std::string group = quota_group(targets[target]);
      for (unsigned earlier = 0; !group.empty() && earlier < target; ++earlier) {
        if (quota_group(targets[earlier]) != group) continue;
        first_[target] = first_[earlier];
        break;
      }
    }
  }

  [[nodiscard]] unsigned targets() const noexcept { return targets_; }
  /// The first target that shares with this one; itself when no earlier one does.
  [[nodiscard]] unsigned first(unsigned target) const noexcept { return first_[target]; }

 private:
  unsigned targets_;
  std::array<std::uint8_t, most_targets> first_{};
};

}  // namespace ductile::inline DUCTILE_VERSION
