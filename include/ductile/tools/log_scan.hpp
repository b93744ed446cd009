// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>              // is_about_content, Kind, name, QuotaDimension, Remedy
#include <ductile/core/now.hpp>               // WallTime
#include <ductile/core/transport.hpp>         // HttpResponse
#include <ductile/gemini/classification.hpp>  // Classification, Confidence
#include <ductile/gemini/classifier.hpp>      // classify
#include <ductile/tools/doctor_input.hpp>     // answer_of
#include <ductile/tools/log_records.hpp>      // LogRecord
#include <ductile/tools/tells_failure.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// A moment of a log: its time, where it has one, and its line.
struct LogMoment {
  std::optional<WallTime> time{};
  std::uint64_t line = 0;
};

/// One sort of failure that a log shows.
struct LogFailure {
  std::string id{};
  Kind kind = Kind::other;
  Remedy remedy = Remedy::never;
  std::uint64_t count = 0;
  std::uint64_t useless = 0;  ///< Of these, that came after the same one and with nothing well in between, where no repeat cures it.
  LogMoment first{};
  LogMoment last{};
  bool is_of_tier = false;  ///< A limit that another tier has higher.
  QuotaDimension dimension = QuotaDimension::none;
  std::optional<std::int64_t> limit{};  ///< As the service named it last.
  std::string model{};                  ///< Which the service named first.
};

/// Why somebody who reads the log should stop and act, not wait.
enum class StopSign : std::uint8_t {
  half_an_hour,  ///< One failure for half an hour, and nothing well meanwhile.
  prohibited,    ///< Content that the service prohibits.
  several_kinds  ///< Three kinds of failure within a minute.
};

/// "half_an_hour", "prohibited", "several_kinds".
[[nodiscard]] constexpr std::string_view name(StopSign sign) noexcept {
  switch (sign) {
    case StopSign::half_an_hour: return "half_an_hour";
    case StopSign::prohibited: return "prohibited";
    case StopSign::several_kinds: return "several_kinds";
  }
  return "half_an_hour";
}

struct SeenSign {
  StopSign sign{};
  std::string id{};   ///< Of the failure that it was seen by, the latest.
  LogMoment begun{};  ///< When it was first seen.
};

/// What a log says of its failures. Records go in one by one, in the log's order; memory stays bounded.
///
/// Cost     A record without a word of failure costs a look through it; one like an earlier record (but for long numbers) a hash; another
///          one its classification, some tens of microseconds.
class LogScan {
 public:
  void add(const LogRecord& record) {
    ++records_;
    if (!first_ && record.time) first_ = record.time;
    if (record.time) last_ = record.time;
    if (!says_something(record.text)) {
      if (tells_success(record.text)) streaks_.clear();
      return;
    }
    count(judged(record.text), {record.time, record.line});
  }

