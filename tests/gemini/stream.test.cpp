// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "balloon.hpp"
#include "streams.hpp"
#include "tiny_images.hpp"

#include <ductile/classify/event_stream.hpp>
#include <ductile/core/operation.hpp>
#include <ductile/core/pipeline.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/gemini/stream_reader.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/testing/virtual_clock.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace ductile;
using namespace ductile::gemini;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

// --- the parser

struct Seen {
  std::vector<std::string> events;  // "~" before a bare one, "!" before one without its end
  std::string stray;
  bool unfinished = false;
  bool too_large = false;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen events_of(std::string_view text, const std::vector<std::size_t>& cuts, std::size_t most = 1000) {
  EventStream stream{most};
  Seen seen;
  const auto keep = [&seen](const StreamEvent& event) {
    seen.events.push_back((event.bare ? "~" : "") + std::string{event.whole ? "" : "!"} + std::string{event.data});
  };
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    (void)stream.feed(text.substr(from, cut - from), keep);
    from = cut;
  }
  (void)stream.feed(text.substr(from), keep);
  stream.finish(keep);
  seen.stray = stream.stray();
  seen.unfinished = stream.unfinished();
  seen.too_large = stream.too_large();
  return seen;
}

std::vector<std::size_t> every_byte(std::string_view text) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < text.size(); ++i) cuts.push_back(i);
  return cuts;
}

// --- the reader

struct Told {
  std::string parts;  // the words, and "<w x h>" for an image
  std::string id;     // of the failure; "ok"
  Kind kind = Kind::ok;
  std::int64_t total = 0;
  int images = 0;
  friend bool operator==(const Told&, const Told&) = default;
};

Told told(std::string_view text, const std::vector<std::size_t>& cuts = {}, const TransportError* broken = nullptr) {
  StreamReader reader{{"gemini-3-pro-image", {}, {}}, {"gemini-3-pro-image", {}}};
  Told seen;
  const auto keep = [&seen](StreamPart&& part) {
    seen.parts += part.image() ? "<" + std::to_string(part.width) + "x" + std::to_string(part.height) + ">" : part.text;
  };
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    (void)reader.feed(text.substr(from, cut - from), keep);
    from = cut;
  }
  (void)reader.feed(text.substr(from), keep);
  const auto end = reader.finish(keep, broken);
  if (const auto* whole = std::get_if<StreamEnd>(&end)) {
    seen.id = "ok";
    seen.total = whole->usage.total;
    seen.images = static_cast<int>(whole->images);
  } else {
    const auto& said = std::get<Classification>(end);
    CHECK_FALSE(said.evidence.empty());
    seen.id = said.verdict.id.text();
    seen.kind = said.verdict.kind;
    seen.images = said.verdict.images;
  }
  return seen;
}

// As Code Assist sends an event.
std::string wrapped(const std::string& event) { return R"({"response":)" + event + R"(,"traceId":"7"})"; }

struct Recorded {
  std::string what;
  std::string text;
  std::string parts;
  std::string id;
};

