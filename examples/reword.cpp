// SPDX-License-Identifier: BSL-1.0
//
// A filter refuses the first words and the second; the third pass. The operation keeps the wordings, the pipeline says which to send.
#include <ductile/ductile.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

int main() {
  // [usage]
  ductile::Pipeline pipeline{ductile::Deadline{2min}, ductile::Reword{ductile::RewordOptions{.most = 3}}, ductile::Retry{}};

  const std::array<std::string, 3> wordings{"a knight with a bloody sword", "a knight with a sword after a battle", "a knight at rest"};
  ductile::CallOptions options;
  options.revisions = wordings.size() - 1;  // how many others there are
  // [/usage]

  // What a service would do with the words.
  const auto draw = [&](const ductile::Attempt& attempt) -> ductile::Result<std::string> {
    const std::string& words = wordings.at(attempt.revision);
    std::cout << words << '\n';
    if (words.find("sword") != std::string::npos) return ductile::Failure{ductile::Kind::safety_prompt};
    return "an image of " + words;
  };

  const auto image = pipeline.run(draw, options);
  if (!image) return 1;
  std::cout << image.value() << ", after " << trips(image) << " requests\n";

  const auto refused = pipeline.run(draw);  // a call that has no other words
  return trips(image) == 3 && !refused && refused.error().kind() == ductile::Kind::safety_prompt ? 0 : 1;
}
