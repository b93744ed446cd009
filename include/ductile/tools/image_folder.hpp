// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/image_file.hpp>  // check_image, file_extension, ImageFormat
#include <ductile/tools/job.hpp>          // Job
#include <ductile/tools/problem.hpp>      // trouble
#include <ductile/tools/sha256.hpp>       // sha256
#include <ductile/tools/whole_file.hpp>   // write_whole_file

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools {

/// An image on disk.
struct ImageFile {
  std::string name;  ///< Within its folder.
  std::size_t bytes = 0;
  std::string sha256{};
};

/// The folder that images go to: one run at a time, each image whole or not there, found again by the next run.
///
/// Threads  `find` and `put` may be called by any number of threads.
class ImageFolder {
 public:
  /// Makes the folder if there is none, removes what a killed run left unfinished, and notes which images are there.
  ///
  /// Errors   `Problem` when it cannot be made or written to, or another run is at work in it.
  explicit ImageFolder(std::filesystem::path path) : path_(std::move(path)), lock_(-1) {
    std::error_code error;
    std::filesystem::create_directories(path_, error);
    if (!std::filesystem::is_directory(path_))
      throw trouble("cannot make the folder " + path_.string() + ": " + (error ? error.message() : "there is a file of that name"));
    lock_ = detail::Descriptor{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!lock_) throw trouble("cannot open the folder " + path_.string() + ": " + detail::error_text(errno));
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      throw trouble("another run is at work in the folder " + path_.string());
    require_writable(path_ / "image");

    for (const auto& entry : std::filesystem::directory_iterator{path_, error}) {
      const std::string name = entry.path().filename().string();
      if (detail::is_unfinished(name))
        std::filesystem::remove(entry.path(), error);
      else if (const std::string_view mark = mark_of(name); !mark.empty())
        names_.emplace(mark, name);
    }
    if (error) throw trouble("cannot read the folder " + path_.string() + ": " + error.message());
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// The job's image of an earlier run; none when there is none, or it is no whole image.
  [[nodiscard]] std::optional<ImageFile> find(const Job& job) const {
    const auto [first, last] = names_.equal_range(job.mark);
    for (auto candidate = first; candidate != last; ++candidate) {
      const auto bytes = read_file(path_ / candidate->second);
      if (bytes && gemini::check_image(*bytes)) return ImageFile{candidate->second, bytes->size(), sha256(*bytes)};
    }
    return std::nullopt;
  }

  /// Writes the job's image, in place of one of an earlier run that is broken.
  ///
  /// Errors   `Problem` when it cannot be written; nothing of it is there then.
  ImageFile put(const Job& job, gemini::ImageFormat format, std::string_view bytes) const {
    ImageFile file{job.stem + std::string{gemini::file_extension(format)}, bytes.size(), sha256(bytes)};
    write_whole_file(path_ / file.name, bytes);
    const auto [first, last] = names_.equal_range(job.mark);
    for (auto broken = first; broken != last; ++broken) {
      std::error_code ignored;  // a broken file that stays does no harm: it is never taken for an image
      if (broken->second != file.name) std::filesystem::remove(path_ / broken->second, ignored);
    }
    return file;
  }

 private:
  // "007-a-red-balloon-0123456789ab.png" -> "0123456789ab"
  [[nodiscard]] static std::string_view mark_of(std::string_view name) {
    constexpr std::size_t length = 12;
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot < length + 1) return {};
    const std::string_view extension = name.substr(dot);
    if (extension != ".png" && extension != ".jpg" && extension != ".webp") return {};
    const std::string_view mark = name.substr(dot - length, length);
    const bool digits = mark.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return digits && name[dot - length - 1] == '-' ? mark : std::string_view{};
  }

  std::filesystem::path path_;
  detail::Descriptor lock_;
  std::multimap<std::string, std::string, std::less<>> names_;  // of the images that were there at the start, by mark
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
