// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>  // is_digit, is_letter

#include <boost/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

// Go prints what was JSON without its marks: `map[quotaId:X quotaValue:20]`, `[map[...] map[...]]`. The marks are put back here, as far as
// they can be known: a member's name is a word without blanks before a colon, and its value goes on to the next name.
namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

class GoReader {
 public:
  /// `text` begins behind "map[".
  explicit GoReader(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] std::string object() {
    std::string json{"{"};
    while (at_ < text_.size() && text_[at_] != ']') {
      skip_blanks();
      const std::size_t name = name_length();
      if (name == 0) break;
      json.append(json.size() > 1 ? "," : "").append(boost::json::serialize(boost::json::string{text_.substr(at_, name)})).append(":");
      at_ += name + 1;
      json += value();
      skip_blanks();
    }
    close();
    return json + "}";
  }

  [[nodiscard]] std::size_t read() const noexcept { return at_; }

 private:
  static constexpr std::size_t deepest = 32;

  [[nodiscard]] std::string value() {
    constexpr std::string_view map{"map["};
    const bool is_map = text_.substr(at_).starts_with(map);
    const bool is_list = !is_map && text_.substr(at_).starts_with('[');
    if ((is_map || is_list) && depth_ < deepest) {
      ++depth_;
      at_ += is_map ? map.size() : 1;
      std::string json = is_map ? object() : list();
      --depth_;
      return json;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ']' && !(text_[at_] == ' ' && name_length(at_ + 1) > 0)) ++at_;
    return boost::json::serialize(boost::json::string{text_.substr(begin, at_ - begin)});
  }

  [[nodiscard]] std::string list() {
    std::string json{"["};
    while (at_ < text_.size() && text_[at_] != ']') {
      const std::size_t begin = at_;
      json.append(json.size() > 1 ? "," : "").append(value());
      skip_blanks();
      if (at_ == begin) break;
    }
    close();
    return json + "]";
  }

  void skip_blanks() noexcept {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  void close() noexcept {
    if (at_ < text_.size() && text_[at_] == ']') ++at_;
  }

  [[nodiscard]] std::size_t name_length() const noexcept { return name_length(at_); }
  [[nodiscard]] std::size_t name_length(std::size_t at) const noexcept {
    std::size_t end = at;
    while (end < text_.size() &&
           (ductile::detail::is_letter(text_[end]) || ductile::detail::is_digit(text_[end]) || text_[end] == '_' || text_[end] == '@'))
      ++end;
    return end > at && end < text_.size() && text_[end] == ':' ? end - at : 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace detail

/// A text with each of Go's maps in it written as JSON; empty when there is none.
[[nodiscard]] inline std::string with_go_maps_as_json(std::string_view text) {
  constexpr std::string_view map{"map["};
  std::string plain;
  for (std::size_t found = text.find(map); found != text.npos; found = text.find(map)) {
    detail::GoReader reader{text.substr(found + map.size())};
    plain.append(text.substr(0, found)).append(reader.object());
    text.remove_prefix(found + map.size() + reader.read());
    if (text.starts_with(" map[")) {  // between two of a list
      plain += ',';
      text.remove_prefix(1);
    }
  }
  return plain.empty() ? plain : plain.append(text);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
