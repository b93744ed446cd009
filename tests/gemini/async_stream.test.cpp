// SPDX-License-Identifier: BSL-1.0

// Streams over an asynchronous transport, in virtual time.
#include "../support/catch.hpp"
#include "../support/counting_allocator.hpp"
#include "balloon.hpp"
#include "streams.hpp"
#include "tiny_images.hpp"

#include <ductile/gemini/async.hpp>
#include <ductile/testing/asio_virtual_clock.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
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
namespace asio = boost::asio;

namespace {

struct Piece {
  Duration after;  // the one before
  std::string text;
};
struct Answer {
  std::vector<Piece> pieces{};
  TransportResult end = HttpResponse{200, {}, {}};
  Duration ends_after = 0s;
  bool heeds_cancellation = true;
  bool ends_with_last_piece = false;  // in the same step
};

// Streams what it was told to, on the context: at once for who waits, and else in virtual time.
class ScriptedStreams {
 public:
  explicit ScriptedStreams(AsioVirtualClock& clock) : clock_(clock) {}

  asio::io_context* context = nullptr;
  std::deque<Answer> answers{};
  int asked = 0;
  int cancelled = 0;
  std::string url{};

  TransportResult send(const HttpRequest& request, const TransportLimits& limits) {
    Answer answer = next(request);
    for (const Piece& piece : answer.pieces)
      if (!limits.body(piece.text)) return TransportError{TransportFault::cancelled, Sent::unknown, "enough", 200};
    return std::move(answer.end);
  }

  template <class Token>
  auto async_send(HttpRequest request, const TransportLimits& limits, Token&& token) {
    return asio::async_initiate<Token, void(TransportResult)>(
        [this](auto handler, const HttpRequest& sent, const TransportLimits& may_take) {
          std::make_shared<Exchange>(*this, next(sent), may_take, std::move(handler))->begin();
        },
        token, std::move(request), limits);
  }

 private:
  using Handler = asio::any_completion_handler<void(TransportResult)>;

  struct Exchange : std::enable_shared_from_this<Exchange> {
    Exchange(ScriptedStreams& transport, Answer script, const TransportLimits& may_take, Handler end)
        : owner(transport),
          answer(std::move(script)),
          limits(may_take),
          handler(std::move(end)),
          timer(owner.clock_, owner.context->get_executor()) {}

    void begin() {
      if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
        slot.assign([this](asio::cancellation_type) {
          ++owner.cancelled;
          if (!answer.heeds_cancellation) return;
          is_cancelled = true;
          timer.cancel();
        });
      go_on();
    }
    void go_on() {
      const Duration after = at < answer.pieces.size() ? answer.pieces[at].after : answer.ends_after;
      timer.async_wait(owner.clock_.now()() + after, [self = shared_from_this()](const boost::system::error_code&) { self->step(); });
    }
    void step() {
      if (is_cancelled) return end(TransportError{TransportFault::cancelled, Sent::unknown, "cancelled", 200});
      if (at == answer.pieces.size()) return end(std::move(answer.end));
      if (!limits.body(answer.pieces[at++].text)) return end(TransportError{TransportFault::cancelled, Sent::unknown, "enough", 200});
      if (answer.ends_with_last_piece && at == answer.pieces.size()) return end(std::move(answer.end));
      go_on();
    }
    void end(TransportResult result) {
      const auto executor = asio::get_associated_executor(handler, owner.context->get_executor());
      asio::dispatch(executor, [kept = std::move(handler), given = std::move(result)]() mutable {
        asio::get_associated_cancellation_slot(kept).clear();
        std::move(kept)(std::move(given));
      });
    }

    ScriptedStreams& owner;
    Answer answer;
    TransportLimits limits;
    Handler handler;
    AsioVirtualClock::AsioTimer<asio::io_context::executor_type> timer;
    std::size_t at = 0;
    bool is_cancelled = false;
  };

