// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>   // all_digits, find_word, is_digit, is_letter
#include <ductile/gemini/base64.hpp>  // decode_base64
#include <ductile/gemini/redact.hpp>  // detail::is_key_character
#include <ductile/tools/masking/hidden_parts.hpp>
#include <ductile/tools/masking/tokens.hpp>  // is_base64_letter
#include <ductile/tools/masking/values.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools::masking {

/// The login in an address whose host begins at `begin`, before the sign `@`; empty where there is none. What follows a colon and is no
/// port is a password, which may hold any letter but a blank.
[[nodiscard]] inline Part login_at(std::string_view text, std::size_t begin, std::size_t& end) noexcept {
  constexpr std::string_view ends_word{" \t\r\n\"'<>\\"};
  end = std::min(text.find_first_of("/?# \t\r\n\"'<>\\", begin), text.size());
  std::string_view host = text.substr(begin, end - begin);
  const std::size_t colon = host.find(':');
  if (host.find('@') == host.npos && colon != host.npos && !host.starts_with('[') && !ductile::detail::all_digits(host.substr(colon + 1))) {
    end = std::min(text.find_first_of(ends_word, end), text.size());
    host = text.substr(begin, end - begin);
  }
  const std::size_t sign = host.rfind('@');
  return sign == host.npos ? Part{} : Part{begin, begin + sign};
}

/// Hides who logs in, and with what, in addresses: `http://NAME:PASSWORD@proxy:3128`, `proxy=NAME:PASSWORD@proxy:3128`.
inline void hide_logins_of_addresses(HiddenParts& parts) {
  for (const std::string_view before : {"://", "proxy="})
    for (std::size_t at = ductile::detail::find_word(parts.text(), before); at != std::string_view::npos;) {
      std::size_t end = 0;
      parts.hide(login_at(parts.text(), at + before.size(), end));
      at = ductile::detail::find_word(parts.text(), before, end);
    }
}

/// Hides the login of `Basic bmFtZTpwYXNzd29yZA==`, whatever it is called: what stands there is a name, a colon and a password in base64.
inline void hide_basic_logins(HiddenParts& parts) {
  constexpr std::string_view scheme{"basic "};
  const std::string_view text = parts.text();
  for (std::size_t at = ductile::detail::find_word(text, scheme); at != text.npos; at = ductile::detail::find_word(text, scheme, at + 1)) {
    const std::size_t begin = at + scheme.size();
    std::size_t end = begin;
    while (end < text.size() && is_base64_letter(text[end])) ++end;
    const auto login = gemini::decode_base64(text.substr(begin, end - begin));
    if (login && login->find(':') != login->npos) parts.hide({begin, end});
  }
}

/// Hides the logins and cookies that curl is given: `curl -u NAME:PASSWORD`, `-suNAME:PASSWORD`, `--proxy-user`, `-b 'SID=...'`.
class LoginsOfCurl {
 public:
  explicit LoginsOfCurl(HiddenParts& parts) noexcept : parts_(parts), text_(parts.text()) {}

  void hide() {
    constexpr std::string_view command{"curl"};
    for (std::size_t at = text_.find(command); at != text_.npos; at = text_.find(command, at)) at = read_command(at + command.size());
  }

 private:
  // Gives back where the command ends, as the next where the word does.
  std::size_t read_command(std::size_t at) {
    while (at < text_.size()) {
      const char c = text_[at];
      const bool is_escape = c == '^' && at + 1 < text_.size() && text_[at + 1] == '-';  // of Windows' shell
      if (blanks.find(c) != blanks.npos || c == '\r' || is_escape) {
        ++at;
      } else if (c == '\n') {
        const std::size_t last = text_.find_last_not_of(" \t\r", at - 1);
        if (last == text_.npos || std::string_view{"\\^`"}.find(text_[last]) == std::string_view::npos) return at;
        ++at;
      } else if (c == '|') {
        return at;
      } else {
        at = c == '-' ? read_flag(at) : read_word(at);
      }
    }
    return at;
  }

  [[nodiscard]] std::size_t read_word(std::size_t at) const noexcept {
    const auto string = string_at(text_, at);
    return string && string->inside.end < text_.size() ? string->end : std::min(text_.find_first_of(" \t\r\n", at + 1), text_.size());
  }

  std::size_t read_flag(std::size_t at) {
    constexpr std::string_view alone{"aBfgGiIjJkKlLMnNOpqRsSvVZ#0123456"};  // flags that take no value, so that another may follow
    const std::size_t end = end_of_name(text_, at);
    const std::string_view flag = text_.substr(at, end - at);
    if (flag == "--user" || flag == "--proxy-user") return hide_value(end, ':');
    if (flag == "--cookie") return hide_value(end, '=');
    if (flag.starts_with("--")) return end > at ? end : at + 1;
    const std::size_t letter = behind(alone, text_, at + 1);
    if (letter < text_.size() && (text_[letter] == 'u' || text_[letter] == 'U')) return hide_value(letter + 1, ':');
    if (letter < text_.size() && text_[letter] == 'b') return hide_value(letter + 1, '=');
    return std::max(end, at + 1);
  }

  // A login has a colon, and a cookie that is no file an equals sign.
  std::size_t hide_value(std::size_t at, char sign) {
    at = behind(" \t=", text_, at);
    const auto string = string_at(text_, at);
    const Part value = string ? string->inside : Part{at, std::min(text_.find_first_of(" \t\r\n\"'", at), text_.size())};
    if (value.of(text_).find(sign) != std::string_view::npos) parts_.hide(value);
    return string ? string->end : value.end;
  }

  HiddenParts& parts_;
  std::string_view text_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::masking
