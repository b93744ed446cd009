// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "folder_for_test.hpp"

#include <ductile/tools/whole_file.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#ifdef DUCTILE_PROGRAM

// A run of the program, its stdout and stderr in files.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {}) {
    arguments.insert(arguments.begin(), DUCTILE_PROGRAM);
    child_ = ::fork();
    if (child_ != 0) return;
    for (const char* const name : {"GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_API_VERSION"})
      ::unsetenv(name);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    for (const auto& [descriptor, file] : {std::pair{STDOUT_FILENO, out()}, std::pair{STDERR_FILENO, error()}})
      ::dup2(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), descriptor);
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    ::execv(raw[0], raw.data());
    ::_exit(127);
  }
  ~Program() {
    if (!ended_) {
      ::kill(child_, SIGKILL);
      (void)exit_status();
    }
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The exit status, or minus the signal that ended it.
  int exit_status() {
    if (ended_) return status_;
    int status = 0;
    ::waitpid(child_, &status, 0);
    ended_ = true;
    return status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  void signal(int number) const { ::kill(child_, number); }

  [[nodiscard]] std::string stdout_text() const { return ductile::tools::read_file(out()).value_or(""); }
  [[nodiscard]] std::string stderr_text() const { return ductile::tools::read_file(error()).value_or(""); }

  // Until `text` stands in stdout; false when that takes longer than the test can wait.
  [[nodiscard]] bool says(const std::string& text) const {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20}; std::chrono::steady_clock::now() < end;
         std::this_thread::sleep_for(std::chrono::milliseconds{10}))
      if (stdout_text().find(text) != std::string::npos) return true;
    return false;
  }

 private:
  [[nodiscard]] std::string out() const { return (folder_ / "out").string(); }
  [[nodiscard]] std::string error() const { return (folder_ / "error").string(); }

  FolderForTest folder_;
  pid_t child_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

#endif  // DUCTILE_PROGRAM
