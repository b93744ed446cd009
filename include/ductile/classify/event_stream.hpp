// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>
#include <ductile/detail/min_max.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION {

/// What a stream of server-sent events holds. The views live until the next byte is fed.
struct StreamEvent {
  std::string_view data;  ///< The payload; of several `data` lines joined by line feeds.
  bool bare = false;      ///< It stood there without `data:`, as an object of JSON by itself or in an array.
  bool whole = true;      ///< False: the stream ended before the event did.
};

/// Takes a stream apart as it arrives, split anywhere: server-sent events (lines that end in LF, CR or CRLF; comments; several `data`
/// lines; a byte order mark), and objects of JSON that stand without `data:` - one after another, in an array, or after the last event,
/// where services put the error that ends the stream.
///
/// Names, ids and retry times of events are passed over. What is neither a field nor an object is kept as `stray`, its first 16 KiB.
///
/// Cost     One pass. Memory: one event, and no more than `most_of_an_event` bytes of it.
class EventStream {
 public:
  static constexpr std::size_t most_of_stray = std::size_t{16} * 1024;

  explicit EventStream(std::size_t most_of_an_event = std::size_t{64} * 1024 * 1024) : most_(most_of_an_event) {}

  /// Reads on, and hands each event that is complete to `on_event`. False: an event is too large, and nothing more is read.
  template <class OnEvent>
  bool feed(std::string_view bytes, OnEvent&& on_event) {
    while (!bytes.empty() && !too_large_) bytes.remove_prefix(step(bytes, on_event));
    return !too_large_;
  }

  /// The stream has ended: hands over an event that lacks its end. Call once.
  template <class OnEvent>
  void finish(OnEvent&& on_event) {
    unfinished_ = at_ == At::name || at_ == At::space || at_ == At::data || at_ == At::object;
    if (at_ == At::name && !has_fields_) begin_stray();
    if (!event_.empty() && !too_large_) on_event(StreamEvent{event_, at_ == At::object, false});
    event_.clear();
  }

  /// Whether an event was larger than is taken.
  [[nodiscard]] bool too_large() const noexcept { return too_large_; }
  /// Whether the stream ended within a line or an object; known after `finish`.
  [[nodiscard]] bool unfinished() const noexcept { return unfinished_; }
  /// Whether anything was a field of an event.
  [[nodiscard]] bool has_fields() const noexcept { return has_fields_; }
  /// The first of what was no part of a stream: a page, a sentence.
  [[nodiscard]] std::string_view stray() const noexcept { return stray_; }

 private:
  enum class At : std::uint8_t {
    line,     // at the beginning of a line
    between,  // after an object of JSON, or a bracket
    name,     // in the name of a field
    space,    // after "data:"
    data,
    ignored,  // in a line that does not count
    stray,
    object
  };

  // Reads some bytes; how many.
  template <class OnEvent>
  std::size_t step(std::string_view bytes, OnEvent& on_event) {
    const char first = bytes.front();
    if (after_cr_ && first == '\n') {
      after_cr_ = false;
      return 1;
    }
    after_cr_ = false;
    switch (at_) {
      case At::object: return object(bytes, on_event);
      case At::between:
        if (first == ' ' || first == '\t' || first == '\r' || first == '\n' || first == ',' || first == ']' || first == '[') return 1;
        at_ = At::line;
        return 0;
      case At::line:
        if ((first == '{' || first == '[') && (stray_.empty() || has_fields_)) {  // a page has braces of its own
          flush(on_event);
          at_ = first == '[' ? At::between : At::object;
          return first == '[' ? 1 : 0;
        }
        at_ = At::name;
        return 0;
      case At::name: return name(bytes, on_event);
      case At::space: at_ = At::data; return first == ' ' ? 1 : 0;
      case At::data:
      case At::ignored:
      case At::stray: break;
    }
    return rest_of_line(bytes);
  }

  // The names that matter are short; a longer one is none of them.
  template <class OnEvent>
  std::size_t name(std::string_view bytes, OnEvent& on_event) {
    const char letter = bytes.front();
    if (letter == '\r' || letter == '\n') {
      if (name_.empty()) {
        flush(on_event);
      } else {
        end_of_name(false);
      }
      return end_of_line(letter);
    }
    if (letter == ':') {
      end_of_name(true);
      return 1;
    }
    name_.push_back(letter);
    if (at_start_ && name_ == "\xEF\xBB\xBF") {
      name_.clear();
      at_ = At::line;
      at_start_ = false;
    } else if (name_.size() > 5) {
      begin_stray();
    }
    return 1;
  }

  void end_of_name(bool colon) {
    const bool event = name_ == "data";
    const bool known = event || name_ == "event" || name_ == "id" || name_ == "retry";
    if (event && colon) {
      if (has_data_) keep("\n");
      has_data_ = true;
      at_ = At::space;
    } else if (known || (colon && name_.empty())) {  // a comment begins with a colon
      at_ = At::ignored;
    } else {
      if (colon) name_.push_back(':');
      begin_stray();
    }
    has_fields_ = has_fields_ || (known && colon);
    name_.clear();
    at_start_ = false;
  }

  void begin_stray() {
    keep_stray(name_);
    name_.clear();
    at_ = At::stray;
    at_start_ = false;
  }

  std::size_t rest_of_line(std::string_view bytes) {
    const std::size_t size = detail::min(bytes.find_first_of("\r\n"), bytes.size());
    if (at_ == At::data) keep(bytes.substr(0, size));
    if (at_ == At::stray) keep_stray(bytes.substr(0, size));
    return size == bytes.size() ? size : size + end_of_line(bytes[size]);
  }

  std::size_t end_of_line(char letter) {
    if (at_ == At::stray) keep_stray("\n");
    after_cr_ = letter == '\r';
    at_start_ = false;
    at_ = At::line;
    return 1;
  }

  // An object ends where its braces do, but for those within strings.
  template <class OnEvent>
  std::size_t object(std::string_view bytes, OnEvent& on_event) {
    std::size_t size = 0;
    while (size < bytes.size()) {
      const char letter = bytes[size++];
      if (in_string_) {
        if (escaped_) {
          escaped_ = false;
        } else if (letter == '\\') {
          escaped_ = true;
        } else if (letter == '"') {
          in_string_ = false;
        }
      } else if (letter == '"') {
        in_string_ = true;
      } else if (letter == '{') {
        ++depth_;
      } else if (letter == '}' && --depth_ == 0) {
        break;
      }
    }
    keep(bytes.substr(0, size));
    if (depth_ == 0 && !too_large_) {
      on_event(StreamEvent{event_, true, true});
      event_.clear();
      at_ = At::between;
    }
    return size;
  }

  template <class OnEvent>
  void flush(OnEvent& on_event) {
    if (has_data_ && !too_large_) on_event(StreamEvent{event_, false, true});
    has_data_ = false;
    event_.clear();
    at_start_ = false;
  }

  void keep(std::string_view piece) {
    too_large_ = too_large_ || piece.size() > most_ - event_.size();
    if (!too_large_) event_.append(piece);
  }

  void keep_stray(std::string_view piece) { stray_.append(piece.substr(0, most_of_stray - detail::min(most_of_stray, stray_.size()))); }

  std::size_t most_;
  std::string event_;
  std::string name_;
  std::string stray_;
  std::size_t depth_ = 0;
  At at_ = At::line;
  bool at_start_ = true;
  bool after_cr_ = false;
  bool has_data_ = false;
  bool has_fields_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  bool too_large_ = false;
  bool unfinished_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION
