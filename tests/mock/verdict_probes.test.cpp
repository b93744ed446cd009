// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/verdict/judge.hpp>

#include "../support/catch.hpp"
#include "history.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace history;
using namespace std::chrono_literals;

namespace {

// Jobs of their own, so that only their number speaks.
class Crowd {
 public:
  // `count` calls at once; each is answered after `latency`.
  Crowd& call(Duration at, int count, const std::string& id, Duration latency = 300ms, const std::string& model = "gemini-3-pro-image") {
    for (int i = 0; i < count; ++i) entries_.push_back(asked(at, id) | for_job(++jobs_) | takes(latency) | to(model));
    return *this;
  }

  // Five failures over twelve seconds.
  Crowd& outage() {
    for (int i = 0; i < 5; ++i) call(i * 3s, 1, "high-demand");
    return *this;
  }

  // The requests that fell upon a model that was down. That jobs end at their first failure is another finding's.
  [[nodiscard]] std::vector<std::uint64_t> stampede() const {
    std::vector<std::uint64_t> numbers;
    for (const auto& finding : verdict(entries_).findings)
      if (finding.fault == ductile::mock::Fault::probe_stampede)
        for (const auto& proof : finding.proofs) numbers.push_back(proof.number);
    return numbers;
  }

 private:
  std::vector<Entry> entries_;
  std::uint64_t jobs_ = 0;
};

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("Many calls within a second to a model that is down are found", "[mock][verdict]") {
  CHECK(Crowd{}.outage().call(30s, 7, "high-demand").stampede() == Numbers{10, 11, 12});
  CHECK(Crowd{}.outage().call(30s, 5, "ok-image").stampede() == Numbers{10});  // the first moment of recovery is none yet
}

TEST_CASE("A few probes, one after the other, or many calls once one was served, are no stampede", "[mock][verdict]") {
  CHECK(Crowd{}.outage().call(30s, 4, "high-demand").stampede().empty());
  Crowd patient;
  patient.outage();
  for (int i = 0; i < 20; ++i) patient.call(30s + i * 1s, 1, "high-demand");
  CHECK(patient.stampede().empty());
  CHECK(Crowd{}.outage().call(30s, 1, "ok-image").call(31s, 50, "ok-image").stampede().empty());
  CHECK(Crowd{}.outage().call(30s, 50, "ok-image", 1s, "gemini-nano-banana-2.1").stampede().empty());
}

TEST_CASE("A burst of failures, or too few of them, is no outage yet", "[mock][verdict]") {
  CHECK(Crowd{}.call(0s, 50, "high-demand").call(2s, 50, "high-demand").stampede().empty());
  Crowd four;
  for (int i = 0; i < 4; ++i) four.call(i * 5s, 1, "high-demand");
  CHECK(four.call(30s, 50, "high-demand").stampede().empty());
  Crowd limits;  // one's own limit is no outage
  for (int i = 0; i < 5; ++i) limits.call(i * 3s, 1, "rpm-paid");
  CHECK(limits.call(30s, 50, "rpm-paid").stampede().empty());
}

TEST_CASE("Probes that are slow to be answered pile up, and are no stampede", "[mock][verdict]") {
  Crowd patient;
  patient.outage();
  for (int i = 0; i < 12; ++i) patient.call(30s + i * 10s, 2, "high-demand", 3min);
  CHECK(patient.stampede().empty());
}

TEST_CASE("What the model withholds tells that it is up, a limit does not", "[mock][verdict]") {
  CHECK(Crowd{}.outage().call(30s, 1, "image-safety").call(31s, 50, "ok-image").stampede().empty());
  CHECK(Crowd{}.outage().call(30s, 1, "rpm-paid").call(31s, 6, "ok-image").stampede() == Numbers{11, 12});
}

TEST_CASE("Failures whose clients had gone make no outage that they know of", "[mock][verdict]") {
  const auto stampedes = [](bool gone) {
    Judge judge;
    std::uint64_t number = 0;
    const auto call = [&](Duration at, Duration latency) {
      Entry entry = asked(at, "high-demand") | for_job(number + 1) | takes(latency);
      entry.number = ++number;
      judge.see(entry);
      return entry;
    };
    for (int i = 0; i < 5; ++i)
      if (const Entry entry = call(i * 3s, 2s); gone) judge.left(entry);
    for (int i = 0; i < 5; ++i) call(30s, 1s);
    return judge.verdict().count(ductile::mock::Fault::probe_stampede);
  };
  CHECK(stampedes(true) == 0);
  CHECK(stampedes(false) == 1);
}
