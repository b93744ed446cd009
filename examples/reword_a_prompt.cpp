// SPDX-License-Identifier: BSL-1.0
//
// A prompt that a filter refuses, though nothing is wrong with it. What many programs do about it:
//
//     except SafetyError: return generate(prompt)                    # again, and once more
//     except SafetyError: return generate("digital art, " + prompt)  # and nobody learns of it
//
// What is wrong with it:
// - The same words meet the same filter. Each refusal may be billed, and so is the next job's that has them.
// - It goes on for what is prohibited, too, which no words change, and which accounts are closed for.
// - The picture is another than the one that was asked for, and whoever sees it is not told.
//
// Here the request brings other words, the reply says which were used, and what was refused is not sent again. In virtual time, against the
// mock.
#include <ductile/core/clock.hpp>
#include <ductile/gemini/declare_art_style.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/engine_transport.hpp>

#include <iostream>

int main() {
  ductile::VirtualClock clock;
  ductile::mock::Engine service{{}};
  // "battle" is withheld twice, whatever the words; "forbidden" always.
  service.play(
      {.episodes = {{.answer = "image-safety", .prompt = "battle", .calls = 2}, {.answer = "image-prohibited", .prompt = "forbidden"}}},
      clock.now().wall());
  ductile::mock::EngineTransport transport{service, clock};
  ductile::gemini::ClientOptions options;
  options.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};

  // [usage]
  auto client = ductile::gemini::resilient(transport, options);
  const auto draw = [&](const char* prompt) {
    const ductile::gemini::ImageRequest request{.prompt = prompt, .reword = ductile::gemini::declare_art_style};
    const auto image = client.generate(request, {}, ductile::NoStop{}, clock);
    if (!image)
      std::cout << prompt << ": " << image.error() << '\n';
    else
      std::cout << prompt << ": " << (image.value().rewording.empty() ? "as written" : image.value().rewording) << '\n';
    return image;
  };
  // [/usage]

  const auto battle = draw("a battle of chess pieces");
  const bool reworded =
      battle && ductile::trips(battle) == 3 && battle.value().rewording == "declared a watercolour of a made-up scene in a picture book";
  const auto sent = service.journal().total();
  const auto again = draw("a battle of chess pieces");  // two wordings are known to be refused, and not sent: it begins with the third
  const bool spared = again && service.journal().total() == sent + 1;

  const auto forbidden = draw("a forbidden thing");
  const bool left_alone = !forbidden && forbidden.error().attempts() == 1;
  const auto forbidden_again = draw("a forbidden thing");
  const bool not_sent = !forbidden_again && forbidden_again.error().verdict().sent == ductile::Sent::no;
  return reworded && spared && left_alone && not_sent && service.verdict().clean() ? 0 : 1;
}
