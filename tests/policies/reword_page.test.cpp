// SPDX-License-Identifier: BSL-1.0

// What docs/policies/reword.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/reword.hpp>

#include <string>

TEST_CASE("The reword page's timeline is what happens", "[docs]") {
  using ductile::Kind;
  ductile::Pipeline pipeline{ductile::Reword{}};
  std::string timeline;
  ductile::CallOptions options;
  options.revisions = 2;
  const auto draw = [&](const ductile::Attempt& attempt) -> ductile::Result<int> {
    timeline += attempt.revision == 0 ? "the first wording is sent: " : "wording " + std::to_string(attempt.revision) + " is sent: ";
    if (attempt.revision == 2) {
      timeline += "an image\n";
      return 1;
    }
    const Kind refusal = attempt.revision == 0 ? Kind::safety_prompt : Kind::safety_output;
    timeline += std::string{name(refusal)} + '\n';
    return ductile::Failure{refusal};
  };
  CHECK(pipeline.run(draw, options));
  CHECK(support::block_below("reword.md", "## What happens") == timeline);
}
