// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/problem.hpp>  // trouble
#include <ductile/tools/rest_of.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// Files that are there whole or not at all, whatever ends the program.
namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

/// What the name of a file that is still being written begins and ends with. It lies in the folder of the file that it becomes.
inline constexpr std::string_view unfinished_prefix = ".ductile-";
inline constexpr std::string_view unfinished_suffix = ".part";

[[nodiscard]] inline bool is_unfinished(std::string_view name) noexcept {
  return name.starts_with(unfinished_prefix) && name.ends_with(unfinished_suffix);
}

[[nodiscard]] inline std::string error_text(int error) { return std::system_category().message(error); }

class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { (void)close(); }

  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] explicit operator bool() const noexcept { return value_ >= 0; }
  int close() noexcept { return value_ < 0 ? 0 : ::close(std::exchange(value_, -1)); }

 private:
  int value_;
};

inline bool write_all(int file, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace detail

/// Writes a file so that its name, at every moment, is that of the whole new content, of the old content, or of nothing: to a temporary
/// name in the same folder, to the disk, then renamed.
///
/// Errors   `Problem` that names the file and the reason; the temporary file is gone then.
/// Threads  Any number.
inline void write_whole_file(const std::filesystem::path& path, std::string_view bytes) {
  static std::atomic<unsigned> files{0};
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  const std::string unfinished = (folder / (std::string{detail::unfinished_prefix} + std::to_string(::getpid()) + "-" +
                                            std::to_string(++files) + std::string{detail::unfinished_suffix}))
                                     .string();

  detail::Descriptor file{::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)};
  if (!file) throw trouble("cannot write " + path.string() + ": " + detail::error_text(errno));
  const bool written = detail::write_all(file.get(), bytes) && ::fsync(file.get()) == 0 && file.close() == 0 &&
                       std::rename(unfinished.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(unfinished.c_str());
    throw trouble("cannot write " + path.string() + ": " + detail::error_text(error));
  }
  // The new name reaches the disk with its folder. Some file systems refuse to sync a folder; the file itself is safe by now.
  if (const detail::Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)}) (void)::fsync(directory.get());
}

/// Whether a file can be put at `path`, asked before work is done for it.
///
/// Errors   `Problem` that names the file and the reason.
inline void require_writable(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) throw trouble("cannot write " + path.string() + ": it is a folder");
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  if (!std::filesystem::is_directory(folder, error))
    throw trouble("cannot write " + path.string() + ": there is no folder " + folder.string());
  if (::access(folder.c_str(), W_OK | X_OK) != 0) throw trouble("cannot write " + path.string() + ": " + detail::error_text(errno));
}

/// The content of a file; none when it cannot be read, as a folder cannot.
[[nodiscard]] inline std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  std::string bytes = rest_of(file);
  return file.bad() ? std::nullopt : std::optional{std::move(bytes)};
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