std::vector<Recorded> recorded() {
  const std::string here = words("Here is ");
  return {
      {"words and an image", event(here) + event(image()), "Here is <1024x1024>", "ok"},
      {"an array", "[" + here + "\n,\r\n" + image() + "]\n", "Here is <1024x1024>", "ok"},
      {"one object", image(), "<1024x1024>", "ok"},
      {"the last blank line lacks", "data: " + image(), "<1024x1024>", "ok"},
      {"a thought is no part", event(R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]})") + event(image()),
       "<1024x1024>", "ok"},
      {"the reason comes after the image", event(image("")) + event(R"({"candidates":[{"finishReason":"STOP"}]})"), "<1024x1024>", "ok"},
      {"a broken event after the end", event(image()) + "data: {\"usage", "<1024x1024>", "ok"},
      {"in envelopes",
       event(wrapped(here)) + event(wrapped(image(""))) + event(wrapped(R"({"usageMetadata":{"totalTokenCount":1369}})")) +
           event(wrapped(R"({"candidates":[{"finishReason":"STOP"}]})")),
       "Here is <1024x1024>", "ok"},
      {"a block in an envelope", event(wrapped(R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}})")), "",
       "prompt-blocked-prohibited"},
      {"an error in an envelope", event(wrapped(here)) + event(wrapped(overload)), "Here is ", "sse-error-event"},
      {"an error event", event(here) + event(overload), "Here is ", "sse-error-event"},
      {"an error without data:", event(here) + pretty_overload, "Here is ", "sse-error-tail-raw"},
      {"an error without data: and without an end", event(here) + pretty_overload.substr(0, 90), "Here is ", "truncated-json"},
      {"an error after the image", event(image("")) + event(overload), "<1024x1024>", "sse-error-event"},
      {"an error in the array", "[" + here + ",\n" + overload + "\n]", "Here is ", "high-demand"},
      {"an error alone", event(overload), "", "sse-error-event"},
      {"null where there is no error, no block and no end yet",
       event(words("Here is ", R"(,"finishReason":null)")) +
           event(R"({"error":null,"promptFeedback":{"blockReason":null},)" + image().substr(1)) +
           event(R"({"error":{"code":0,"message":""},"candidates":[{"finishReason":null}]})") +
           event(R"({"error":"None","candidates":[]})"),
       "Here is <1024x1024>", "ok"},
      {"null where the reason would be", event(words("Here is ", R"(,"finishReason":null)")), "Here is ", "sse-no-finish"},
      {"no finish reason", event(here), "Here is ", "sse-no-finish"},
      {"no finish reason after an image", event(image("")), "<1024x1024>", "sse-no-finish"},
      {"a cut event", event(here) + "data: " + image().substr(0, 80), "Here is ", "truncated-json"},
      {"a cut name", event(here) + "dat", "Here is ", "truncated-json"},
      {"a cut array", "[" + here + ",\n" + image().substr(0, 80), "Here is ", "truncated-json"},
      {"a reason that is not known", event(words("x", R"(,"finishReason":"SOMETHING_NEW")")), "x", "finish-unknown"},
      {"a reason by its number", event(words("x", R"(,"finishReason":3)")), "x", "safety-finish"},
      {"withheld", event(here) + event(words("I can't", R"(,"finishReason":"IMAGE_SAFETY")")), "Here is I can't", "image-safety-text"},
      {"withheld, and then a stop",
       event(words("I can't", R"(,"finishReason":"IMAGE_SAFETY")")) + event(words("!", R"(,"finishReason":"STOP")")), "I can't!",
       "image-safety-text"},
      {"another candidate's was withheld",
       event(R"({"candidates":[{"content":{"parts":[{"text":"Here"}]},"finishReason":"STOP"},{"finishReason":11}]})"), "Here",
       "image-safety-text"},
      {"an image, and another that was withheld", event(image().replace(image().rfind("}]"), 2, R"(},{"finishReason":"IMAGE_SAFETY"}])")),
       "<1024x1024>", "ok"},
      {"stopped by policy", event(here) + event(words("No", R"(,"finishReason":"PROHIBITED_CONTENT")")), "Here is No", "sse-blocked-mid"},
      {"a blocked prompt", event(R"({"promptFeedback":{"blockReason":"SAFETY"}})"), "", "prompt-blocked-safety"},
      {"words alone", event(words("Which style?", R"(,"finishReason":"STOP")")), "Which style?", "text-only-stop"},
      {"a damaged image",
       event(here) + event(R"({"candidates":[{"content":{"parts":[{"inlineData":{"data":"AAAA"}}]},"finishReason":"STOP"}]})"), "Here is ",
       "inline-data-corrupt"},
      {"an event that is no JSON", event(here) + event("nonsense"), "Here is ", "inline-data-corrupt"},
      {"a sentence after the events", event(here) + "so long\n", "Here is ", "sse-no-finish"},
      {"a page", "<!DOCTYPE html>\n<html><head><title>Guest network</title>\n<style>\n{ }\n</style></head><body>Log in</body></html>", "",
       "captive-200-html"},
  };
}

// --- the client

