// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/target_flags.hpp>

#include "../support/catch.hpp"

#include <string>
#include <vector>

using namespace ductile;
using namespace ductile::tools;

TEST_CASE("a target is NAME=MODEL or NAME=MODEL@URL", "[tools]") {
  const Target plain = parse_target("pro=gemini-3-pro-image");
  CHECK(plain.name == "pro");
  CHECK(plain.model == "gemini-3-pro-image");
  CHECK(plain.base_url.empty());
  const Target far = parse_target("eu=models/x@http://127.0.0.1:8080/gateway/");
  CHECK(far.name == "eu");
  CHECK(far.model == "models/x");
  CHECK(far.base_url == "http://127.0.0.1:8080/gateway/");
}

TEST_CASE("a target of another form is refused", "[tools]") {
  const auto text = GENERATE(as<std::string>{}, "", "x", "=m", "n=", "a b=m", "n=a model", "n=@http://h", "n=m@", "n=m@ftp://h",
                             "n=m@http://", "n=m@http://h/v1beta", "n=m@http://h?key=1", "n=m@http://u:p@h", "n=m@http://:80", "../n=m");
  INFO(text);
  CHECK_THROWS_AS(parse_target(text), Problem);
}

TEST_CASE("a refused URL does not show the secret in it", "[tools]") {
  try {
    require_base_url("--base-url", "http://h?key=AIzaSyA1234567890abcdefghij");
    FAIL("a URL with a query was taken");
  } catch (const Problem& problem) {
    CHECK_THAT(problem.what(), !Catch::Matchers::ContainsSubstring("1234567890"));
    CHECK_THAT(problem.what(), Catch::Matchers::ContainsSubstring("--base-url: a URL must have no blank, no query and no fragment"));
  }
}

TEST_CASE("a chain has different names and at most sixteen targets", "[tools]") {
  CHECK(parse_targets({"a=m", "b=m"}).size() == 2);
  CHECK_THROWS_WITH(parse_targets({"a=m", "a=n"}), "--target: the name 'a' is there twice");
  std::vector<std::string> many;
  for (int i = 0; i < 17; ++i) many.push_back("t" + std::to_string(i) + "=m");
  CHECK_THROWS_WITH(parse_targets(many), "--target must be given at most 16 times; it is given 17 times");
}

TEST_CASE("a model that is not known, or shut down, is doubted by name", "[tools]") {
  CHECK(model_doubt({.name = "a", .model = "gemini-3-pro-image"}).empty());
  CHECK_THAT(model_doubt({.name = "a", .model = "gemini-4"}),
             Catch::Matchers::StartsWith("the model 'gemini-4' is not known; known are ") &&
                 Catch::Matchers::ContainsSubstring("gemini-3-pro-image"));
  CHECK(model_doubt({.name = "a", .model = "gemini-3-pro-image-preview"}) ==
        "the model 'gemini-3-pro-image-preview' is shut down; its successor is gemini-3-pro-image");
}
