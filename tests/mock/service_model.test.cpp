// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/service_model.hpp>

#include "../support/catch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using ductile::Duration;
using ductile::WallTime;
using ductile::mock::Outcome;
using ductile::mock::Resolution;
using ductile::mock::ServiceModel;
using ductile::mock::ServiceParameters;
using ductile::mock::ServiceReply;

namespace {

constexpr std::string_view pro = "gemini-3-pro-image";
constexpr std::string_view flash = "gemini-3.1-flash-lite-image";
constexpr WallTime midnight{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

double in_seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

// A day without overload, where only the prompts and the pace are left.
ServiceParameters without_trouble() {
  ServiceParameters calm;
  calm.overload_by_hour.fill(0);
  calm.overload_calm = calm.internal_mean = calm.internal_calm = calm.poison_share = 0;
  calm.deadline_chance.fill({0, 0});
  return calm;
}

}  // namespace

TEST_CASE("The share of calls that meet a 503 follows the curve of the day, and a smaller model has its own", "[mock]") {
  constexpr std::uint64_t days = 150;
  double worst = 0;
  for (int hour = 0; hour < 24; ++hour) {
    double pro_mean = 0;
    double flash_mean = 0;
    for (std::uint64_t seed = 1; seed <= days; ++seed) {
      const ServiceModel model{seed};
      for (int minute = 0; minute < 60; ++minute) {
        const WallTime time = midnight + std::chrono::hours{hour} + std::chrono::minutes{minute};
        pro_mean += model.overload_burst(pro, time) ? 0.9 : 0.02;
        flash_mean += model.overload_burst(flash, time) ? 0.9 : 0.02;
      }
    }
    const double curve = ServiceParameters{}.overload_by_hour[static_cast<std::size_t>(hour)];
    worst = std::max(worst, std::abs(pro_mean / (days * 60) - curve));
    worst = std::max(worst, std::abs(flash_mean / (days * 60) - std::max(0.4 * curve, 0.02)));
  }
  CHECK(worst < 0.03);
}

TEST_CASE("Overload comes in bursts of six minutes on average", "[mock]") {
  int bursts = 0;
  int seconds_in_burst = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const ServiceModel model{seed};
    bool before = false;
    for (int second = 0; second < 86'400; second += 10) {
      const bool now = model.overload_burst(pro, midnight + std::chrono::seconds{second});
      bursts += now && !before ? 1 : 0;
      seconds_in_burst += now ? 10 : 0;
      before = now;
    }
  }
  // Calm between two bursts can be shorter than the look-out's ten seconds: a little long is right.
  CHECK(seconds_in_burst / static_cast<double>(bursts) == Catch::Approx(360).epsilon(0.12));
}

TEST_CASE("The same seed is the same world, whoever asks and in whatever order", "[mock]") {
  const ServiceModel first{7};
  const ServiceModel second{7};
  std::vector<ServiceReply> forward;
  std::vector<ServiceReply> backward;
  const auto reply = [](const ServiceModel& model, std::uint64_t job) {
    return model.reply({job, static_cast<std::uint32_t>(job % 3), pro}, midnight + std::chrono::minutes{job});
  };
  for (std::uint64_t job = 0; job < 500; ++job) forward.push_back(reply(first, job));
  for (std::uint64_t job = 500; job-- > 0;) backward.push_back(reply(second, job));
  std::reverse(backward.begin(), backward.end());
  CHECK(forward == backward);

  int different = 0;
  for (std::uint64_t job = 0; job < 500; ++job) different += reply(ServiceModel{8}, job) == forward[job] ? 0 : 1;
  CHECK(different > 450);
}

TEST_CASE("An image takes 20 to 40 seconds from the large model most of the time, a third of that from a small one", "[mock]") {
  const ServiceModel model{3, without_trouble()};
  std::vector<double> seconds;
  std::vector<double> small;
  for (std::uint64_t job = 0; job < 4000; ++job) {
    if (!model.makeable(job)) continue;
    seconds.push_back(in_seconds(model.reply({job, 0, pro}, midnight).latency));
    small.push_back(in_seconds(model.reply({job, 0, flash}, midnight).latency));
  }
  const auto within = static_cast<double>(std::count_if(seconds.begin(), seconds.end(), [](double s) { return s >= 20 && s <= 40; }));
  CHECK(within / static_cast<double>(seconds.size()) == Catch::Approx(0.8).margin(0.03));
  std::nth_element(small.begin(), small.begin() + static_cast<std::ptrdiff_t>(small.size() / 2), small.end());
  CHECK(small[small.size() / 2] == Catch::Approx(10).margin(0.5));
}

