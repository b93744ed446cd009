// SPDX-License-Identifier: BSL-1.0

// Races with random durations and ends, in a pipeline with a budget and a retry, against a model that computes when what must happen. And
// in a chain of targets: after a failure that stops the call nothing begins.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/retry_budget.hpp>
#include <ductile/policies/timeout.hpp>
#include <ductile/testing/recording_observer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

struct Attempted {
  Duration takes;
  Kind gives;
};

// A call: what each of its attempts would do, by number, and the pipeline's numbers.
struct RaceScript {
  std::vector<Attempted> attempts;
  Duration after;
  std::uint8_t hedges;
  std::uint16_t retries;
  std::int32_t tokens;
  Duration timeout;
  Duration deadline;
};

struct Story {
  std::vector<std::string> lines;  // when which attempt began
  Kind end = Kind::ok;
  unsigned value = 0;  // the number of the attempt that succeeded
  Duration at{};
  std::int64_t tokens = 0;
  std::size_t ok = 0;  // how the attempts were settled inside the hedge
  std::size_t failed = 0;
  std::size_t abandoned = 0;

  friend bool operator==(const Story&, const Story&) = default;
};

std::string line(Duration at, std::size_t number, std::size_t lane) {
  return std::to_string(at / 1ms) + " ms: attempt " + std::to_string(number) + " in lane " + std::to_string(lane);
}
std::string story_text(const Story& story) {
  std::string all;
  for (const auto& one : story.lines) all += one + "\n";
  return all + std::to_string(story.at / 1ms) + " ms: " + std::string{name(story.end)} + ' ' + std::to_string(story.value) + ", tokens " +
         std::to_string(story.tokens) + ", settled ok " + std::to_string(story.ok) + " failed " + std::to_string(story.failed) +
         " abandoned " + std::to_string(story.abandoned);
}

class HedgeModel {
 public:
  explicit HedgeModel(const RaceScript& script) : script_(script) { story_.tokens = script.tokens; }

  Story tell() {
    for (std::uint16_t retries = script_.retries;; --retries) {
      race();
      if (story_.end == Kind::ok || stops(story_.end) || retries == 0 || story_.tokens == 0) return story_;
      if (story_.at + backoff >= script_.deadline) return story_;
      --story_.tokens;
      story_.at += backoff;
    }
  }

  static constexpr Duration backoff = 50ms;

 private:
  static bool stops(Kind kind) { return kind == Kind::auth || kind == Kind::prohibited; }
  // Ends the race for all.
  static bool decides(Kind kind) { return kind == Kind::ok || kind == Kind::prohibited; }

  struct Lane {
    std::size_t number;
    Duration began;
    Duration ends;
    Kind kind;
  };

  void begin(std::vector<Lane>& lanes, Duration at) {
    const std::size_t number = ++made_;
    story_.lines.push_back(line(at, number, lanes.size()));
    const Attempted& what = script_.attempts[number - 1];
    const Duration limit = std::min(at + script_.timeout, script_.deadline);
    const bool lost = at + what.takes > limit;
    lanes.push_back({number, at, lost ? limit : at + what.takes, lost ? Kind::timeout : what.gives});
  }

  // From `story_.at` on.
  void race() {
    std::vector<Lane> lanes;
    begin(lanes, story_.at);
    bool hedging = true;
    for (;;) {
      const Lane* winner = nullptr;
      Duration over{};
      Duration closed = 1h;
      for (const Lane& lane : lanes) {
        if (stops(lane.kind)) closed = std::min(closed, lane.ends);
        if (decides(lane.kind) && (!winner || lane.ends < winner->ends)) winner = &lane;
        over = std::max(over, lane.ends);
      }
      if (winner) over = winner->ends;
      const Duration due = lanes.back().began + script_.after;
      if (hedging && lanes.size() <= script_.hedges && due < std::min(over, closed)) {
        hedging = story_.tokens > 0;
        if (!hedging) {
          ++story_.abandoned;  // the layers inside had let it in
          continue;
        }
        --story_.tokens;
        begin(lanes, due);
        continue;
      }
      story_.at = over;
      for (const Lane& lane : lanes) {
        const bool ended = !winner || lane.ends < over || (lane.ends == over && &lane <= winner);
        ++(!ended ? story_.abandoned : lane.kind == Kind::ok ? story_.ok : story_.failed);
      }
      story_.end = winner ? winner->kind : most_telling(lanes);
      story_.value = story_.end == Kind::ok ? static_cast<unsigned>(winner->number) : 0;
      return;
    }
  }

