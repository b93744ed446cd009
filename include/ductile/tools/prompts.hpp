// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>         // trimmed
#include <ductile/detail/nearest_word.hpp>  // nearest_word
#include <ductile/gemini/models.hpp>        // all_aspect_ratios, ImageSize, parse_image_size
#include <ductile/gemini/redact.hpp>        // shortened
#include <ductile/tools/job.hpp>            // Job, name_job
#include <ductile/tools/problem.hpp>        // misuse, trouble
#include <ductile/tools/whole_file.hpp>     // read_file

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// The list of jobs: one prompt a line, or one JSON object a line:
//
//   # A comment. Blank lines are passed over, too.
//   A red balloon over the sea
//   {"prompt": "A lighthouse", "size": "2K", "ratio": "16:9", "id": "cover", "seed": 7, "reword": true}
namespace ductile::inline DUCTILE_VERSION::tools {

/// What a job asks for that does not say itself.
struct JobDefaults {
  std::optional<gemini::ImageSize> size{};  ///< None: none.
  std::string ratio{};                      ///< Empty: none.
  bool reword = false;                      ///< May be reworded.
};

struct JobList {
  std::vector<Job> jobs;
  std::vector<std::string> warnings{};  ///< What was passed over, a line each.
};

namespace detail {

[[nodiscard]] inline gemini::ImageSize required_size(std::string_view field, const std::string& value) {
  if (const auto size = gemini::parse_image_size(value)) return *size;
  throw misuse(std::string{field} + " must be one of 512, 1K, 2K, 4K; it is '" + gemini::shortened(value, 40) + "'");
}

[[nodiscard]] inline std::string required_ratio(std::string_view field, const std::string& value) {
  std::string known;
  for (const std::string_view ratio : gemini::all_aspect_ratios) {
    if (ratio == value) return value;
    known.append(known.empty() ? "" : ", ").append(ratio);
  }
  throw misuse(std::string{field} + " must be one of " + known + "; it is '" + gemini::shortened(value, 40) + "'");
}

inline constexpr std::array<std::string_view, 6> members_of_a_job{"prompt", "size", "ratio", "id", "seed", "reword"};

inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = gemini::detail::character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

inline Job read_json_job(std::string_view line, const JobDefaults& defaults) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(line, error);
  if (error) throw misuse("this is no JSON object: " + error.message());
  const boost::json::object* const given = value.if_object();
  if (!given) throw misuse("this is no JSON object");

  Job job{.prompt = {}, .size = defaults.size, .ratio = defaults.ratio, .reword = defaults.reword};
  for (const auto& pair : *given) {
    const std::string_view name = pair.key();
    const boost::json::value& member = pair.value();
    const auto text = [&] {
      if (!member.is_string())
        throw misuse("'" + std::string{name} + "' must be a text; it is " + gemini::shortened(boost::json::serialize(member), 40));
      return std::string{member.as_string()};
    };
    if (name == "prompt") {
      job.prompt = text();
    } else if (name == "size") {
      if (!member.is_null()) job.size = required_size("'size'", text());
    } else if (name == "ratio") {
      if (!member.is_null()) job.ratio = required_ratio("'ratio'", text());
    } else if (name == "id") {
      if (job.id = text(); job.id.empty()) throw misuse("'id' must not be empty");
    } else if (name == "seed") {
      boost::system::error_code not_whole;
      const auto seed = member.to_number<std::int64_t>(not_whole);
      if (not_whole || seed < 0 || seed > std::numeric_limits<std::int32_t>::max())
        throw misuse("'seed' must be a whole number from 0 to 2147483647; it is " + gemini::shortened(boost::json::serialize(member), 40));
      job.seed = seed;
    } else if (name == "reword") {
      if (!member.is_bool()) throw misuse("'reword' must be true or false; it is " + gemini::shortened(boost::json::serialize(member), 40));
      job.reword = member.as_bool();
    } else {
      job.passed_over.push_back(gemini::shortened(name, 40));
    }
  }
  if (ductile::detail::trimmed(job.prompt).empty()) throw misuse("it has no 'prompt'");
  return job;
}

}  // namespace detail

