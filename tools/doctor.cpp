// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"

#include <ductile/core/now.hpp>         // Now, WallTime
#include <ductile/gemini/failures.hpp>  // failures, find_failure
#include <ductile/gemini/redact.hpp>
#include <ductile/tools/as_utf8.hpp>
#include <ductile/tools/doctor.hpp>            // diagnoses_text, diagnosis_json, failure_json, failure_text
#include <ductile/tools/doctor_diagnosis.hpp>  // diagnose, Diagnosis
#include <ductile/tools/doctor_input.hpp>      // answers_of, DoctorHints
#include <ductile/tools/doctor_policy.hpp>     // FailureMix, mix_of, policy_text
#include <ductile/tools/doctor_repro.hpp>      // reproduce, Reproduction
#include <ductile/tools/environment_keys.hpp>  // keys_of_environment
#include <ductile/tools/known_secrets.hpp>
#include <ductile/tools/log_scan.hpp>       // LogScan
#include <ductile/tools/log_scan_text.hpp>  // log_scan_json, log_scan_text
#include <ductile/tools/problem.hpp>        // Ending, misuse, trouble
#include <ductile/tools/redacted_paste.hpp>
#include <ductile/tools/rest_of.hpp>
#include <ductile/tools/scan_log.hpp>  // scan_log

#include <fmt/format.h>

#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ductile::tools {

namespace {

// What `read` makes of a file or of stdin. Half of an input is none: what it tells would be half of the truth.
template <class Read>
auto input_read(const std::string& path, const Read& read) {
  const bool piped = path.empty() || path == "-";
  std::error_code error;
  if (!piped && std::filesystem::is_directory(path, error)) throw misuse("the file '" + path + "' cannot be read: it is a folder");
  std::ifstream file;
  if (!piped) file.open(path, std::ios::binary);
  if (!piped && !file) throw misuse("the file '" + path + "' cannot be read");
  std::istream& in = piped ? std::cin : file;
  auto result = read(in);
  if (piped && std::ferror(stdin) != 0) throw misuse("stdin cannot be read to its end");
  if (in.bad()) throw misuse("the file '" + path + "' cannot be read to its end");
  return result;
}

std::string input_of(const std::string& path) { return as_utf8(input_read(path, rest_of)); }

DoctorHints hints_of(const DoctorFlags& flags) {
  DoctorHints hints{.status = flags.status};
  for (const std::string& line : flags.headers) {
    auto header = detail::header_of_line(line);
    if (!header) throw misuse("--header must look like 'Retry-After: 30'; it is '" + gemini::redacted(line) + "'");
    hints.headers.push_back(std::move(*header));
  }
  return hints;
}

std::vector<Diagnosis> diagnoses_of(const std::vector<HttpResponse>& answers) {
  const KnownSecrets secrets = keys_of_environment();
  std::vector<Diagnosis> diagnoses;
  diagnoses.reserve(answers.size());
  for (const HttpResponse& answer : answers) diagnoses.push_back(diagnose(answer, secrets.first()));
  return diagnoses;
}

// A paste says more than its lines, one by one; of a log the lines are what there is. An image makes a paste large, too.
FailureMix mix_of_input(const std::string& input) {
  constexpr std::size_t largest_paste = std::size_t{256} * 1024;
  if (input.size() <= largest_paste || begins_with_answer(input))
    if (FailureMix mix = mix_of(answers_of(input), keys_of_environment().first()); mix.is_known()) return mix;
  std::istringstream log{input};
  return FailureMix{scan_log(log)};
}

}  // namespace

Ending doctor(const DoctorFlags& flags) {
  const DoctorHints hints = hints_of(flags);
  const KnownSecrets secrets = keys_of_environment();
  const bool nobody_pipes = flags.file.empty() && hints.given() && ::isatty(STDIN_FILENO) == 1;  // a status alone is enough to ask about
  const std::string input = nobody_pipes ? std::string{} : input_of(flags.file);
  if (flags.redact) {
    fmt::print("{}", redacted_paste(input, secrets));
    return Ending::ok;
  }
  const WallTime now = Now{}.wall();
  const std::vector<Diagnosis> diagnoses = diagnoses_of(answers_of(input, hints));
  for (const Diagnosis& diagnosis : diagnoses)
    if (flags.quiet)
      fmt::print("{}\n", diagnosis.said.ok() ? "ok" : diagnosis.said.verdict.id.text());
    else if (flags.json)
      fmt::print("{}\n", diagnosis_json(diagnosis, secrets, now));
  if (!flags.quiet && !flags.json) fmt::print("{}", diagnoses_text(diagnoses, secrets, now));
  return Ending::ok;
}

Ending doctor_scan(const DoctorFlags& flags) {
  const LogScan scan = input_read(flags.file, [](std::istream& log) {
    if (!begins_with_mark_of_utf16(log.peek())) return scan_log(log);
    std::istringstream converted{as_utf8(rest_of(log))};
    return scan_log(converted);
  });
  fmt::print("{}", flags.json ? log_scan_json(scan) + "\n" : log_scan_text(scan));
  return Ending::ok;
}

Ending doctor_policy(const DoctorFlags& flags) {
  const FailureMix mix = mix_of_input(input_of(flags.file));
  if (mix.sorts().empty()) throw trouble("there is no failure in it that a pipeline could answer");
  fmt::print("{}", policy_text(mix));
  return Ending::ok;
}

Ending doctor_repro(const DoctorFlags& flags) {
  constexpr std::size_t most_records = 1000;  // a story of more is no longer one that somebody reads
  std::vector<HttpResponse> answers = answers_of(input_of(flags.file));
  const bool cut = answers.size() > most_records;
  if (cut) answers.resize(most_records);
  Reproduction made = reproduce(diagnoses_of(answers));
  if (cut) made.left_out.push_back("what comes after the first " + std::to_string(most_records) + " records");
  for (const std::string& line : made.left_out) fmt::print(stderr, "ductile: left out: {}\n", line);
  if (made.scenario.empty()) throw trouble("nothing of it can be written as a scenario of the mock");
  fmt::print("{}", made.scenario);
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
