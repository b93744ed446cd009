// SPDX-License-Identifier: BSL-1.0

// After every test case each admission that the case's policies granted must have been settled exactly once. A case that leaves one open
// fails the whole run, by name, whatever it asserted.

#include "ledger.hpp"
#include "listener.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

class AdmissionListener : public TestListener {
 public:
  using TestListener::TestListener;

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    const std::string fault = ductile_test::Ledger::global().fault();
    if (fault.empty() || failed_) return;
    std::fprintf(stderr, "after \"%s\": %s\n", name(stats.testInfo).c_str(), fault.c_str());
    failed_ = true;
  }

  // A listener cannot fail a run, and the reporter has not yet spoken: so the failure is left for the end of the process.
  void testRunEnded(const Catch::TestRunStats&) override {
    if (failed_) std::atexit([] { std::_Exit(EXIT_FAILURE); });
  }

 private:
  // Catch2 version 2 has the information there, version 3 points to it.
  template <class Info>
  static const std::string& name(const Info& info) {
    return info.name;
  }
  template <class Info>
  static const std::string& name(const Info* info) {
    return info->name;
  }

  bool failed_ = false;
};

CATCH_REGISTER_LISTENER(AdmissionListener)

}  // namespace
