// SPDX-License-Identifier: BSL-1.0

// failure_pages [--check] <folder>
// Writes a page for each row of the table of failures, and the index, into the folder. With `--check` it writes nothing, and says which
// pages there are missing, stale, of no row, or have an empty section; then it ends with 1.

#include "index.hpp"
#include "page.hpp"

#include <ductile/gemini/failures.hpp>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace files = std::filesystem;
using Pages = std::map<std::string, std::string>;  // by their files' names

Pages all_pages() {
  Pages pages{{"README.md", ductile::failure_pages::failure_index()}};
  for (const auto& row : ductile::gemini::failures) pages[std::string{row.id.text()} + ".md"] = ductile::failure_pages::failure_page(row);
  return pages;
}

int faults_of(const Pages& pages) {
  int faults = 0;
  for (const auto& [file, text] : pages) {
    if (file == "README.md") continue;
    for (const std::string& fault : ductile::failure_pages::faults_of_page(text)) {
      std::cout << file << ": " << fault << '\n';
      ++faults;
    }
  }
  return faults;
}

int compare(const Pages& pages, const files::path& folder) {
  int faults = 0;
  const auto complain = [&faults](const std::string& file, const char* what) {
    std::cout << file << ": " << what << "; scripts/failure_pages writes it\n";
    ++faults;
  };
  for (const auto& [file, text] : pages) {
    std::ifstream in{folder / file, std::ios::binary};
    if (!in)
      complain(file, "the page is missing");
    else if (std::string{std::istreambuf_iterator<char>{in}, {}} != text)
      complain(file, "the page is not what the table says now");
  }
  if (files::is_directory(folder))
    for (const auto& entry : files::directory_iterator{folder})
      if (const std::string file = entry.path().filename().string(); !pages.contains(file)) complain(file, "no failure has this name");
  return faults;
}

void write(const Pages& pages, const files::path& folder) {
  files::create_directories(folder);
  for (const auto& entry : files::directory_iterator{folder})
    if (!pages.contains(entry.path().filename().string())) files::remove(entry.path());
  for (const auto& [file, text] : pages)
    if (std::ofstream out{folder / file, std::ios::binary}; !(out << text).flush()) throw std::runtime_error{file + " cannot be written"};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments{argv + 1, argv + argc};
  const bool check = arguments.size() == 2 && arguments.front() == "--check";
  if (!check && (arguments.size() != 1 || arguments.front().starts_with("-"))) {
    std::cerr << "usage: failure_pages [--check] <folder>\n";
    return 64;
  }
  try {
    const Pages pages = all_pages();
    int faults = faults_of(pages);
    if (check) faults += compare(pages, arguments.back());
    if (!check && faults == 0) write(pages, arguments.back());
    return faults == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "failure_pages: " << error.what() << '\n';
    return 1;
  }
}
