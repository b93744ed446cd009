// SPDX-License-Identifier: BSL-1.0

// When a hedge is due, and what the policy learns. What a race does is in ../async/hedge.test.cpp.

#include "../support/catch.hpp"

#include <ductile/core/make.hpp>
#include <ductile/core/now.hpp>
#include <ductile/policies/hedge.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

// A hedge and its state, asked by hand.
struct AskedHedge {
  explicit AskedHedge(HedgeOptions options) : hedge{options} {}

  [[nodiscard]] Duration after() const { return hedge.after(state); }
  void took(Duration span) { hedge.learn(state, span, false); }
  void overtaken_at(Duration span) { hedge.learn(state, span, true); }

  Hedge hedge;
  Hedge::State state;
};

// Spans of a service with a long tail: exponential, with this mean.
class Tail {
 public:
  explicit Tail(Duration mean) : mean_(static_cast<double>(mean.count())) {}
  Duration next() {
    const double uniform = (static_cast<double>(dice_() >> 11U) + 0.5) * 0x1.0p-53;
    return Duration{static_cast<Duration::rep>(-std::log(uniform) * mean_)};
  }
  // Which share of them is longer.
  [[nodiscard]] double beyond(Duration span) const { return std::exp(-static_cast<double>(span.count()) / mean_); }
  void change(Duration mean) { mean_ = static_cast<double>(mean.count()); }

 private:
  double mean_;
  SplitMix64 dice_{7};
};

Attempt in_lane(std::uint8_t lane) {
  Attempt attempt;
  attempt.lane = lane;
  return attempt;
}

}  // namespace

TEST_CASE("Hedge options out of range are refused by name, range and value", "[policies]") {
  const auto refusal = [](HedgeOptions options) -> std::string {
    const auto made = make<Hedge>(options);
    return made ? "accepted" : made.error().message();
  };
  CHECK(refusal({.after = 0s}) == "Hedge: after must be from 0.001 to 3600 s; it is 0");
  CHECK(refusal({.after = 2h}) == "Hedge: after must be from 0.001 to 3600 s; it is 7200");
  CHECK(refusal({.quantile = 0.4}) == "Hedge: quantile must be from 0.5 to 0.999; it is 0.4");
  CHECK(refusal({.quantile = 1.0}) == "Hedge: quantile must be from 0.5 to 0.999; it is 1");
  CHECK(refusal({.quantile = std::nan("")}) == "Hedge: quantile must be from 0.5 to 0.999; it is nan");
  CHECK(refusal({.hedges = 0}) == "Hedge: hedges must be from 1 to 7; it is 0");
  CHECK(refusal({.hedges = 8}) == "Hedge: hedges must be from 1 to 7; it is 8");
  CHECK(refusal({.after = 1ms, .quantile = 0.999, .hedges = 7, .next_target = true}) == "accepted");
  CHECK(refusal({.after = 1h, .quantile = 0.5}) == "accepted");
  CHECK_THROWS_AS(Hedge{HedgeOptions{.hedges = 0}}, ConfigError);
  constexpr Hedge constant{{.hedges = 2}};
  STATIC_REQUIRE(constant.options().hedges == 2);
}

TEST_CASE("A hedge wants as many attempts beside the first as it is told, each as long after the one before", "[policies]") {
  AskedHedge asked{{.after = 300ms, .hedges = 2, .next_target = true}};
  for (const std::uint8_t latest : {std::uint8_t{0}, std::uint8_t{1}}) {
    const auto wanted = asked.hedge.beside(asked.state, in_lane(latest));
    REQUIRE(wanted);
    CHECK(wanted->after == 300ms);
    CHECK(wanted->elsewhere);
  }
  CHECK_FALSE(asked.hedge.beside(asked.state, in_lane(2)));
}

TEST_CASE("A hedge without a quantile learns nothing", "[policies]") {
  AskedHedge asked{{.after = 300ms}};
  for (int i = 0; i < 100; ++i) asked.took(5s);
  CHECK(asked.after() == 300ms);
}

