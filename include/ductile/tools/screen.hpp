// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/live_block.hpp>  // LiveBlock

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// How a run is told on stdout.
enum class Telling { live, lines, json };

/// A live picture where stdout is a terminal that can draw one, JSON where it is asked for, else lines.
[[nodiscard]] inline Telling telling_for(bool json) noexcept {
  if (json) return Telling::json;
  const char* const terminal = std::getenv("TERM");
  const bool draws = ::isatty(STDOUT_FILENO) == 1 && terminal && std::string_view{terminal} != "dumb";
  return draws ? Telling::live : Telling::lines;
}

/// What a run writes to stdout, each piece at once and whole.
///
/// Threads  Any number.
class Screen {
 public:
  explicit Screen(Telling telling) noexcept : telling_(telling) {}

  [[nodiscard]] bool live() const noexcept { return telling_ == Telling::live; }

  /// A line about something that happened. Beside a live picture, which shows the rest, only those that end a job are put, above it.
  void note(const std::string& line, bool ends_job) {
    const std::scoped_lock lock{mutex_};
    if (telling_ == Telling::lines) put(line + "\n");
    if (telling_ == Telling::live && ends_job) above_.push_back(line);
  }

  /// A line for people. Not beside a picture: draw an empty one before.
  void line(const std::string& text) {
    const std::scoped_lock lock{mutex_};
    if (telling_ != Telling::json) put(text + "\n");
  }

  /// A line for programs.
  void json(const std::string& object) {
    const std::scoped_lock lock{mutex_};
    if (telling_ == Telling::json) put(object + "\n");
  }

  /// Draws the picture anew, under the notes.
  void draw(const std::vector<std::string>& picture) {
    const std::scoped_lock lock{mutex_};
    if (telling_ != Telling::live) return;
    put(block_.draw(above_, picture));
    above_.clear();
  }

  /// Columns and rows of the terminal; 80 and 24 where it does not say.
  [[nodiscard]] static std::pair<std::size_t, std::size_t> size() noexcept {
    winsize window{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {80, 24};
    return {window.ws_col, window.ws_row};
  }

 private:
  static void put(const std::string& bytes) noexcept {
    (void)std::fwrite(bytes.data(), 1, bytes.size(), stdout);
    (void)std::fflush(stdout);
  }

  Telling telling_;
  std::mutex mutex_;
  LiveBlock block_;
  std::vector<std::string> above_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