TEST_CASE("What becomes of a job in the end has the shares of the model", "[mock]") {
  constexpr std::uint64_t jobs = 200'000;
  const ServiceModel model{11};
  std::array<double, 9> shares{};
  for (std::uint64_t job = 0; job < jobs; ++job) shares[static_cast<std::size_t>(model.destiny(job))] += 1.0 / jobs;
  const auto share = [&](Outcome outcome) { return shares[static_cast<std::size_t>(outcome)]; };
  const double permanent = 0.006 + 0.004 + 0.002;
  CHECK(share(Outcome::bad_request) == Catch::Approx(0.006).margin(0.001));
  CHECK(share(Outcome::no_permission) == Catch::Approx(0.004).margin(0.001));
  CHECK(share(Outcome::not_found) == Catch::Approx(0.002).margin(0.0005));
  CHECK(share(Outcome::prohibited) == Catch::Approx((1 - permanent) * 0.0075).margin(0.001));
  CHECK(share(Outcome::withheld) == Catch::Approx((1 - permanent) * (0.0075 + 0.06 * 0.85)).margin(0.003));
}

TEST_CASE("A makeable job gets its image from some model in the end, any other never does", "[mock]") {
  const ServiceModel model{5};
  int unmakeable = 0;
  for (std::uint64_t job = 0; job < 300; ++job) {
    bool made = false;
    for (std::uint32_t call = 0; call < 200 && !made; ++call)
      for (const std::string_view target : {pro, flash})
        made = made || model.reply({job, call, target}, midnight + std::chrono::minutes{7 * call}).outcome == Outcome::image;
    INFO("job " << job);
    CHECK(made == model.makeable(job));
    unmakeable += made ? 0 : 1;
  }
  CHECK(unmakeable > 5);
}

TEST_CASE("Rewording gets three in four borderline prompts past the filter, for good", "[mock]") {
  const ServiceModel model{9, without_trouble()};
  double borderline = 0;
  double passed = 0;
  for (std::uint64_t job = 0; job < 60'000; ++job) {
    if (model.destiny(job) != Outcome::withheld) continue;
    // A prohibited prompt is withheld too, in every wording: that is how to tell the two apart from outside.
    bool ever = false;
    for (std::uint32_t wording = 1; wording < 20; ++wording) ever = ever || model.destiny(job, wording) == Outcome::image;
    if (!ever) continue;
    ++borderline;
    passed += model.destiny(job, 1) == Outcome::image ? 1 : 0;
    CHECK(model.destiny(job, 1) == model.destiny(job, 1));
  }
  CHECK(passed / borderline == Catch::Approx(0.75).margin(0.03));
}

TEST_CASE("A poison prompt always fails on the large model and never on the small one", "[mock]") {
  ServiceParameters parameters = without_trouble();
  parameters.poison_share = 0.05;
  const ServiceModel model{2, parameters};
  int poisoned = 0;
  for (std::uint64_t job = 0; job < 400; ++job) {
    if (!model.poison(job, pro) || !model.makeable(job)) continue;
    ++poisoned;
    for (std::uint32_t call = 0; call < 5; ++call) {
      CHECK(model.reply({job, call, pro}, midnight).outcome == Outcome::internal);
      CHECK(model.reply({job, call, flash}, midnight).outcome == Outcome::image);
    }
  }
  CHECK(poisoned > 5);
}

TEST_CASE("A 504 takes its three minutes and is likelier the larger the image", "[mock]") {
  ServiceParameters parameters = without_trouble();
  parameters.deadline_chance = ServiceParameters{}.deadline_chance;
  const ServiceModel model{4, parameters};
  std::array<int, 3> expired{};
  for (std::uint64_t job = 0; job < 5000; ++job)
    for (const Resolution size : {Resolution::up_to_1k, Resolution::up_to_2k, Resolution::up_to_4k}) {
      const ServiceReply reply = model.reply({job, 0, pro, size}, midnight);
      if (reply.outcome != Outcome::deadline_exceeded) continue;
      ++expired[static_cast<std::size_t>(size)];
      CHECK(reply.latency >= 180s);
      CHECK(reply.latency < 181s);
    }
  CHECK(expired[0] > 0);
  CHECK(expired[1] > 2 * expired[0]);
  CHECK(expired[2] > 4 * expired[1]);
}