TEST_CASE("A quantile counts from as many samples on as it has one beyond it, and is the longest of these", "[policies]") {
  const auto [quantile, needed] = GENERATE(table<double, int>({{0.5, 1}, {0.8, 4}, {0.9, 9}, {0.95, 19}, {0.99, 99}, {0.999, 999}}));
  CAPTURE(quantile);
  AskedHedge asked{{.after = 10s, .quantile = quantile}};
  for (int i = 1; i < needed; ++i) asked.took(std::chrono::milliseconds{i});
  CHECK(asked.after() == 10s);
  asked.took(4s);
  CHECK(asked.after() == 4s);
}

TEST_CASE("A quantile goes to where its share of spans is longer, and stays about there", "[policies]") {
  const double quantile = GENERATE(0.5, 0.9, 0.95, 0.99);
  CAPTURE(quantile);
  const double share = 1 - quantile;
  AskedHedge asked{{.quantile = quantile}};
  Tail tail{2s};
  for (int i = 0; i < 3000; ++i) asked.took(tail.next());
  double beyond = 0;
  double most = 0;
  for (int i = 0; i < 20'000; ++i) {
    asked.took(tail.next());
    beyond += tail.beyond(asked.after()) / 20'000;
    most = std::max(most, tail.beyond(asked.after()));
  }
  CHECK(beyond > share * 0.9);
  CHECK(beyond < share * 1.2);
  CHECK(most < share * 3.5);
}

TEST_CASE("A quantile follows a service that becomes slower within a hundred calls, and one that becomes faster within a thousand",
          "[policies]") {
  AskedHedge asked{{.quantile = 0.95}};
  Tail tail{500ms};
  for (int i = 0; i < 1000; ++i) asked.took(tail.next());
  tail.change(4s);
  for (int i = 0; i < 100; ++i) asked.took(tail.next());
  CHECK(tail.beyond(asked.after()) < 0.1);
  tail.change(500ms);
  CHECK(tail.beyond(asked.after()) < 0.0001);
  for (int i = 0; i < 1000; ++i) asked.took(tail.next());
  CHECK(tail.beyond(asked.after()) > 0.01);
}

TEST_CASE("Hedging does not change what a hedge goes by, for an attempt that is overtaken counts as long", "[policies]") {
  AskedHedge asked{{.after = 2s, .quantile = 0.95}};
  Tail tail{1s};
  int hedged = 0;
  constexpr int calls = 20'000;
  for (int i = 0; i < calls; ++i) {
    const Duration first = tail.next();
    const Duration after = asked.after();
    const Duration with_hedge = after + tail.next();
    if (first > after) ++hedged;
    if (first <= with_hedge)
      asked.took(first);
    else
      asked.overtaken_at(with_hedge);
  }
  const double share = static_cast<double>(hedged) / calls;
  CHECK(share > 0.045);  // 0.1 where the winners' spans are what is observed
  CHECK(share < 0.065);
}

TEST_CASE("An attempt that is overtaken before the time that is observed says nothing", "[policies]") {
  AskedHedge asked{{.quantile = 0.5}};
  asked.took(1s);
  asked.overtaken_at(400ms);
  CHECK(asked.after() == 1s);
  asked.overtaken_at(1500ms);
  CHECK(asked.after() > 1s);
}

TEST_CASE("A quantile of spans that are all equal is that span", "[policies]") {
  AskedHedge asked{{.quantile = 0.95}};
  for (int i = 0; i < 1000; ++i) asked.took(750ms);
  CHECK(asked.after() == 750ms);
}

TEST_CASE("An observed time stays within what may be given", "[policies]") {
  AskedHedge asked{{.quantile = 0.5}};
  SECTION("below") {
    for (int i = 0; i < 1000; ++i) asked.took(1us);
    CHECK(asked.after() == 1ms);
    asked.took(0s);
    CHECK(asked.after() == 1ms);
  }
  SECTION("above") {
    for (int i = 0; i < 1000; ++i) asked.took(30h);
    CHECK(asked.after() <= 1h);
    CHECK(asked.after() > 1h - 1ms);
  }
}
