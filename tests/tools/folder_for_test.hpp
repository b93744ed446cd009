// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/image.hpp>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

// A folder of its own for a test, gone after it.
class FolderForTest {
 public:
  FolderForTest()
      : path_(std::filesystem::temp_directory_path() / ("ductile-test-" + std::to_string(::getpid()) + "-" + std::to_string(++made))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  FolderForTest(const FolderForTest&) = delete;
  FolderForTest& operator=(const FolderForTest&) = delete;
  ~FolderForTest() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{path_}) names.insert(entry.path().filename().string());
    return names;
  }

 private:
  static inline std::atomic<unsigned> made{0};
  std::filesystem::path path_;
};

inline std::string png_for_test(std::string_view what = "a cat") { return ductile::mock::draw_png(what, 1, {16, 16}); }
