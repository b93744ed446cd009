// SPDX-License-Identifier: BSL-1.0
//
// What the doctor reads: a paste, a log, and what it prints of them.
#include "input.hpp"

#include <ductile/gemini/classifier.hpp>
#include <ductile/tools/doctor.hpp>
#include <ductile/tools/doctor_input.hpp>
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
  for (const HttpResponse& answer : answers) {
    const gemini::Classification said = gemini::classify(answer, {.model = {}, .secret = secret});
    is_object(tools::diagnosis_json(said, secret, WallTime{}), "a diagnosis is an object");
    must(tools::diagnosis_text(said, secret, WallTime{}).find(secret) == std::string::npos, "no key is said");
  }
  std::istringstream log{std::string{text}};
  tools::LogRecords records{log};
  tools::LogScan scan;
  while (const auto record = records.next()) scan.add(*record);
  is_object(tools::log_scan_json(scan), "a scan is an object");
  must(!tools::log_scan_text(scan).empty(), "a scan says something");
  must(tools::redacted_paste(text, secret).find(secret) == std::string::npos, "a paste for others has no key");
  return 0;
}