// Streams what it was told to, in pieces of a few bytes.
struct StreamedTransport {
  struct Answer {
    std::string body;
    int status = 200;
    std::optional<TransportError> then{};
  };
  std::deque<Answer> answers;
  bool in_one_piece = false;
  int asked = 0;
  std::string url{};

  TransportResult send(const HttpRequest& request, const TransportLimits& limits) {
    ++asked;
    url = request.url;
    if (answers.empty()) return TransportError{TransportFault::other, Sent::no, "no answer is left"};
    const Answer answer = answers.front();
    answers.pop_front();
    if (answer.status != 200 || in_one_piece) return HttpResponse{answer.status, {}, answer.body};
    for (std::string_view rest = answer.body; !rest.empty(); rest.remove_prefix(std::min<std::size_t>(rest.size(), 7)))
      if (!limits.body(rest.substr(0, 7))) return TransportError{TransportFault::cancelled, Sent::unknown, "enough", 200};
    if (answer.then) return *answer.then;
    return HttpResponse{200, {}, {}};
  }
};
static_assert(Transport<StreamedTransport>);

Client<StreamedTransport> client_over(StreamedTransport& transport) {
  ClientOptions given;
  given.api_key = ApiKey{"AIzaSyA-secret-of-the-test-0123456789"};
  return Client<StreamedTransport>{transport, given};
}

}  // namespace

TEST_CASE("Of an error in the midst of a stream it is not known what was paid", "[gemini][stream]") {
  const auto billed = [](const std::string& text) {
    StreamReader reader{{"gemini-3-pro-image", {}, {}}, {"gemini-3-pro-image", {}}};
    const auto ignore = [](StreamPart&&) {};
    (void)reader.feed(text, ignore);
    return std::get<Classification>(reader.finish(ignore, nullptr)).verdict.billed;
  };
  const std::string limit = event(R"({"error":{"code":429,"message":"Resource has been exhausted.","status":"RESOURCE_EXHAUSTED"}})");
  CHECK(billed(limit) == Billed::no);
  CHECK(billed(event(words("Here is ")) + limit) == Billed::unknown);
}

TEST_CASE("A stream of events is taken apart as its standard says", "[gemini][stream]") {
  struct Case {
    std::string text;
    std::vector<std::string> events;
  };
  for (const Case& c : {
           Case{"data: a\n\n", {"a"}},
           Case{"data:a\r\n\r\ndata: b\r\rdata: c\n\n", {"a", "b", "c"}},
           Case{"\xEF\xBB\xBF"
                "data: a\n\n",
                {"a"}},
           Case{": keep-alive\n\ndata: a\n: more\ndata: b\n\n", {"a\nb"}},
           Case{"event: message\nid: 7\nretry: 10\ndata: a\n\n", {"a"}},
           Case{"data: a\n\n\n\ndata: b\n\n", {"a", "b"}},
           Case{"data:\ndata:  b\n\n", {"\n b"}},
           Case{"data: [1, {2}]\n\n", {"[1, {2}]"}},
           Case{"data: a\ndata: b", {"!a\nb"}},
           Case{"data: a\n\n{\n\"x\": \"}\\\"{\"\n}\n", {"a", "~{\n\"x\": \"}\\\"{\"\n}"}},
           Case{"data: a\n{}\ndata: b\n\n", {"a", "~{}", "b"}},
           Case{"[{\"a\":{}}\n,\n{\"b\":1}]\n", {"~{\"a\":{}}", "~{\"b\":1}"}},
           Case{"{\"a\": ", {"~!{\"a\": "}},
           Case{"<p>\n{ }\n</p>", {}},
       }) {
    CAPTURE(c.text);
    const Seen at_once = events_of(c.text, {});
    CHECK(at_once.events == c.events);
    CHECK(events_of(c.text, every_byte(c.text)) == at_once);
  }
  CHECK(events_of("<p>\n{ }\n</p>", {}).stray == "<p>\n{ }\n</p>");
}

