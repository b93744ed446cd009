// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"

#include <ductile/core/now.hpp>           // Now, WallTime
#include <ductile/gemini/api_key.hpp>     // ApiKey
#include <ductile/gemini/classifier.hpp>  // classify
#include <ductile/gemini/failures.hpp>    // failures, find_failure
#include <ductile/gemini/redact.hpp>
#include <ductile/tools/doctor.hpp>         // diagnosis_json, diagnosis_text, failure_json, failure_text
#include <ductile/tools/doctor_input.hpp>   // answers_of, DoctorHints
#include <ductile/tools/log_records.hpp>    // LogRecords
#include <ductile/tools/log_scan.hpp>       // LogScan
#include <ductile/tools/log_scan_text.hpp>  // log_scan_json, log_scan_text
#include <ductile/tools/problem.hpp>        // Ending, misuse
#include <ductile/tools/redacted_paste.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace ductile::tools {

namespace {

std::string read_all(std::istream& in) { return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}}; }

std::string input_of(const std::string& path) {
  if (path.empty() || path == "-") return read_all(std::cin);
  std::ifstream file{path, std::ios::binary};
  std::string text = read_all(file);
  if (!file) throw misuse("the file '" + path + "' cannot be read");
  return text;
}

DoctorHints hints_of(const DoctorFlags& flags) {
  DoctorHints hints{.status = flags.status};
  for (const std::string& line : flags.headers) {
    auto header = detail::header_of_line(line);
    if (!header) throw misuse("--header must look like 'Retry-After: 30'; it is '" + gemini::redacted(line) + "'");
    hints.headers.push_back(std::move(*header));
  }
  return hints;
}

}  // namespace

Ending doctor(const DoctorFlags& flags) {
  const DoctorHints hints = hints_of(flags);
  const auto key = gemini::ApiKey::from_environment();
  const std::string secret{key ? key->reveal() : std::string_view{}};
  const std::string input = input_of(flags.file);
  if (flags.redact) {
    fmt::print("{}", redacted_paste(input, secret));
    return Ending::ok;
  }
  const WallTime now = Now{}.wall();
  bool first = true;
  for (const HttpResponse& answer : answers_of(input, hints)) {
    const gemini::Classification said = gemini::classify(answer, {.model = {}, .secret = secret});
    if (flags.quiet) {
      fmt::print("{}\n", said.ok() ? "ok" : said.verdict.id.text());
    } else if (flags.json) {
      fmt::print("{}\n", diagnosis_json(said, secret, now));
    } else {
      fmt::print("{}{}", first ? "" : "\n", diagnosis_text(said, secret, now));
    }
    first = false;
  }
  return Ending::ok;
}

Ending doctor_scan(const DoctorFlags& flags) {
  std::ifstream file;
  const bool piped = flags.file.empty() || flags.file == "-";
  if (!piped) file.open(flags.file, std::ios::binary);
  if (!piped && !file) throw misuse("the file '" + flags.file + "' cannot be read");
  LogRecords records{piped ? std::cin : file};
  LogScan scan;
  while (const auto record = records.next()) scan.add(*record);
  fmt::print("{}", flags.json ? log_scan_json(scan) + "\n" : log_scan_text(scan));
  return Ending::ok;
}

Ending doctor_explain(const DoctorFlags& flags) {
  const gemini::FailureRow* row = gemini::find_failure(flags.id);
  if (!row) {
    const std::string_view near = nearest_failure(flags.id);
    throw misuse("there is no failure '" + gemini::redacted(flags.id) + "'; " +
                 (near.empty() ? std::string{} : "is it " + std::string{near} + "? ") + "ductile doctor codes lists them");
  }
  fmt::print("{}", flags.json ? failure_json(*row) + "\n" : failure_text(*row));
  return Ending::ok;
}

Ending doctor_codes(const DoctorFlags& flags) {
  if (!flags.json) fmt::print("{}", failures_text());
  if (flags.json)
    for (const gemini::FailureRow& row : gemini::failures) fmt::print("{}\n", failure_json(row));
  return Ending::ok;
}

}  // namespace ductile::tools