/// The defaults of a command line's words; empty ones mean none.
///
/// Errors   `Problem` for a size or a ratio that no model of the service knows.
[[nodiscard]] inline JobDefaults job_defaults(const std::string& size, const std::string& ratio, bool reword = false) {
  JobDefaults defaults{.reword = reword};
  if (!size.empty()) defaults.size = detail::required_size("--size", size);
  if (!ratio.empty()) defaults.ratio = detail::required_ratio("--ratio", ratio);
  return defaults;
}

/// The jobs of a list. `name` is what errors call it.
///
/// Errors   `Problem` with name and line for a line that is no job, an id that is there twice, an empty list.
[[nodiscard]] inline JobList read_jobs(std::string_view text, const std::string& name, const JobDefaults& defaults = {}) {
  constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());

  JobList list;
  std::map<std::string, std::size_t> repetitions;
  std::map<std::string, std::size_t, std::less<>> lines_of_ids;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), whole.size() + 1));
    const std::string_view content = ductile::detail::trimmed(whole);
    if (content.empty() || content.front() == '#') continue;
    const std::string where = name + ":" + std::to_string(line) + ": ";
    try {
      if (!detail::is_utf8(content)) throw misuse("this is not UTF-8");
      Job job = content.front() == '{'
                    ? detail::read_json_job(content, defaults)
                    : Job{.prompt = std::string{content}, .size = defaults.size, .ratio = defaults.ratio, .reword = defaults.reword};
      for (const std::string& member : job.passed_over) {
        const std::string_view meant = ductile::detail::nearest_word(member, detail::members_of_a_job);
        list.warnings.push_back(where + "'" + member + "' is not known and is passed over" +
                                (meant.empty() ? "" : "; did you mean '" + std::string{meant} + "'?"));
      }
      job.number = list.jobs.size() + 1;
      const std::string own_id = job.id;
      name_job(job, 0);
      if (const std::size_t before = repetitions[job.mark]++; before > 0) {
        job.id = own_id;
        name_job(job, before);
      }
      if (const auto [other, is_new] = lines_of_ids.emplace(job.id, line); !is_new)
        throw misuse("the id '" + gemini::shortened(job.id, 40) + "' stands in line " + std::to_string(other->second) + ", too");
      list.jobs.push_back(std::move(job));
    } catch (const Problem& problem) {
      throw Problem{problem.ending(), where + problem.what()};
    }
  }
  if (list.jobs.empty()) throw misuse(name + ": there is no prompt in it");
  return list;
}

/// The jobs that a command line means: those of the file of that path, else the argument itself is the prompt.
///
/// An argument that looks like the path of a list (no blank in it, ends with .txt, .json or .jsonl, or holds a slash) and is no file is
/// taken for a slip, not for a prompt.
///
/// Errors   `Problem` when there is such a file and it cannot be read, and as `read_jobs`.
[[nodiscard]] inline JobList jobs_of(const std::string& argument, const JobDefaults& defaults = {}) {
  std::error_code error;
  const auto status = std::filesystem::status(argument, error);
  if (std::filesystem::is_directory(status))
    throw misuse(argument + ": this is a folder; PROMPTS is a file with a prompt a line, or a prompt itself");
  if (std::filesystem::exists(status)) {
    const auto text = read_file(argument);
    if (!text) throw trouble(argument + ": this list of prompts cannot be read");
    return read_jobs(*text, argument, defaults);
  }
  const bool one_word = argument.find_first_of(" \t\n") == std::string::npos;
  const auto ends = [&](std::string_view ending) { return std::string_view{argument}.ends_with(ending); };
  if (one_word && (ends(".txt") || ends(".json") || ends(".jsonl") || argument.find('/') != std::string::npos))
    throw misuse(argument + ": there is no such list of prompts");
  if (ductile::detail::trimmed(argument).empty()) throw misuse("the prompt is empty");
  if (!detail::is_utf8(argument)) throw misuse("the prompt is not UTF-8");

  Job job{.prompt = argument, .size = defaults.size, .ratio = defaults.ratio, .reword = defaults.reword};
  name_job(job, 0);
  return {.jobs = {std::move(job)}};
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