  Answer next(const HttpRequest& request) {
    ++asked;
    url = request.url;
    if (answers.empty()) return {{}, TransportError{TransportFault::other, Sent::no, "no answer is left"}};
    Answer answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }

  AsioVirtualClock& clock_;
};
static_assert(AsyncTransport<ScriptedStreams> && Transport<ScriptedStreams>);

ClientOptions client_options() {
  ClientOptions options;
  options.api_key = ApiKey{secret};
  return options;
}

const std::string here = event(words("Here is "));
const std::string whole = here + event(image());
const TransportError torn{TransportFault::reset, Sent::unknown, "torn", 200, 10};

// A client and what its caller sees, in one context.
struct Fixture {
  AsioVirtualClock clock{};
  ScriptedStreams transport{clock};
  ResilientClient<ScriptedStreams> resilient_client{gemini::resilient(transport, client_options())};
  const Client<ScriptedStreams>& client = resilient_client.client();
  asio::io_context context{1};
  asio::strand<asio::io_context::executor_type> strand = asio::make_strand(context);
  asio::cancellation_signal signal{};
  std::string seen{};  // "Here is @1s <image>@6s "
  std::optional<Result<StreamEnd>> end{};
  std::optional<Result<ImageReply>> reply{};
  std::function<void()> in_part = [] {};

  explicit Fixture(std::deque<Answer> answers = {}) {
    transport.context = &context;
    transport.answers = std::move(answers);
  }

  auto on_part() {
    return [this](StreamPart&& part) {
      CHECK(strand.running_in_this_thread());
      CHECK_FALSE(end);
      const auto at = std::chrono::duration_cast<std::chrono::seconds>(clock.now()().time_since_epoch());
      seen += (part.image() ? "<image>" : part.text) + "@" + std::to_string(at.count()) + "s ";
      in_part();
    };
  }
  template <class T>
  auto into(std::optional<Result<T>>& to) {
    return asio::bind_cancellation_slot(signal.slot(), asio::bind_executor(strand, [this, &to](Result<T> given) {
                                          CHECK(strand.running_in_this_thread());
                                          CHECK_FALSE(to);
                                          to.emplace(std::move(given));
                                        }));
  }
  void stream() { client.async_stream(balloon, model, on_part(), {}, into(end)); }
  void cancel_at(Time at) {
    clock.at(at, [this] { asio::dispatch(strand, [this] { signal.emit(asio::cancellation_type::terminal); }); });
  }
  void run() {
    CHECK_FALSE(end);  // never inside the call
    CHECK_FALSE(reply);
    CHECK(seen.empty());
    clock.run(context);
  }
  [[nodiscard]] Duration now() { return clock.now()().time_since_epoch(); }
};

}  // namespace

TEST_CASE("Over an asynchronous transport the parts of a stream come as they arrive, on the handler's executor, and then its end",
          "[gemini][stream][async]") {
  Fixture fixture{{{{{1s, here.substr(0, 9)}, {1s, here.substr(9)}, {4s, event(image())}}, HttpResponse{200, {}, {}}, 2s}}};
  fixture.stream();
  fixture.run();
  CHECK(fixture.seen == "Here is @2s <image>@6s ");
  CHECK(fixture.now() == 8s);
  REQUIRE(fixture.end);
  CHECK(fixture.end->value().parts == 2);
  CHECK(fixture.end->value().usage.total == 1369);
  CHECK(fixture.transport.url.ends_with("/v1beta/models/gemini-3-pro-image:streamGenerateContent?alt=sse"));
}

