// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/journal.hpp>

#include "../support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using ductile::Duration;
using ductile::WallTime;
using ductile::mock::ClientVerdict;
using ductile::mock::Entry;
using ductile::mock::Journal;

namespace {

Entry entry(Duration at, std::string id, std::string model = "pro", std::uint64_t job = 1, Duration hint = 0s) {
  return {.time = WallTime{} + at,
          .method = "generateContent",
          .model = std::move(model),
          .key = 9,
          .job = job,
          .id = std::move(id),
          .status = 500,
          .hint = hint};
}

ClientVerdict verdict(const std::vector<Entry>& entries) {
  Journal journal;
  for (const Entry& each : entries) journal.add(each);
  return journal.verdict();
}

}  // namespace

TEST_CASE("A client that waits, changes its target and gives up in time is clean", "[mock]") {
  CHECK(verdict({entry(0s, "high-demand"), entry(5s, "high-demand"), entry(20s, "ok-image")}).clean());
  CHECK(verdict({entry(0s, "rpm-paid", "pro", 1, 30s), entry(1s, "ok-image", "flash")}).clean());
  CHECK(verdict({entry(0s, "rpm-paid", "pro", 1, 30s), entry(30s, "ok-image")}).clean());
  CHECK(verdict({entry(0s, "image-safety", "pro", 1), entry(1s, "image-safety", "pro", 2)}).clean());
}

TEST_CASE("Asking again after what will not change is counted", "[mock]") {
  CHECK(verdict({entry(0s, "api-key-invalid"), entry(9s, "api-key-invalid")}).retried_non_retryable == 1);
  CHECK(verdict({entry(0s, "image-safety"), entry(9s, "image-safety"), entry(19s, "image-safety")}).retried_non_retryable == 2);
  CHECK(verdict({entry(10h, "rpd-free"), entry(11h, "rpd-free")}).retried_non_retryable == 1);
  CHECK(verdict({entry(1h, "rpd-free"), entry(25h, "ok-image")}).retried_non_retryable == 0);
  CHECK(verdict({entry(0s, "limit-zero"), entry(9s, "limit-zero", "flash")}).retried_non_retryable == 0);
}

TEST_CASE("Asking before the hint is counted, on the model that gave it", "[mock]") {
  CHECK(verdict({entry(0s, "ipm", "pro", 1, 30s), entry(29s, "ok-image")}).retry_before_hint == 1);
  CHECK(verdict({entry(0s, "ipm", "pro", 1, 30s), entry(5s, "ok-image", "flash"), entry(40s, "ok-image")}).retry_before_hint == 0);
}

TEST_CASE("Taking to another model what one has refused for its content is counted", "[mock]") {
  CHECK(verdict({entry(0s, "image-safety"), entry(1s, "ok-image", "flash")}).fell_back_on_safety == 1);
  CHECK(verdict({entry(0s, "prompt-blocked-prohibited"), entry(1s, "ok-image", "flash")}).fell_back_on_safety == 1);
  CHECK(verdict({entry(0s, "no-image"), entry(1s, "ok-image", "flash")}).fell_back_on_safety == 0);
}

TEST_CASE("A repeat without a pause is hammering", "[mock]") {
  CHECK(verdict({entry(0s, "high-demand"), entry(10ms, "high-demand"), entry(20ms, "high-demand")}).hammered == 2);
  CHECK(verdict({entry(0s, "high-demand"), entry(500ms, "high-demand")}).hammered == 0);
}

TEST_CASE("What a request asked for itself is no fault of the client", "[mock]") {
  Entry wanted = entry(0s, "api-key-invalid");
  wanted.asked_for = true;
  CHECK(verdict({wanted, wanted}).clean());
}

TEST_CASE("The journal is bounded, its counts are not", "[mock]") {
  Journal journal{10};
  for (int i = 0; i < 25; ++i) journal.add(entry(std::chrono::seconds{i}, "ok-image", "pro", static_cast<std::uint64_t>(i)));
  CHECK(journal.entries().size() == 10);
  CHECK(journal.entries().front().time == WallTime{} + 15s);
  CHECK(journal.total() == 25);
  CHECK(journal.count("ok-image") == 25);
  CHECK(journal.count("internal") == 0);
}