TEST_CASE("An event that is larger than is taken ends the stream, and what is no stream is kept in small part", "[gemini][stream]") {
  const Seen large = events_of("data: a\n\ndata: " + std::string(1001, 'x') + "\n\ndata: b\n\n", {});
  CHECK(large.too_large);
  CHECK(large.events == std::vector<std::string>{"a"});
  CHECK_FALSE(events_of("data: " + std::string(1000, 'x') + "\n\n", {}).too_large);
  CHECK(events_of("{" + std::string(1000, ' ') + "}", {}).too_large);
  CHECK(events_of(std::string(100'000, '<'), {}).stray.size() == EventStream::most_of_stray);
}

TEST_CASE("A stream hands out its parts and ends as its finish reason says", "[gemini][stream]") {
  for (const Recorded& c : recorded()) {
    CAPTURE(c.what);
    const Told seen = told(c.text);
    CHECK(seen.parts == c.parts);
    CHECK(seen.id == c.id);
    CHECK((seen.kind == Kind::ok) == (c.id == "ok"));
    if (c.id == "ok") CHECK(seen.images == 1);
    if (c.id == "ok") CHECK(seen.total == 1369);
  }
}

TEST_CASE("However a stream is split on its way, its parts and its verdict are the same", "[gemini][stream][property]") {
  std::mt19937 dice{20261129};
  for (const Recorded& c : recorded()) {
    CAPTURE(c.what);
    const Told at_once = told(c.text);
    CHECK(told(c.text, every_byte(c.text)) == at_once);
    for (std::size_t cut = 1; cut < c.text.size(); ++cut) {
      if (told(c.text, {cut}) == at_once) continue;
      FAIL_CHECK("differs when cut at " << cut);
    }
    for (int round = 0; round < 20; ++round) {
      std::vector<std::size_t> cuts;
      for (std::size_t at = 0;;) {
        at += 1 + dice() % 40;
        if (at >= c.text.size()) break;
        cuts.push_back(at);
      }
      CHECK(told(c.text, cuts) == at_once);
    }
  }
}

TEST_CASE("However early a stream of success is cut, it is no success before its finish reason", "[gemini][stream][property]") {
  const std::string text = event(words("Here is ")) + event(image());
  const std::size_t end = text.rfind('}');
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const Told seen = told(std::string_view{text}.substr(0, cut));
    if ((seen.id == "ok") == (cut > end)) continue;
    FAIL_CHECK("cut at " << cut << ": " << seen.id);
  }
  SUCCEED();
}

TEST_CASE("A connection that breaks is a failure before the finish reason, and none after it", "[gemini][stream]") {
  const TransportError stalled{TransportFault::idle_timeout, Sent::unknown, "", 200, 100};
  CHECK(told(event(words("Here is ")), {}, &stalled).id == "idle-timeout");
  CHECK(told(event(image("")), {}, &stalled).images == 1);
  CHECK(told(event(image()), {}, &stalled).id == "ok");
  CHECK(told(event(overload), {}, &stalled).id == "sse-error-event");
}

TEST_CASE("After a part was handed out no policy repeats a stream, and one that keeps its parts back may be repeated", "[gemini][stream]") {
  VirtualClock clock;
  Pipeline pipeline{Retry{{.attempts = 3}}};
  const std::string broken = event(words("Here is ")) + event(overload);
  const std::string whole = event(words("Here is ")) + event(image());
  StreamedTransport transport;
  const auto client = client_over(transport);
  std::string parts;
  const auto stream = [&](const Attempt&) {
    return client.stream(balloon, model, [&](StreamPart&& part) { parts += part.image() ? "<image>" : part.text; });
  };

  SECTION("not after the first part") {
    transport.answers = {{broken}, {whole}};
    const auto result = pipeline.run(stream, clock);
    CHECK(transport.asked == 1);
    CHECK(parts == "Here is ");
    CHECK(result.error().kind() == Kind::overload);
    CHECK(result.error().verdict().sent == Sent::delivered);
    CHECK(has(result.error().notes(), Note::not_repeatable));
    CHECK(describe(result.error()).find("handed out already") != std::string::npos);
  }
  SECTION("not after the first part when the connection broke") {
    transport.answers = {{event(words("Here is ")), 200, TransportError{TransportFault::reset, Sent::unknown, "", 200, 10}}, {whole}};
    const auto result = pipeline.run(stream, clock);
    CHECK(transport.asked == 1);
    CHECK(result.error().kind() == Kind::network);
    CHECK(result.error().verdict().sent == Sent::delivered);
  }
  SECTION("but before it") {
    transport.answers = {{event(overload)}, {overload, 503}, {whole}};
    const auto result = pipeline.run(stream, clock);
    CHECK(transport.asked == 3);
    CHECK(parts == "Here is <image>");
    CHECK(result.value().parts == 2);
    CHECK(result.value().cost().images == 1);
    CHECK(transport.url.ends_with("/v1beta/models/gemini-3-pro-image:streamGenerateContent?alt=sse"));
  }
  SECTION("also over a transport that has only whole bodies") {
    transport.in_one_piece = true;
    transport.answers = {{event(overload)}, {overload, 503}, {whole}};
    const auto result = pipeline.run(stream, clock);
    CHECK(transport.asked == 3);
    CHECK(parts == "Here is <image>");
    CHECK(result.value().parts == 2);
  }
  SECTION("and when the parts are kept back") {
    transport.answers = {{broken}, {event(image("")), 200, TransportError{TransportFault::reset, Sent::unknown, "", 200, 10}}, {whole}};
    const auto result = pipeline.run([&](const Attempt&) { return client.generate_buffered(balloon, model); }, clock);
    CHECK(transport.asked == 3);
    CHECK(result.value().text == "Here is ");
    CHECK(result.value().bytes == tiny::png(1024, 1024));
    CHECK(result.value().parts.size() == 2);
    CHECK(result.value().usage.total == 1369);
  }
}

TEST_CASE("What a caller's function throws leaves the client as it leaves the transport", "[gemini][stream]") {
  StreamedTransport transport{{{event(words("Here is ")) + event(image())}}};
  const auto client = client_over(transport);
  int called = 0;
  const auto thrower = [&](StreamPart&&) {
    ++called;
    throw std::runtime_error{"mine"};
  };
  CHECK_THROWS_AS((void)client.stream(balloon, model, thrower), std::runtime_error);
  CHECK(called == 1);
}

TEST_CASE("A reader that is stopped hands out nothing more, and ended well if the reason had come and nothing was withheld",
          "[gemini][stream]") {
  const TransportError cancelled{TransportFault::cancelled, Sent::unknown, "", 200, 100};
  struct Case {
    std::string what;
    std::string text;
    int stops_in;  // which part; 0: before the first piece
    std::string parts;
    Kind kind;
  };
  const std::string both = R"({"candidates":[{"content":{"parts":[{"text":"a"},{"text":"b"}]},"finishReason":"STOP"}]})";
  for (const Case& c : {
           Case{"before it began", event(words("a")) + event(image()), 0, "", Kind::cancelled},
           Case{"in the first part", event(words("a")) + event(image()), 1, "a", Kind::cancelled},
           Case{"in the last part", event(words("a")) + event(image()), 2, "a<image>", Kind::ok},
           Case{"between two parts of one event", event(both), 1, "a", Kind::cancelled},
           Case{"in the last part, before the reason", event(image("")) + event(R"({"candidates":[{"finishReason":"STOP"}]})"), 1,
                "<image>", Kind::cancelled},
           Case{"before the last blank line", event(words("a")) + "data: " + image(), 1, "a", Kind::cancelled},
       }) {
    CAPTURE(c.what);
    StreamReader reader{{"gemini-3-pro-image", {}, {}}};
    std::string parts;
    int called = 0;
    const auto keep = [&](StreamPart&& part) {
      parts += part.image() ? "<image>" : part.text;
      if (++called == c.stops_in) reader.stop();
    };
    if (c.stops_in == 0) reader.stop();
    CHECK_FALSE((reader.feed(c.text, keep) && called >= c.stops_in && c.stops_in > 0));
    CHECK(reader.parts() == static_cast<std::size_t>(called));
    const auto end = reader.finish(keep, &cancelled);
    CHECK(parts == c.parts);
    const auto* said = std::get_if<Classification>(&end);
    CHECK((said ? said->verdict.kind : Kind::ok) == c.kind);
  }
}