TEST_CASE("However a stream comes and ends, who waits for it and who does not are told the same", "[gemini][stream][async]") {
  struct Case {
    std::string what;
    std::vector<std::string> pieces;
    TransportResult end = HttpResponse{200, {}, {}};
  };
  const auto tell = [](const auto& result, const std::string& parts) {
    if (result) return parts + "ok " + std::to_string(result.value().usage.total);
    const Failure& failure = result.error();
    return parts + std::string{failure.id().text()} + " " + std::to_string(static_cast<int>(failure.verdict().sent)) + " " +
           failure.message() + " " +
           (failure.cause().template get<HttpResponse>()     ? "a response"
            : failure.cause().template get<TransportError>() ? "an error"
                                                             : "no cause");
  };
  for (const Case& c : {
           Case{"whole", {whole.substr(0, 50), whole.substr(50)}},
           Case{"in one piece", {}, HttpResponse{200, {}, whole}},
           Case{"an answer in one piece that fails", {}, HttpResponse{503, {}, overload}},
           Case{"without a body", {}},
           Case{"no connection", {}, TransportError{TransportFault::refused, Sent::no, "refused"}},
           Case{"torn before the first part", {here.substr(0, 20)}, torn},
           Case{"torn after the first part", {here, whole.substr(0, 60)}, torn},
           Case{"torn after the reason", {whole}, torn},
           Case{"an error among the events", {here, event(overload), event(image())}},
           Case{"an error after them", {here, pretty_overload}},
           Case{"no reason", {here}},
           Case{"a cut event", {here, "data: {"}},
           Case{"the last blank line lacks", {here, "data: " + image()}},
           Case{"a damaged image", {here, event(R"({"candidates":[{"content":{"parts":[{"inlineData":{"data":"AAAA"}}]}}]})")}},
       }) {
    CAPTURE(c.what);
    Answer answer;
    for (const std::string& text : c.pieces) answer.pieces.push_back({1s, text});
    answer.end = c.end;
    Fixture fixture{{answer, answer, answer, answer}};
    std::string parts;
    const auto end = fixture.client.stream(balloon, model, [&](StreamPart&& part) { parts += part.image() ? "<image>" : part.text; });
    const auto reply = fixture.client.generate_buffered(balloon, model);
    std::string async_parts;
    const auto on_part = [&](StreamPart&& part) { async_parts += part.image() ? "<image>" : part.text; };
    fixture.client.async_stream(balloon, model, on_part, {}, fixture.into(fixture.end));
    fixture.client.async_generate_buffered(balloon, model, {}, fixture.into(fixture.reply));
    fixture.run();
    REQUIRE(fixture.end);
    REQUIRE(fixture.reply);
    CHECK(tell(*fixture.end, async_parts) == tell(end, parts));
    CHECK(tell(*fixture.reply, fixture.reply->has_value() ? fixture.reply->value().text : "") ==
          tell(reply, reply ? reply.value().text : ""));
  }
}

TEST_CASE("A stream that says it failed is ended at once, whatever its connection would still do", "[gemini][stream][async]") {
  Fixture fixture{{{{{1s, here}, {1s, event(overload)}, {300s, event(image())}}}}};
  fixture.stream();
  fixture.run();
  CHECK(fixture.now() == 2s);
  CHECK(fixture.seen == "Here is @1s ");
  REQUIRE(fixture.end);
  CHECK(fixture.end->error().id().text() == "sse-error-event");
  CHECK(fixture.end->error().verdict().sent == Sent::delivered);
}

TEST_CASE("A stream that is cancelled hands out nothing more from that moment on", "[gemini][stream][async]") {
  const std::string two_in_one = R"({"candidates":[{"content":{"parts":[{"text":"a"},{"text":"b"}]}}]})";
  Fixture fixture{{{{{1s, here}, {1s, event(two_in_one)}, {1s, event(image())}}}}};
  Answer& answer = fixture.transport.answers.front();
  std::string expected = "Here is @1s ";
  Duration ends = 1500ms;
  Sent sent = Sent::delivered;
  const auto check = [&] {
    fixture.stream();
    fixture.run();
    CHECK(fixture.seen == expected);
    CHECK(fixture.now() == ends);
    CHECK(fixture.transport.cancelled == 1);
    REQUIRE(fixture.end);
    CHECK(fixture.end->error().kind() == Kind::cancelled);
    CHECK(fixture.end->error().verdict().sent == sent);
  };
  SECTION("at once") {
    SECTION("between two pieces") {
      fixture.cancel_at(Time{1500ms});
      check();
    }
    SECTION("before the first") {
      fixture.cancel_at(Time{500ms});
      expected.clear();
      ends = 500ms;
      sent = Sent::unknown;
      check();
    }
    SECTION("from within a part, before another of its event") {
      fixture.in_part = [&] {
        if (fixture.seen.ends_with("a@2s ")) fixture.signal.emit(asio::cancellation_type::terminal);
      };
      expected = "Here is @1s a@2s ";
      ends = 2s;
      check();
    }
  }
  SECTION("although the transport goes on") {
    answer.heeds_cancellation = false;
    fixture.cancel_at(Time{1500ms});
    SECTION("and the receiver refuses the next piece") {
      ends = 2s;
      check();
    }
    SECTION("and has come to the end") {
      answer.pieces.resize(1);
      answer.ends_after = 3s;
      ends = 4s;
      check();
    }
  }
}

