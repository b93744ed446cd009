// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>  // Kind, Remedy
#include <ductile/core/version.hpp>

#include <array>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// What holds for every failure of a kind, beside the row's own cause and fix.
struct KindAdvice {
  Kind kind;
  std::string_view means;                             ///< What has happened to a call that ends so.
  std::array<std::string_view, 3> then;               ///< What to do after the row's own fix, in order; the later ones may be empty.
  std::array<std::string_view, 2> where_it_passes{};  ///< What more, where another try may pass: a failure that stays has no use for it.
};

// Of what a filter withheld only two things are ever advised: to say plainly what was meant, once, or to stop.
// clang-format off
inline constexpr std::array<KindAdvice, 19> kind_advice{{
    {Kind::rate_limit, "A short window is full: a minute, for spend ten. It is counted for a project and a model, not for a key.",
     {"Begin fewer calls at once. A queue keeps under a limit; retries do not.",
      "Another key of the same project changes nothing. Another model has a window of its own.", ""}},
    {Kind::quota, "A long window or a balance is spent, or the limit is nought. Some seconds of waiting do not change that, whatever the answer asks for.",
     {"Another key of the same project shares the quota. It changes nothing.", "", ""}},
    {Kind::overload, "The service has no room for this model just now. It is neither your quota nor your code. It comes in bursts of minutes.",
     {"Another model has capacity of its own: ask it after the second refusal.",
      "A higher tier does not help. Each try counts against the day's requests, also when it is refused.", ""}},
    {Kind::internal, "The service failed in itself. Mostly the request is fine, and the next try passes.",
     {"Where one request always ends so and others pass, make it smaller: fewer or smaller reference images, a shorter history.",
      "Note the time and the model for a report to the service. Leave the key out of it.", ""}},
    {Kind::timeout, "No whole answer came in time. The work may have been done all the same.",
     {},
     {"Give an image 120 s, in 4K 180 s, and tell the service as much (`X-Server-Timeout`).",
      "Look whether all calls are slow. Then it is the service or the line; one slow prompt is that prompt."}},
    {Kind::network, "The exchange broke below the service, or something between answered in its place.",
     {"Find what stands between: a proxy, a VPN, a firewall, a gateway. Try the same call from elsewhere.", "", ""},
     {"What breaks once and not again is nothing to look for. Many breaks at one time are.", ""}},
    {Kind::auth, "Who calls was not recognised. Every call with this key or token ends so.",
     {"Look which key the program really sends, without printing it: the environment variable, the header `x-goog-api-key`.",
      "Stop the job, not the call: all others fail the same way.", ""}},
    {Kind::permission, "Who calls is known, and may not do this.",
     {"Look at the project behind the key: the API, the key's restrictions, billing, the state of the account.",
      "Stop the job, not the call: all others fail the same way.", ""}},
    {Kind::failed_precondition, "The request is well formed. The account, or the place from which it comes, does not allow it.",
     {"Look at the project's billing and at the address from which the call leaves. A proxy or a VPN changes that address.",
      "Stop the job, not the call: all others fail the same way.", ""}},
    {Kind::bad_request, "The request is wrong as it stands. Each copy of it is refused.",
     {"Compare it with one that works: model, API version, field names, values.",
      "Keep the refused request for the developer, without key and images.", ""}},
    {Kind::payload_too_large, "The request has too many bytes.",
     {"Images grow by a third in base64. Send smaller ones, or upload them first and name them.",
      "Check the size before sending, so that the next one does not come this far.", ""}},
    {Kind::not_found, "What was asked for is not there under this name.",
     {"List the models with the same key and API version (`GET /v1beta/models`), and compare the name letter by letter.",
      "Keep model names in one place of the configuration: they are retired within months.", ""}},
    {Kind::cancelled, "Somebody ended the call before it was done.",
     {"Look whether the program itself gave up: its own timeout, a closed browser, a shutdown.",
      "Where nobody did, take it for a lack of room.", ""}},
    {Kind::safety_prompt, "The prompt was withheld from the model. Nothing was made.",
     {"Show the person what was refused, and that the same prompt is refused again.",
      "Ambiguous? Ask once what is meant, and send what they say plainly. Meant as it was read? Then stop.",
      "No other model, key or language is to be tried with it. Repeated refusals can cost the account."}},
    {Kind::safety_output, "A filter looked at what came out, not at the prompt alone.",
     {"Show the person that it was withheld, and the service's own words where there are any.",
      "Ambiguous? Ask once what is meant, and send what they say plainly. Meant as it was read? Then stop.",
      "Do not repeat it until one passes, here or at another model. Each try may be charged, and repeated refusals can cost the account."}},
    {Kind::prohibited, "The service does not make this. No setting changes that.",
     {"Show the person that the service refuses it. Do not send the same again, here or at another model.",
      "Where many such prompts come from one person, look at who sends them: repeated refusals can cost the account.", ""}},
    {Kind::recitation, "What came out was too close to a known work, and was withheld.",
     {"Ask for something of its own: describe what is to be seen, not whose work it is to be like.",
      "When it stays so, show the person that the service refuses it.", ""}},
    {Kind::no_image, "The answer is well formed and holds no image. The model did not draw, or its image was lost.",
     {"Ask for images alone (`responseModalities: [\"IMAGE\"]`), and say in the prompt that an image is wanted.",
      "When it stays so, show the model's words: they mostly say why.", ""}},
    {Kind::max_tokens, "The answer was cut before it held anything.",
     {"Leave `maxOutputTokens` away for images, or give it room for thoughts and an image.",
      "A lower thinking level spends less before the image.", ""}},
}};
// `other` is what no kind stands for; each of its rows has a fix of its own.
inline constexpr KindAdvice other_advice{Kind::other, "The answer is odd in a way that no kind stands for.",
    {"Keep the whole answer, without key and images: `ductile doctor` reads it.",
     "When it stays so, ask another model, and report it to the service.", ""}};
// clang-format on

[[nodiscard]] constexpr const KindAdvice& advice_for(Kind kind) noexcept {
  for (const KindAdvice& advice : kind_advice)
    if (advice.kind == kind) return advice;
  return other_advice;
}

/// What to do of a failure of that kind after its row's own fix, in order.
[[nodiscard]] inline std::vector<std::string_view> actions_for(Kind kind, Remedy remedy) {
  std::vector<std::string_view> actions;
  const auto add = [&actions](const auto& sentences) {
    for (const std::string_view sentence : sentences)
      if (!sentence.empty()) actions.push_back(sentence);
  };
  const KindAdvice& advice = advice_for(kind);
  add(advice.then);
  if (remedy != Remedy::never) add(advice.where_it_passes);
  return actions;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
