// SPDX-License-Identifier: BSL-1.0
#include <ductile/gemini/blocked_prompts.hpp>

#include "../support/catch.hpp"

#include <ductile/core/config_error.hpp>
#include <ductile/gemini/failures.hpp>  // find_failure, verdict_of

#include <string>
#include <thread>
#include <vector>

// The memo of what was refused for its content.

using namespace ductile;
using namespace ductile::gemini;

namespace {

using BlockedKey = BlockedPrompts::Key;

Verdict verdict_of_row(const char* id) { return verdict_of(*find_failure(id)); }

BlockedKey key(unsigned number) { return BlockedPrompts::key_of({.prompt = "prompt " + std::to_string(number)}); }

}  // namespace

TEST_CASE("A blocked request is known by all that is sent as content, and by nothing else", "[gemini][reword]") {
  struct Case {
    const char* what;
    ImageRequest request;
    bool same;
  };
  const InputImage photo{.mime_type = "image/png", .bytes = "photo"};
  const ImageRequest asked{.prompt = "a cat", .images = {photo}, .system_instruction = "draw", .history = {{.json = "{}"}}};
  const auto with = [&asked](auto change) {
    ImageRequest request = asked;
    change(request);
    return request;
  };
  for (const Case& c : {
           Case{"as it is", asked, true},
           Case{"size", with([](ImageRequest& r) { r.image_size = ImageSize::four_k; }), true},
           Case{"ratio", with([](ImageRequest& r) { r.aspect_ratio = "16:9"; }), true},
           Case{"seed", with([](ImageRequest& r) { r.seed = 7; }), true},
           Case{"temperature", with([](ImageRequest& r) { r.temperature = 1.5; }), true},
           Case{"how to reword", with([](ImageRequest& r) { r.reword = [](std::string_view, unsigned) { return Rewording{}; }; }), true},
           Case{"prompt", with([](ImageRequest& r) { r.prompt = "a dog"; }), false},
           Case{"system instruction", with([](ImageRequest& r) { r.system_instruction = "sketch"; }), false},
           Case{"image", with([](ImageRequest& r) { r.images[0].bytes = "other"; }), false},
           Case{"type of the image", with([](ImageRequest& r) { r.images[0].mime_type = "image/jpeg"; }), false},
           Case{"address of the image",
                with([](ImageRequest& r) { r.images[0] = {.mime_type = "image/png", .bytes = {}, .uri = "photo"}; }), false},
           Case{"one more image", with([&](ImageRequest& r) { r.images.push_back(photo); }), false},
           Case{"no image", with([](ImageRequest& r) { r.images.clear(); }), false},
           Case{"history", with([](ImageRequest& r) { r.history[0].json = "[]"; }), false},
           Case{"one more turn", with([](ImageRequest& r) { r.history.push_back({"{}"}); }), false},
           Case{"a safety setting", with([](ImageRequest& r) { r.safety.push_back({}); }), false},
           Case{"a text in the place of its neighbour", with([](ImageRequest& r) { std::swap(r.prompt, r.system_instruction); }), false},
       }) {
    CAPTURE(c.what);
    CHECK((BlockedPrompts::key_of(c.request) == BlockedPrompts::key_of(asked)) == c.same);
  }
  const auto setting = [](HarmThreshold threshold) {
    return BlockedPrompts::key_of({.prompt = "a cat", .safety = {{HarmCategory::harassment, threshold}}});
  };
  CHECK(setting(HarmThreshold::none) != setting(HarmThreshold::off));
}

TEST_CASE("A request is not sent any more once it was refused for its content for good", "[gemini][reword]") {
  struct Case {
    const char* id;
    unsigned rerolls;
    unsigned refusals;  // after which it is not sent; 0: never
  };
  for (const Case& c : {
           Case{"prompt-blocked-safety", 0, 1},
           Case{"prompt-blocked-safety", 2, 3},
           Case{"prompt-blocked-blocklist", 2, 1},
           Case{"image-safety", 0, 1},
           Case{"image-safety", 1, 2},
           Case{"image-prohibited", 2, 1},
           Case{"image-third-party", 0, 1},
           Case{"image-recitation", 0, 1},
           Case{"recitation", 0, 0},  // may pass as it stands
           Case{"token-count-exceeded", 0, 0},
           Case{"image-other", 0, 0},
           Case{"high-demand", 0, 0},
           Case{"rpd-free", 0, 0},
           Case{"api-key-invalid", 0, 0},
       }) {
    CAPTURE(c.id, c.rerolls);
    BlockedPrompts blocked{{.most = 10, .rerolls = c.rerolls}};
    unsigned refusals = 0;
    while (refusals < 5 && !blocked.refusal(key(1))) {
      blocked.remember(key(1), verdict_of_row(c.id));
      ++refusals;
    }
    CHECK(refusals == (c.refusals == 0 ? 5 : c.refusals));
    CHECK(blocked.size() == (c.refusals == 0 ? 0U : 1U));
    CHECK_FALSE(blocked.refusal(key(2)));
  }
}