TEST_CASE("A stream that is cancelled after all was handed out is a success", "[gemini][stream][async]") {
  Fixture fixture{{{{{1s, whole}}, HttpResponse{200, {}, {}}, 300s}}};
  fixture.cancel_at(Time{2s});
  fixture.stream();
  fixture.run();
  CHECK(fixture.now() == 2s);
  REQUIRE(fixture.end);
  CHECK(fixture.end->value().parts == 2);
}

TEST_CASE("A reply whose parts are kept back is taken also where its cancellation came too late", "[gemini][stream][async]") {
  const bool too_late = GENERATE(false, true);
  Fixture fixture{{{{{1s, here}, {1s, event(image())}}, HttpResponse{200, {}, {}}, 0s, !too_late}}};
  fixture.cancel_at(Time{1500ms});
  fixture.client.async_generate_buffered(balloon, model, {}, fixture.into(fixture.reply));
  fixture.run();
  REQUIRE(fixture.reply);
  CHECK(fixture.reply->has_value() == too_late);
  CHECK(fixture.now() == (too_late ? Duration{2s} : Duration{1500ms}));
  if (!too_late) CHECK(fixture.reply->error().kind() == Kind::cancelled);
}

TEST_CASE("What a caller's function throws ends the exchange, and is the failure's cause", "[gemini][stream][async]") {
  Fixture fixture{{{{{1s, here}, {300s, event(image())}}}, {{{1s, whole}}}}};
  fixture.in_part = [] { throw std::runtime_error{"mine"}; };
  const auto check = [&] {
    fixture.run();
    CHECK(fixture.seen == "Here is @1s ");
    CHECK(fixture.now() == 1s);
    CHECK(fixture.transport.asked == 1);
    REQUIRE(fixture.end);
    const Failure& failure = fixture.end->error();
    CHECK(failure.id().text() == "exception");
    CHECK(failure.verdict().sent == Sent::delivered);
    const auto* thrown = failure.cause().get<std::exception_ptr>();
    REQUIRE(thrown);
    CHECK_THROWS_WITH(std::rethrow_exception(*thrown), "mine");
  };
  SECTION("of one attempt") {
    fixture.stream();
    check();
  }
  SECTION("at the very end") {
    fixture.transport.answers.front() = {{{1s, "data: " + words("Here is ")}}};
    fixture.stream();
    check();
  }
  SECTION("of a call, which makes no further attempt") {
    fixture.resilient_client.async_stream(balloon, fixture.on_part(), {}, fixture.clock, fixture.into(fixture.end));
    check();
  }
}

