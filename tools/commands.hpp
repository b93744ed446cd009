// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/problem.hpp>  // Ending

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What the command line says, and the subcommands that do it. Each throws `Problem` or `ConfigError` when it cannot begin.
namespace ductile::tools {

struct ImagineFlags {
  std::string prompts{};
  std::string out{};
  std::string base_url{};
  std::string key_env{};
  std::vector<std::string> targets{};
  std::string deadline = "10m";
  std::optional<unsigned> concurrency{};  // 4; with `async` 1000
  bool async = false;
  std::string report{};
  std::optional<double> time_scale{};
  std::string size{};
  std::string ratio{};
  std::optional<std::uint64_t> seed{};
  std::string scenario{};
  std::string tier{};
  std::string mock_journal{};
  bool json = false;
  bool reword = false;
  bool downsize = false;
};

struct MockFlags {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string scenario = "calm";
  std::string tier{};
  std::optional<std::uint64_t> seed{};
  double time_scale = 1;
  std::string at{};
  std::optional<int> tls_port{};
  std::optional<int> goaway_port{};
  std::optional<int> proxy_port{};
  std::optional<int> full_port{};
  std::string certificate{};
  bool strict_keys = false;
  std::optional<bool> count_failures{};
  std::optional<bool> lying_retry_info{};
  std::optional<double> shared_capacity{};
  bool list = false;
  bool schema = false;
  bool fail_on_findings = false;
  bool json = false;
};

struct DoctorFlags {
  std::string file{};
  int status = 0;
  std::vector<std::string> headers{};
  std::string id{};
  std::string base_url{};
  std::string key_env{};
  std::string model = "gemini-3-pro-image";
  bool redact = false;
  bool quiet = false;
  bool json = false;
};

struct LabFlags {
  std::string scenarios{};
  std::string scenario{};
  std::string strategy{};
  std::vector<std::string> strategies{};  // none: all
  std::vector<std::string> ablations{};   // none: each alone
  std::vector<std::string> assume{};      // what of the file does not hold
  std::string seeds = "1-20";
  std::uint64_t first_seed = 1001;
  std::string out{};
  std::string log{};
  std::string options{};  // none: options.txt beside the scenarios
  bool json = false;
};

Ending imagine(const ImagineFlags& flags);
Ending mock_service(const MockFlags& flags);
Ending doctor(const DoctorFlags& flags);
Ending doctor_explain(const DoctorFlags& flags);
Ending doctor_codes(const DoctorFlags& flags);
Ending doctor_scan(const DoctorFlags& flags);
Ending doctor_policy(const DoctorFlags& flags);
Ending doctor_repro(const DoctorFlags& flags);
Ending doctor_check(const DoctorFlags& flags);
Ending lab_run(const LabFlags& flags);
Ending lab_compare(const LabFlags& flags);
Ending lab_list(const LabFlags& flags);
Ending lab_goals(const LabFlags& flags);
Ending lab_options(const LabFlags& flags);
Ending lab_ablate(const LabFlags& flags);
Ending lab_worlds(const LabFlags& flags);
Ending lab_plot(const LabFlags& flags);
Ending lab_replay(const LabFlags& flags);

}  // namespace ductile::tools