TEST_CASE("What is not sent fails with the verdict that is remembered, and has cost nothing", "[gemini][reword]") {
  BlockedPrompts blocked;
  Verdict said = verdict_of_row("image-safety");
  said.images = 1;
  said.tokens = 90;
  blocked.remember(key(1), said);
  const auto failure = blocked.refusal(key(1));
  REQUIRE(failure);
  CHECK(failure->kind() == Kind::safety_output);
  CHECK(failure->id() == FailureId{"image-safety"});
  CHECK(failure->remedy() == Remedy::after_prompt_change);
  CHECK(failure->says() == Says::operation);
  CHECK(failure->verdict().sent == Sent::no);
  CHECK(failure->verdict().billed == Billed::no);
  CHECK(failure->verdict().images == 0);
  CHECK(failure->verdict().tokens == 0);
  CHECK(failure->message() == "not sent: this was refused before, as image-safety");
}

TEST_CASE("The oldest blocked request is forgotten for one more", "[gemini][reword]") {
  BlockedPrompts blocked{{.most = 3}};
  for (const unsigned number : {1U, 2U, 3U, 1U, 4U}) blocked.remember(key(number), verdict_of_row("image-safety"));
  CHECK(blocked.size() == 3);
  CHECK_FALSE(blocked.refusal(key(1)));  // told again, it is no younger
  for (const unsigned number : {2U, 3U, 4U}) CHECK(blocked.refusal(key(number)));
  blocked.clear();
  CHECK(blocked.size() == 0);
  CHECK_FALSE(blocked.refusal(key(4)));

  BlockedPrompts none{{.most = 0}};
  none.remember(key(1), verdict_of_row("image-safety"));
  CHECK(none.size() == 0);
  CHECK_THROWS_WITH(BlockedPrompts({.most = 1'000'001}), Catch::Matchers::ContainsSubstring("remember_blocked") &&
                                                             Catch::Matchers::ContainsSubstring("0 to 1000000") &&
                                                             Catch::Matchers::ContainsSubstring("1000001"));
}

TEST_CASE("What the chain's table repeats or carries to another target is not remembered", "[gemini][reword]") {
  for (const NextStep step : {NextStep{Next::target}, NextStep{Next::here, 2}}) {
    BlockedPrompts blocked{{.table = FallbackTable{}.set(Kind::safety_output, step).set(FailureId{"image-prohibited"}, step)}};
    blocked.remember(key(1), verdict_of_row("image-safety"));
    blocked.remember(key(2), verdict_of_row("image-prohibited"));
    blocked.remember(key(3), verdict_of_row("prompt-blocked-safety"));
    CHECK_FALSE(blocked.refusal(key(1)));
    CHECK_FALSE(blocked.refusal(key(2)));
    CHECK(blocked.refusal(key(3)));
  }
}

TEST_CASE("Many threads may write down and look up blocked requests at once", "[gemini][reword]") {
  constexpr unsigned threads = 4;
  constexpr unsigned each = 500;
  BlockedPrompts blocked{{.most = threads * each}};
  const Verdict said = verdict_of_row("image-safety");
  std::vector<std::thread> workers;
  std::vector<unsigned> found(threads, 0);
  for (unsigned worker = 0; worker < threads; ++worker)
    workers.emplace_back([&, worker] {
      for (unsigned i = 0; i < each; ++i) {
        blocked.remember(key(worker * each + i), said);
        found[worker] += blocked.refusal(key(worker * each + i)) ? 1 : 0;
      }
    });
  for (std::thread& worker : workers) worker.join();
  CHECK(blocked.size() == threads * each);
  CHECK(found == std::vector<unsigned>(threads, each));
}