  /// The same of an answer that was recorded whole.
  void add(const HttpResponse& answer, const LogMoment& moment) {
    ++records_;
    if (!first_ && moment.time) first_ = moment.time;
    if (moment.time) last_ = moment.time;
    count(seen_in(answer), moment);
  }

  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }
  [[nodiscard]] std::optional<WallTime> first() const noexcept { return first_; }
  [[nodiscard]] std::optional<WallTime> last() const noexcept { return last_; }
  [[nodiscard]] const std::vector<SeenSign>& signs() const noexcept { return signs_; }

  /// The sorts of failure, the most frequent first.
  [[nodiscard]] std::vector<LogFailure> rows() const {
    std::vector<LogFailure> sorted;
    for (const auto& [id, row] : rows_) sorted.push_back(row);
    std::ranges::sort(sorted,
                      [](const LogFailure& a, const LogFailure& b) { return a.count != b.count ? a.count > b.count : a.id < b.id; });
    return sorted;
  }

 private:
  static constexpr std::size_t most_known = 65'536;
  static constexpr std::chrono::minutes long_enough{30};
  static constexpr std::chrono::seconds at_once{60};
  static constexpr std::ptrdiff_t several = 3;

  // What a record says, as far as it matters here. No id: no failure.
  struct Seen {
    bool ok = false;
    std::string id{};
    Kind kind = Kind::ok;
    Remedy remedy = Remedy::never;
    bool is_of_tier = false;
    QuotaDimension dimension = QuotaDimension::none;
    std::optional<std::int64_t> limit{};
    std::string model{};
  };

  // A word that failures are told with, or a status of one. Most of a log has none, and is not looked at more closely.
  [[nodiscard]] static bool says_something(std::string_view text) noexcept {
    constexpr auto words = std::to_array<std::string_view>(
        {"rror",         "RROR",      "xception",  "ailed",     "AILED",  "xhausted", "XHAUSTED", "uota",
         "UOTA",         "imit",      "verload",   "VERLOAD",   "navail", "NAVAIL",   "imeout",   "imed out",
         "IMEOUT",       "efused",    "EFUSED",    "reset",     "RESET",  "locked",   "LOCKED",   "inishReason",
         "inish_reason", "andidates", "rohibited", "ROHIBITED", "denied", "DENIED",   "nvalid",   "NVALID"});
    for (const std::string_view word : words)
      if (text.find(word) != text.npos) return true;
    for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
      if ((text[i] != '4' && text[i] != '5') || !detail::is_digit(text[i + 1]) || !detail::is_digit(text[i + 2])) continue;
      const bool begins = i == 0 || !(detail::is_digit(text[i - 1]) || detail::is_letter(text[i - 1]) || text[i - 1] == '.');
      const bool ends = i + 3 == text.size() || !(detail::is_digit(text[i + 3]) || detail::is_letter(text[i + 3]) || text[i + 3] == '.');
      if (begins && ends) return true;
    }
    return false;
  }

  // As logs write that a request was answered with 200. What such an answer hides is told by words of failure beside it.
  [[nodiscard]] static bool tells_success(std::string_view text) noexcept {
    constexpr auto words = std::to_array<std::string_view>({"200 OK", "\" 200 ", "HTTP/1.1 200", "HTTP/2 200", "status=200", "status: 200",
                                                            "status\":200", "status\": 200", "status_code=200", "status 200"});
    return std::ranges::any_of(words, [text](std::string_view word) { return text.find(word) != text.npos; });
  }

  // Whether a word of hexadecimal digits, or of digits alone, is so long that it is a name, a moment or a fraction, and no code of
  // anything.
  [[nodiscard]] static bool is_name(std::string_view word) noexcept {
    constexpr std::size_t longest_code = 8;
    constexpr std::size_t shortest_uuid = 32;
    const auto digits = static_cast<std::size_t>(std::ranges::count_if(word, detail::is_digit));
    const bool has_dash = word.find('-') != word.npos;
    if (has_dash) return digits > 0 && word.size() >= shortest_uuid;
    return digits == word.size() ? digits > longest_code : digits > 0 && word.size() >= longest_code;
  }

  // The text without such names: what two records that say the same have in common.
  [[nodiscard]] static std::string without_names(std::string_view text) {
    const auto is_of_name = [](char c) { return detail::is_digit(c) || (c >= 'a' && c <= 'f') || c == '-'; };
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = i;
      while (end < text.size() && is_of_name(text[end])) ++end;
      const bool stands_alone = i == 0 || !detail::is_letter(text[i - 1]);
      if (stands_alone && is_name(text.substr(i, end - i)))
        plain += '#';
      else
        plain.append(text.substr(i, end - i));
      if (end < text.size()) plain += text[end];
      i = end + 1;
    }
    return plain;
  }

  const Seen& judged(std::string_view text) {
    std::string key = without_names(text);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    if (known_.size() >= most_known) known_.clear();
    return known_.emplace(std::move(key), judged_anew(text)).first->second;
  }

  void count(const Seen& seen, const LogMoment& moment) {
    if (seen.ok) {
      streaks_.clear();
      return;
    }
    if (seen.id.empty()) return;
    ++failures_;
    LogFailure& row =
        rows_
            .try_emplace(
                seen.id,
                LogFailure{.id = seen.id, .kind = seen.kind, .remedy = seen.remedy, .first = moment, .is_of_tier = seen.is_of_tier})
            .first->second;
    ++row.count;
    row.last = moment;
    row.dimension = seen.dimension;
    if (seen.limit) row.limit = seen.limit;
    if (row.model.empty()) row.model = seen.model;
    if (streaks_.contains(seen.id) && no_repeat_cures(seen.remedy)) ++row.useless;
    look_for_signs(seen, moment);
  }

  [[nodiscard]] static Seen judged_anew(std::string_view text) {
    Seen seen = seen_in(detail::answer_of(text));
    seen.ok = seen.ok || (seen.id.empty() && tells_success(text));
    return seen;
  }

  [[nodiscard]] static Seen seen_in(const HttpResponse& answer) {
    const gemini::Classification said = gemini::classify(answer);
    Seen seen;
    seen.ok = said.ok();
    if (!tells_failure(answer.body, said)) return seen;
    seen.id = std::string{said.verdict.id.text()};
    seen.kind = said.verdict.kind;
    seen.remedy = said.verdict.remedy;
    seen.dimension = said.verdict.dimension;
    seen.limit = said.limit_value;
    seen.model = said.model;
    const bool is_of_quota = seen.kind == Kind::rate_limit || seen.kind == Kind::quota;
    seen.is_of_tier = is_of_quota && said.verdict.dimension != QuotaDimension::none && said.verdict.dimension != QuotaDimension::spend &&
                      !said.limit_zero && said.scope != gemini::QuotaScope::shared_capacity;
    return seen;
  }

  [[nodiscard]] static constexpr bool no_repeat_cures(Remedy remedy) noexcept {
    return remedy == Remedy::never || remedy == Remedy::next_day || remedy == Remedy::after_prompt_change;
  }

  void look_for_signs(const Seen& seen, const LogMoment& moment) {
    const auto [streak, begins] = streaks_.try_emplace(seen.id, moment);
    if (!begins && moment.time && streak->second.time && *moment.time - *streak->second.time >= long_enough)
      note({StopSign::half_an_hour, seen.id, streak->second});
    if (seen.kind == Kind::prohibited) note({StopSign::prohibited, seen.id, moment});
    if (!moment.time) return;
    latest_[seen.kind] = *moment.time;
    const auto kinds = std::ranges::count_if(latest_, [&](const auto& kind) { return *moment.time - kind.second <= at_once; });
    if (kinds >= several) note({StopSign::several_kinds, seen.id, moment});
  }

  void note(SeenSign sign) {
    for (SeenSign& known : signs_)
      if (known.sign == sign.sign && (sign.sign != StopSign::half_an_hour || known.id == sign.id)) return;
    signs_.push_back(std::move(sign));
  }

  std::uint64_t records_ = 0;
  std::uint64_t failures_ = 0;
  std::optional<WallTime> first_{};
  std::optional<WallTime> last_{};
  std::map<std::string, LogFailure, std::less<>> rows_;
  std::unordered_map<std::string, Seen> known_;
  std::map<std::string, LogMoment, std::less<>> streaks_;  // failures with nothing well since, and when they began
  std::map<Kind, WallTime> latest_;                        // when each kind was last seen
  std::vector<SeenSign> signs_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