TEST_CASE("After a part was handed out no asynchronous call repeats a stream, nor takes another target", "[gemini][stream][async]") {
  Fixture fixture;
  std::deque<Answer>& answers = fixture.transport.answers;
  const auto stream = [&](const CallOptions& options = {}) {
    fixture.resilient_client.async_stream(balloon, fixture.on_part(), options, fixture.clock, fixture.into(fixture.end));
    fixture.run();
    REQUIRE(fixture.end);
  };
  SECTION("not after the first part") {
    answers = {{{{1s, here}, {1s, event(overload)}}}, {{{1s, whole}}}};
    stream();
    CHECK(fixture.end->error().kind() == Kind::overload);
    CHECK(has(fixture.end->error().notes(), Note::not_repeatable));
  }
  SECTION("nor when its attempt is out of time") {
    answers = {{{{1s, here}, {1h, event(image())}}}, {{{1s, whole}}}};
    stream();
    CHECK(fixture.end->error().kind() == Kind::timeout);
    CHECK(fixture.end->error().verdict().sent == Sent::delivered);
    CHECK(has(fixture.end->error().notes(), Note::not_repeatable));
    CHECK(fixture.now() == ResilientOptions{}.attempt_timeout);
  }
  if (!answers.empty()) {
    CHECK(fixture.transport.asked == 1);
    CHECK(fixture.seen == "Here is @1s ");
    return;
  }
  SECTION("but before it") {
    answers = {{{{1s, event(overload)}}}, {{}, HttpResponse{503, {}, overload}}, {{{1h, here}}}, {{{1s, whole}}}};
    stream();
    CHECK(fixture.end->value().parts == 2);
    CHECK(fixture.transport.asked == 4);
  }
  SECTION("and when the parts are kept back") {
    answers = {{{{1s, here}, {1s, event(overload)}}}, {{{1s, event(image(""))}}, torn}, {{{1s, whole}}}};
    fixture.resilient_client.async_generate_buffered(balloon, {}, fixture.clock, fixture.into(fixture.reply));
    fixture.run();
    REQUIRE(fixture.reply);
    CHECK(fixture.reply->value().text == "Here is ");
    CHECK(fixture.reply->value().bytes == tiny::png(1024, 1024));
    CHECK(fixture.transport.asked == 3);
  }
}

TEST_CASE("An asynchronous stream that cannot be asked for fails before anything is sent, and not inside the call",
          "[gemini][stream][async]") {
  Fixture fixture;
  const bool one_attempt = GENERATE(true, false);
  if (one_attempt)
    fixture.client.async_stream({.prompt = ""}, model, fixture.on_part(), {}, fixture.into(fixture.end));
  else
    fixture.resilient_client.async_stream({.prompt = ""}, fixture.on_part(), {}, fixture.clock, fixture.into(fixture.end));
  CHECK_FALSE(fixture.end);
  fixture.run();
  REQUIRE(fixture.end);
  CHECK(fixture.end->error().kind() == Kind::bad_request);
  CHECK(fixture.transport.asked == 0);
}

TEST_CASE("A coroutine awaits a stream, whose function need not be copied", "[gemini][stream][async]") {
  Fixture fixture{{{{{1s, whole}}}}};
  const auto ask = [&fixture]() -> asio::awaitable<void> {
    std::string parts;
    auto on_part = [&parts, only = std::make_unique<int>(1)](StreamPart&& part) { parts += part.image() ? "<image>" : part.text; };
    const auto end = co_await fixture.client.async_stream(balloon, model, std::move(on_part), {}, asio::use_awaitable);
    CHECK(parts == "Here is <image>");
    fixture.end.emplace(end);
  };
  asio::co_spawn(fixture.strand, ask, [](std::exception_ptr thrown) { CHECK_FALSE(thrown); });
  fixture.run();
  REQUIRE(fixture.end);
  CHECK(fixture.end->has_value());
}

TEST_CASE("A stream gives back what it keeps before the handler is called, and with its context", "[gemini][stream][async]") {
  Count count;
  const auto alive = std::make_shared<int>(1);
  {
    Fixture fixture{{{{{1s, here}, {1s, event(image())}}}}};
    const auto check = [&](Result<StreamEnd> end) {
      CHECK(count.held == 0);
      CHECK(alive.use_count() == 1);
      fixture.end.emplace(std::move(end));
    };
    fixture.client.async_stream(
        balloon, model, [alive](StreamPart&&) {}, {},
        asio::bind_allocator(Counting<char>{count},
                             asio::bind_cancellation_slot(fixture.signal.slot(), asio::bind_executor(fixture.strand, check))));
    CHECK(alive.use_count() == 2);
    SECTION("at its end") {
      fixture.run();
      CHECK(fixture.end->has_value());
    }
    SECTION("or with its context") {
      fixture.clock.run_until(fixture.context, Time{1500ms});
      CHECK_FALSE(fixture.end);
    }
  }
  CHECK(count.held == 0);
  CHECK(alive.use_count() == 1);
}