  // A wrong key before all; of equals that of the first attempt.
  static Kind most_telling(const std::vector<Lane>& lanes) {
    for (const Lane& lane : lanes)
      if (lane.kind == Kind::auth) return lane.kind;
    return lanes.front().kind;
  }

  const RaceScript& script_;
  Story story_;
  std::size_t made_ = 0;
};

Story really(const RaceScript& script, std::vector<std::string>& faults) {
  Story story;
  std::vector<Verdict> settled;
  RecordingObserver seen;
  const RetryBudget tokens{RetryBudgetOptions{.per_call = 0, .capacity = std::max(script.tokens, 1), .reserve_every = 0s}};
  RetryBudget::State tokens_left{tokens};
  Pipeline pipeline{
      Observe{seen},
      CountingPolicy{},
      Deadline{script.deadline},
      with_state(tokens, tokens_left),
      Retry{RetryOptions{.attempts = static_cast<std::uint16_t>(script.retries + 1), .backoff = Constant{HedgeModel::backoff}}},
      CountingPolicy{},
      Hedge{HedgeOptions{.after = script.after, .hedges = script.hedges}},
      CountingPolicy{}.telling(settled),
      AttemptTimeout{script.timeout},
      CountingPolicy{}};
  Simulation simulation;
  std::optional<Result<unsigned>> heard;
  static_cast<void>(simulation.call(pipeline, repeatable([&](const Attempt& attempt) {
                                      story.lines.push_back(line(simulation.now()().time_since_epoch(), attempt.number, attempt.lane));
                                      const Attempted& what = script.attempts[attempt.number - 1];
                                      return Simulated{what.takes, what.gives == Kind::ok ? Result<unsigned>{attempt.number}
                                                                                          : Result<unsigned>{Failure{what.gives}}};
                                    }),
                                    [&](Result<unsigned> result) {
                                      story.at = simulation.now()().time_since_epoch();
                                      heard.emplace(std::move(result));
                                    }));
  simulation.run();
  REQUIRE(heard);
  story.end = *heard ? Kind::ok : heard->error().kind();
  story.value = *heard ? heard->value() : 0;
  story.tokens = tokens_left.tokens();
  for (const Verdict& verdict : settled) ++(verdict.ok() ? story.ok : verdict.kind == Kind::abandoned ? story.abandoned : story.failed);
  faults = seen.faults();
  if (*heard && trips(*heard) != story.lines.size()) faults.emplace_back("trips " + std::to_string(trips(*heard)));
  if (!*heard && heard->error().attempts() != story.lines.size())
    faults.emplace_back("attempts " + std::to_string(heard->error().attempts()));
  if (!*heard && heard->error().trail().size() != story.lines.size())
    faults.emplace_back("trail " + std::to_string(heard->error().trail().size()));
  return story;
}

RaceScript random_script(std::uint64_t seed) {
  SplitMix64 dice{seed};
  const auto from = [&](std::uint64_t least, std::uint64_t most) { return least + dice() % (most - least + 1); };
  RaceScript script;
  script.hedges = static_cast<std::uint8_t>(from(1, 7));
  script.retries = static_cast<std::uint16_t>(from(0, 3));
  script.tokens = static_cast<std::int32_t>(from(1, 9));
  script.after = std::chrono::milliseconds{from(1, 8) * 10};
  script.timeout = std::chrono::milliseconds{from(5, 30) * 10};
  script.deadline = std::chrono::milliseconds{from(10, 200) * 10};
  constexpr std::array ends{Kind::ok, Kind::overload, Kind::internal, Kind::network,   Kind::auth,
                            Kind::ok, Kind::overload, Kind::overload, Kind::prohibited};
  for (int i = 0; i < 40; ++i) script.attempts.push_back({std::chrono::milliseconds{from(0, 30) * 10}, ends[from(0, ends.size() - 1)]});
  return script;
}

}  // namespace

TEST_CASE("A race with random durations and ends goes as a simple model says", "[properties]") {
  std::size_t hedged = 0;
  std::size_t won_by_hedge = 0;
  std::size_t without_tokens = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const RaceScript script = random_script(seed);
    const Story expected = HedgeModel{script}.tell();
    std::vector<std::string> faults;
    const Story story = really(script, faults);
    if (story != expected || !faults.empty()) {
      CAPTURE(seed, faults);
      CHECK(story_text(story) == story_text(expected));
      REQUIRE(faults.empty());
      REQUIRE(story == expected);
    }
    hedged += story.abandoned > 0 ? 1U : 0U;
    won_by_hedge += story.value > 0 && story.lines[story.value - 1].back() != '0' ? 1U : 0U;
    without_tokens += story.tokens == 0 ? 1U : 0U;
  }
  CHECK(Ledger::global().fault().empty());
  CHECK(hedged > 300);
  CHECK(won_by_hedge > 300);
  CHECK(without_tokens > 300);
}

