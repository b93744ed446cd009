// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

// One zone of the system's time zone data: the 64-bit part of a TZif file and the rule in its footer (RFC 8536). Of rules only the form
// that has two changes a year, by weekday of a month, at 2:00: "PST8PDT,M3.2.0,M11.1.0". What it cannot read it refuses to be made of.
class ZoneFile {
 public:
  using Seconds = std::chrono::sys_seconds;

  explicit ZoneFile(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error{"no time zone data at " + path + "; install tzdata"};
    bytes_.assign(std::istreambuf_iterator<char>{file}, {});
    if (bytes_.size() < header || bytes_.compare(0, 4, "TZif") != 0 || bytes_[4] < '2') throw std::runtime_error{path + " is no TZif file"};
    read_block(header + size_of_block(0, 4));
  }

  // How far local time is ahead of UTC.
  [[nodiscard]] std::chrono::seconds offset(Seconds at) const {
    const auto after =
        std::upper_bound(changes_.begin(), changes_.end(), at, [](Seconds time, const Change& change) { return time < change.at; });
    if (after == changes_.end()) return by_rule(at);
    if (after == changes_.begin()) throw std::runtime_error{"before the first change of the zone"};
    return std::prev(after)->offset;
  }

  // The first midnight of the zone's clock after `at`.
  [[nodiscard]] Seconds next_midnight(Seconds at) const {
    const Seconds local{at.time_since_epoch() + offset(at)};
    const Seconds midnight = std::chrono::floor<std::chrono::days>(local) + std::chrono::days{1};
    // Local midnight in UTC: with the offset that holds then, which is one of two.
    for (const auto ahead : {offset(at), offset(at + std::chrono::hours{26})}) {
      const Seconds candidate = midnight - ahead;
      if (offset(candidate) == ahead) return candidate;
    }
    throw std::runtime_error{"a day without a midnight"};
  }

  [[nodiscard]] std::size_t changes() const noexcept { return changes_.size(); }

 private:
  struct Change {
    Seconds at;
    std::chrono::seconds offset;
  };
  struct Day {
    unsigned month, week, weekday;
  };
  static constexpr std::size_t header = 44;

  [[nodiscard]] std::uint32_t count(std::size_t begin, std::size_t index) const {
    return static_cast<std::uint32_t>(number(begin + 20 + 4 * index, 4));
  }

  [[nodiscard]] std::int64_t number(std::size_t from, std::size_t size) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8U | static_cast<unsigned char>(bytes_.at(from + i));
    return size == 4 ? std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(value))} : static_cast<std::int64_t>(value);
  }

  // The counts of a header: isut, isstd, leap, time, type, char.
  [[nodiscard]] std::size_t size_of_block(std::size_t begin, std::size_t time_size) const {
    return count(begin, 3) * (time_size + 1) + count(begin, 4) * std::size_t{6} + count(begin, 5) + count(begin, 2) * (time_size + 4) +
           count(begin, 1) + count(begin, 0);
  }

  void read_block(std::size_t begin) {
    const std::size_t times = count(begin, 3);
    const std::size_t data = begin + header;
    const std::size_t types = data + times * 9;
    for (std::size_t i = 0; i < times; ++i) {
      const auto type = static_cast<unsigned char>(bytes_.at(data + times * 8 + i));
      changes_.push_back(
          {Seconds{std::chrono::seconds{number(data + i * 8, 8)}}, std::chrono::seconds{number(types + type * std::size_t{6}, 4)}});
    }
    read_rule(bytes_.substr(data + size_of_block(begin, 8)));
  }

  void read_rule(const std::string& footer) {
    int standard = 0;
    const int read = std::sscanf(footer.c_str(), "\n%*3[A-Z]%d%*3[A-Z],M%u.%u.%u,M%u.%u.%u", &standard, &begins_.month, &begins_.week,
                                 &begins_.weekday, &ends_.month, &ends_.week, &ends_.weekday);
    if (read != 7) throw std::runtime_error{"a rule of another form: " + footer};
    standard_ = std::chrono::hours{-standard};  // POSIX counts westwards
  }

  [[nodiscard]] std::chrono::seconds by_rule(Seconds at) const {
    using namespace std::chrono;
    const year this_year = year_month_day{floor<days>(at + standard_)}.year();
    const auto change = [&](const Day& day, seconds offset) {
      const month_weekday date = month{day.month} / weekday{day.weekday}[day.week];
      return Seconds{sys_days{this_year / date}} + hours{2} - offset;
    };
    const seconds summer = standard_ + hours{1};
    return at >= change(begins_, standard_) && at < change(ends_, summer) ? summer : standard_;
  }

  std::string bytes_;
  std::vector<Change> changes_;
  Day begins_{};
  Day ends_{};
  std::chrono::seconds standard_{};
};

}  // namespace support
