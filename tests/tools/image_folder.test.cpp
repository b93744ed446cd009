// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/image_folder.hpp>

#include "../support/catch.hpp"
#include "folder_for_test.hpp"

#include <ductile/tools/prompts.hpp>

#include <filesystem>
#include <string>

using namespace ductile;
using namespace ductile::tools;

namespace {
Job job_for(const std::string& prompt, std::size_t number = 1) {
  Job job{.prompt = prompt, .number = number};
  name_job(job, 0);
  return job;
}
}  // namespace

TEST_CASE("a file that is written whole replaces the old one and leaves nothing beside it", "[tools]") {
  const FolderForTest folder;
  write_whole_file(folder / "report.json", "old");
  write_whole_file(folder / "report.json", "new and longer");
  CHECK(read_file(folder / "report.json") == "new and longer");
  CHECK(folder.names() == std::set<std::string>{"report.json"});
}

TEST_CASE("a folder is no file that can be read, and neither is one that is not there", "[tools]") {
  const FolderForTest folder;
  std::filesystem::create_directories(folder / "inside");
  CHECK_FALSE(read_file(folder / "inside"));
  CHECK_FALSE(read_file(folder / "nothing"));
}

TEST_CASE("a file that cannot be written says so and leaves nothing", "[tools]") {
  const FolderForTest folder;
  CHECK_THROWS_WITH(write_whole_file(folder / "no" / "file", "x"),
                    Catch::Matchers::ContainsSubstring("cannot write") && Catch::Matchers::ContainsSubstring("No such file or directory"));
  std::filesystem::create_directories(folder / "taken" / "inside");
  CHECK_THROWS_AS(write_whole_file(folder / "taken", "x"), Problem);  // a folder of that name
  CHECK(folder.names() == std::set<std::string>{"taken"});
  CHECK_THROWS_AS(require_writable(folder / "taken"), Problem);
  CHECK_THROWS_AS(require_writable(folder / "no" / "file"), Problem);
  CHECK_NOTHROW(require_writable(folder / "file"));
}

TEST_CASE("SHA-256 is the one that everybody has", "[tools]") {
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("an image is found again by the next run, wherever its job stands then", "[tools]") {
  const FolderForTest folder;
  const std::string png = png_for_test();
  {
    const ImageFolder images{folder.path()};
    CHECK_FALSE(images.find(job_for("a cat")));
    const ImageFile file = images.put(job_for("a cat"), gemini::ImageFormat::png, png);
    CHECK(file.name == job_for("a cat").stem + ".png");
    CHECK(file.bytes == png.size());
    CHECK(file.sha256 == sha256(png));
  }
  const ImageFolder images{folder.path()};
  const auto found = images.find(job_for("a cat", 17));
  REQUIRE(found);
  CHECK(found->name == job_for("a cat").stem + ".png");
  CHECK(found->sha256 == sha256(png));
  CHECK_FALSE(images.find(job_for("a dog")));
}

TEST_CASE("a file that is no whole image is made anew, and its leftover goes", "[tools]") {
  const FolderForTest folder;
  const std::string png = png_for_test();
  write_whole_file(folder / (job_for("a cat").stem + ".webp"), png.substr(0, png.size() / 2));
  const ImageFolder images{folder.path()};
  CHECK_FALSE(images.find(job_for("a cat")));
  images.put(job_for("a cat"), gemini::ImageFormat::png, png);
  CHECK(folder.names() == std::set<std::string>{job_for("a cat").stem + ".png"});
}

TEST_CASE("what a killed run left unfinished is removed, and nothing else", "[tools]") {
  const FolderForTest folder;
  for (const char* const name : {".ductile-12-3.part", "notes.txt", "holiday.png", ".ductile-keep"}) write_whole_file(folder / name, "x");
  const ImageFolder images{folder.path()};
  CHECK(folder.names() == std::set<std::string>{"notes.txt", "holiday.png", ".ductile-keep"});
}

TEST_CASE("a folder is made when it is not there, and refused when it cannot be", "[tools]") {
  const FolderForTest folder;
  {
    const ImageFolder images{folder / "a" / "b"};
  }
  CHECK(std::filesystem::is_directory(folder / "a" / "b"));
  write_whole_file(folder / "file", "x");
  CHECK_THROWS_AS(ImageFolder{folder / "file"}, Problem);
  CHECK_THROWS_AS(ImageFolder{folder / "file" / "below"}, Problem);
}

TEST_CASE("a folder is for one run at a time", "[tools]") {
  const FolderForTest folder;
  {
    const ImageFolder first{folder.path()};
    CHECK_THROWS_WITH(ImageFolder{folder.path()}, Catch::Matchers::ContainsSubstring("another run is at work in the folder"));
  }
  CHECK_NOTHROW(ImageFolder{folder.path()});
}
