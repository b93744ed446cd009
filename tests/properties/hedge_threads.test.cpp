// SPDX-License-Identifier: BSL-1.0

// What a hedge observes, under threads: of what two of them add, nothing is lost, and nothing counts twice.

#include "../support/catch.hpp"
#include "../support/linearizable.hpp"

#include <ductile/core/now.hpp>
#include <ductile/policies/hedge.hpp>

#include <algorithm>
#include <array>
#include <barrier>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

struct Sample {
  Duration span;
  bool overtaken;
};

// One sample after the other: the longest of the first, then an eighth of an octave in the proportion of the quantile. On an octave's
// straight line a step is the same number of nanoseconds, from a power of two of them to the next.
struct RaceModel {
  explicit RaceModel(double of) : quantile(of) {}

  void add(const Sample& sample) {
    const double span = static_cast<double>(sample.span.count());
    if (seen < static_cast<int>(quantile / (1 - quantile) + 0.5)) {
      ++seen;
      estimate = std::max(estimate, span);
    } else if (span > estimate) {
      move(quantile / 8);
    } else if (span < estimate && !sample.overtaken) {
      move((quantile - 1) / 8);
    }
  }
  void move(double octaves) {
    double octave = 1;
    while (octave * 2 <= estimate) octave *= 2;
    const double within = estimate / octave - 1 + octaves;
    estimate = within < 0 ? octave * (1 + within / 2) : within >= 1 ? octave * 2 * within : octave * (1 + within);
  }

  double quantile;
  int seen = 0;
  double estimate = 0;
};

bool close(double one, double other) { return one > other * 0.99999 && one < other * 1.00001; }

}  // namespace

TEST_CASE("What two threads add to a hedge's estimate can have come one after the other", "[properties]") {
  constexpr std::size_t rounds = 3000;
  constexpr std::size_t of_each = 6;
  const Hedge hedge{HedgeOptions{.after = 1h, .quantile = 0.77}};  // counts from the third on; no few steps up and down meet
  std::array<std::vector<Sample>, 2> samples;
  SplitMix64 dice{3};
  for (auto& of_one : samples)
    for (std::size_t i = 0; i < rounds * of_each; ++i)
      of_one.push_back({Duration{1s} + std::chrono::milliseconds{dice() % 900}, dice() % 4 == 0});

  std::vector<std::unique_ptr<Hedge::State>> states;
  for (std::size_t round = 0; round < rounds; ++round) states.push_back(std::make_unique<Hedge::State>());
  {
    std::barrier together{2};
    std::vector<std::jthread> threads;
    for (const auto& mine : samples)
      threads.emplace_back([&] {
        for (std::size_t round = 0; round < rounds; ++round) {
          together.arrive_and_wait();
          for (std::size_t i = 0; i < of_each; ++i) {
            const Sample& sample = mine[round * of_each + i];
            hedge.learn(*states[round], sample.span, sample.overtaken);
          }
        }
      });
  }

  std::size_t fits = 0;
  std::size_t moved = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto of = [&](const std::vector<Sample>& all) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(round * of_each);
      return std::vector<Sample>(first, first + static_cast<std::ptrdiff_t>(of_each));
    };
    const double seen = static_cast<double>(hedge.after(*states[round]).count());
    const auto add = [](RaceModel& model, const Sample& sample) {
      model.add(sample);
      return true;
    };
    const auto ends_there = [&](const RaceModel& model) { return close(model.estimate, seen); };
    if (support::linearizable(RaceModel{0.77}, of(samples[0]), of(samples[1]), add, ends_there)) ++fits;
    RaceModel without{0.77};
    for (const Sample& sample : of(samples[0])) without.add(sample);
    if (!close(without.estimate, seen)) ++moved;  // the other thread's count too
  }
  CHECK(fits == rounds);
  CHECK(moved > rounds / 2);
}