TEST_CASE("The function of a stream is gone when the handler is called, also where the last piece and the end come in one step",
          "[gemini][stream][async]") {
  Answer answer{{{1s, here}, {1s, event(image())}}};
  answer.ends_with_last_piece = true;
  Fixture fixture{{answer}};
  const auto alive = std::make_shared<int>(1);
  fixture.client.async_stream(
      balloon, model, [alive](StreamPart&&) {}, {}, asio::bind_executor(fixture.context, [&](Result<StreamEnd> end) {
        CHECK(alive.use_count() == 1);
        fixture.end.emplace(std::move(end));
      }));
  fixture.run();
  REQUIRE(fixture.end);
  CHECK(fixture.end->value().parts == 2);
}

TEST_CASE("A coroutine gives its requests names, and every function of the clients takes them", "[gemini][stream][async]") {
  Fixture fixture{{{{{1s, whole}}}, {{{1s, whole}}}, {{{1s, whole}}}, {{{1s, whole}}}, {{}, HttpResponse{503, {}, overload}}}};
  int made = 0;
  const auto ask = [&]() -> asio::awaitable<void> {
    const ImageRequest request{.prompt = std::string(100, 'p')};
    const auto on_part = [](StreamPart&&) {};
    made += (co_await fixture.client.async_generate_buffered(request, model, {}, asio::use_awaitable)).has_value() ? 1 : 0;
    made += (co_await fixture.client.async_stream(request, model, on_part, {}, asio::use_awaitable)).has_value() ? 1 : 0;
    made += (co_await fixture.resilient_client.async_generate_buffered(request, asio::use_awaitable)).has_value() ? 1 : 0;
    made += (co_await fixture.resilient_client.async_stream(request, on_part, asio::use_awaitable)).has_value() ? 1 : 0;
    const auto refused = co_await fixture.client.async_generate(request, model, {}, asio::use_awaitable);
    CHECK(refused.error().kind() == Kind::overload);
    CHECK(request.prompt.size() == 100);
  };
  asio::co_spawn(fixture.strand, ask, [](std::exception_ptr thrown) { CHECK_FALSE(thrown); });
  fixture.run();
  CHECK(made == 4);
}

namespace {

// Takes a request and never ends: the handler stands in the context until that goes.
struct Silent {
  asio::io_context* context;
  BodyReceiver body{};

  template <class Token>
  auto async_send(HttpRequest request, const TransportLimits& limits, Token&& token) {
    return asio::async_initiate<Token, void(TransportResult)>(
        [this](auto handler, const HttpRequest&, const TransportLimits& may_take) {
          body = may_take.body;
          asio::post(*context, [kept = std::move(handler)] { static_cast<void>(kept); });
        },
        token, std::move(request), limits);
  }
};

}  // namespace

TEST_CASE("A stream leaves its handler's allocator alone: the transport's thread may not use it, and the handler may own its memory",
          "[gemini][stream][async]") {
  Count count;
  std::optional<std::size_t> held_at_the_end;
  asio::cancellation_signal signal;
  {
    asio::io_context context{1};
    Silent transport{&context};
    const Client<Silent> client{transport, client_options()};
    client.async_stream(balloon, model, [](StreamPart&&) {}, {}, OwnsItsMemory{count, held_at_the_end, context, signal.slot()});
    const std::size_t made = count.made;
    CHECK(transport.body(here));
    CHECK(count.made == made);
  }
  CHECK(held_at_the_end == 0);
}
