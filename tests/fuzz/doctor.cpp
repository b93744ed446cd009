// SPDX-License-Identifier: BSL-1.0
//
// What the doctor reads: a paste, a log, and what it prints of them.
#include "input.hpp"

#include <ductile/gemini/failures.hpp>
#include <ductile/tools/doctor.hpp>
#include <ductile/tools/doctor_diagnosis.hpp>
#include <ductile/tools/doctor_input.hpp>
#include <ductile/tools/doctor_policy.hpp>
#include <ductile/tools/doctor_repro.hpp>
#include <ductile/tools/log_records.hpp>
#include <ductile/tools/log_scan.hpp>
#include <ductile/tools/log_scan_text.hpp>
#include <ductile/tools/redacted_paste.hpp>

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile;

namespace {

constexpr std::string_view secret = "AIzaSyD-this-is-nobodys-key-0123456789";

void is_object(const std::string& text, const char* what) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  must(!error && value.is_object(), what);
  must(text.find(secret) == std::string::npos, "no key is printed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input{data, size};
  const std::size_t status = input.choice(3);
  const std::string_view text = input.rest();
  const auto answers = tools::answers_of(text, {.status = status == 0 ? 0 : status == 1 ? 429 : 503});
  must(!answers.empty(), "an input is at least one answer");
  std::vector<tools::Diagnosis> diagnoses;
  tools::FailureMix mix;
  for (const HttpResponse& answer : answers) {
    diagnoses.push_back(tools::diagnose(answer, secret));
    const tools::Diagnosis& diagnosis = diagnoses.back();
    is_object(tools::diagnosis_json(diagnosis, secret, WallTime{}), "a diagnosis is an object");
    must(diagnosis.runner_up.empty() || gemini::find_failure(diagnosis.runner_up), "a runner-up stands in the table");
    must(diagnosis.nearest.empty() || !diagnosis.is_known(), "only what is not known has a nearest row");
    mix.add(diagnosis);
  }
  must(tools::diagnoses_text(diagnoses, secret, WallTime{}).find(secret) == std::string::npos, "no key is said");
  must(tools::policy_text(mix).find("make_pipeline") != std::string::npos, "every mix has a pipeline");
  if (const std::string scenario = tools::reproduce(diagnoses).scenario; !scenario.empty()) is_object(scenario, "a scenario is an object");
  std::istringstream log{std::string{text}};
  tools::LogRecords records{log};
  tools::LogScan scan;
  while (const auto record = records.next()) scan.add(*record);
  is_object(tools::log_scan_json(scan), "a scan is an object");
  must(!tools::log_scan_text(scan).empty(), "a scan says something");
  must(tools::redacted_paste(text, secret).find(secret) == std::string::npos, "a paste for others has no key");
  return 0;
}