namespace {

// What stood when a call of a chain ended.
struct Stopped {
  std::optional<Kind> first;  // of the failures after which the table stops
  bool beside_another = false;
  std::vector<Kind> said;
  std::string late;  // an attempt that began afterwards
};

Stopped stopped(const RecordingObserver& seen, const FallbackTable& table) {
  Stopped found;
  int under_way = 0;
  for (const AnyEvent& event : seen.events()) {
    if (std::holds_alternative<AttemptBegan>(event)) {
      ++under_way;
      if (found.first) found.late = describe(event);
    } else if (const auto* ended = std::get_if<AttemptEnded>(&event)) {
      --under_way;
      if (ended->verdict.ok() || ended->verdict.kind == Kind::abandoned || table(ended->verdict).next != Next::stop) continue;
      if (!found.first) found.beside_another = under_way > 0;
      if (!found.first) found.first = ended->verdict.kind;
      found.said.push_back(ended->verdict.kind);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("After a failure that stops the call no attempt begins and the call ends with it", "[properties]") {
  constexpr std::array ends{Kind::ok,   Kind::overload,      Kind::internal,   Kind::not_found,   Kind::quota,     Kind::no_image,
                            Kind::auth, Kind::safety_output, Kind::prohibited, Kind::bad_request, Kind::rate_limit};
  constexpr std::array block{Kind::safety_prompt, Kind::safety_output, Kind::prohibited};
  const auto is_block = [&](Kind kind) { return std::find(block.begin(), block.end(), kind) != block.end(); };
  std::size_t stops = 0;
  std::size_t blocks_beside_another = 0;
  std::size_t rescued = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SplitMix64 dice{seed};
    const auto from = [&](std::uint64_t least, std::uint64_t most) { return least + dice() % (most - least + 1); };
    FallbackOptions options;
    for (std::uint64_t left = from(1, 4); left > 0; --left) options.targets.push_back({.name = std::to_string(left)});
    if (from(0, 3) == 0) options.table.set(ends[from(1, ends.size() - 1)], {from(0, 1) == 0 ? Next::target : Next::stop});
    const FallbackTable table = options.table;
    RecordingObserver seen;
    Pipeline pipeline{Observe{seen},
                      CountingPolicy{},
                      Deadline{20s},
                      FallbackChain{std::move(options)},
                      Retry{RetryOptions{.attempts = static_cast<unsigned>(from(1, 4)), .backoff = Constant{50ms}}},
                      CountingPolicy{},
                      Hedge{HedgeOptions{.after = std::chrono::milliseconds{from(1, 8) * 10},
                                         .hedges = static_cast<std::uint8_t>(from(1, 4)),
                                         .next_target = from(0, 3) > 0}},
                      CountingPolicy{},
                      Bulkhead{BulkheadOptions{.in_flight = static_cast<std::uint32_t>(from(1, 3)), .waiting = 4}},
                      CountingPolicy{}};
    Simulation simulation;
    std::optional<Result<unsigned>> heard;
    static_cast<void>(simulation.call(pipeline, repeatable([&](const Attempt& attempt) {
                                        const Kind gives = ends[from(0, ends.size() - 1)];
                                        return Simulated{
                                            std::chrono::milliseconds{from(0, 30) * 10},
                                            gives == Kind::ok ? Result<unsigned>{attempt.number} : Result<unsigned>{Failure{gives}}};
                                      }),
                                      [&](Result<unsigned> result) { heard.emplace(std::move(result)); }));
    simulation.run();
    CAPTURE(seed);
    REQUIRE(heard);
    REQUIRE(seen.faults().empty());
    const Stopped found = stopped(seen, table);
    REQUIRE(found.late.empty());
    if (!found.first) continue;
    const auto blocked = std::find_if(found.said.begin(), found.said.end(), is_block);
    if (blocked != found.said.end()) {
      REQUIRE_FALSE(*heard);
      REQUIRE(heard->error().kind() == *blocked);
    } else if (!*heard) {
      const Kind told = heard->error().kind();  // what a target before said is told in place of it when the caller can do more about that
      REQUIRE((std::find(found.said.begin(), found.said.end(), told) != found.said.end() || more_actionable(told, *found.first)));
    }
    ++stops;
    rescued += *heard ? 1U : 0U;
    blocks_beside_another += found.beside_another && is_block(*found.first) ? 1U : 0U;
  }
  CHECK(Ledger::global().fault().empty());
  CHECK(stops > 1000);
  CHECK(blocks_beside_another > 100);
  CHECK(rescued > 30);
}
