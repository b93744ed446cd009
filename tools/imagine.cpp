// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "maker.hpp"

#include <ductile/core/clock.hpp>      // ScaledClock
#include <ductile/core/now.hpp>        // Now
#include <ductile/core/transport.hpp>  // StopView, TransportLimits, TransportResult
#include <ductile/gemini/api_key.hpp>  // ApiKey
#include <ductile/gemini/models.hpp>
#include <ductile/gemini/resilient.hpp>        // client_options_from_environment, image_targets, resilient, ResilientOptions
#include <ductile/mock/admin.hpp>              // Admin
#include <ductile/mock/engine.hpp>             // Engine
#include <ductile/mock/server.hpp>             // Server
#include <ductile/mock/service_clock.hpp>      // ServiceClock
#include <ductile/tools/day_seen.hpp>          // day_seen
#include <ductile/tools/duration_text.hpp>     // duration_text, parse_duration
#include <ductile/tools/environment_keys.hpp>  // key_of_variable
#include <ductile/tools/image_folder.hpp>      // ImageFolder
#include <ductile/tools/joined_mock.hpp>       // join_mock
#include <ductile/tools/progress.hpp>          // Progress
#include <ductile/tools/progress_lines.hpp>    // Canvas, progress_lines
#include <ductile/tools/prompts.hpp>           // job_defaults, jobs_of
#include <ductile/tools/report.hpp>            // job_json, report_text, RunFacts, totals_json
#include <ductile/tools/run_jobs.hpp>          // JobRun
#include <ductile/tools/screen.hpp>            // Screen, telling_for
#include <ductile/tools/stop_flag.hpp>         // StopAfterGrace, StopFlag
#include <ductile/tools/summary.hpp>           // summary_lines
#include <ductile/tools/target_flags.hpp>      // model_doubt, parse_targets, require_base_url
#include <ductile/tools/whole_file.hpp>        // require_writable, write_whole_file
#include <ductile/transports/httplib.hpp>      // HttplibTransport

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace ductile::tools {

namespace {

using namespace std::chrono_literals;

constexpr double mock_time_scale = 60;  // a bad day's hour in a minute
constexpr Duration shortest_deadline = 1s;
constexpr Duration longest_deadline = 24h * 30;

// Who is asked, and by whose clock.
struct Service {
  gemini::ClientOptions client{};
  std::vector<Target> targets{};
  std::unique_ptr<mock::Server> inside{};  // null: another program, or the service itself
  std::optional<double> time_scale{};      // none: the computer's time
  WallTime now{};
};

// What one exchange is broken off by: not the flag itself, but the flag and a little time. Tells the progress what was received.
class GracefulTransport {
 public:
  explicit GracefulTransport(Progress& progress) : progress_(progress) {}

  [[nodiscard]] TransportResult send(const HttpRequest& request, const TransportLimits& limits) {
    TransportLimits patient = limits;
    patient.stop = StopView{stop_};
    TransportResult result = transport_.send(request, patient);
    progress_.received(std::visit([](const auto& received) { return received.status; }, result));
    return result;
  }

 private:
  Progress& progress_;
  HttplibTransport transport_;
  StopAfterGrace stop_;
};

// A thread for each job under way.
class ThreadsMaker final : public Maker {
 public:
  explicit ThreadsMaker(const MakerParts& parts)
      : clock_(parts.clock),
        transport_(parts.progress),
        client_(gemini::resilient(transport_, parts.client, parts.options, parts.progress)) {}

  std::string problem() const override { return client_.client().problem(); }
  Time rests_until(unsigned target) override { return client_.rests().until(target); }
  void run(JobRun& run) override {
    const StopFlag stop;
    run.run([&](const gemini::ImageRequest& request, const CallOptions& call) { return client_.generate(request, call, stop, clock_); });
  }

 private:
  ScaledClock& clock_;
  GracefulTransport transport_;
  gemini::ResilientClient<GracefulTransport, Progress> client_;
};

Duration deadline_of(const std::string& text) {
  const auto deadline = parse_duration(text);
  if (!deadline || *deadline < shortest_deadline || *deadline > longest_deadline)
    throw misuse("--deadline must be from 1s to 30d, with its unit, such as 90s, 10m, 1h30m; it is '" + text + "'");
  return *deadline;
}

std::vector<std::string> urls_of(const Service& service) {
  std::set<std::string> urls;
  for (const Target& target : service.targets) urls.insert(target.base_url.empty() ? service.client.base_url : target.base_url);
  return {urls.begin(), urls.end()};
}

Service service_of(const ImagineFlags& flags) {
  Service service{.client = gemini::client_options_from_environment(),
                  .targets = flags.targets.empty() ? gemini::image_targets() : parse_targets(flags.targets)};
  const std::string default_url = gemini::ClientOptions{}.base_url;
  if (!flags.base_url.empty()) {
    require_base_url("--base-url", flags.base_url);
    service.client.base_url = flags.base_url;
  }
  if (!flags.key_env.empty()) service.client.api_key = key_of_variable(flags.key_env);
  const bool own_url =
      !flags.base_url.empty() || service.client.base_url != default_url ||
      std::any_of(service.targets.begin(), service.targets.end(), [](const Target& target) { return !target.base_url.empty(); });
  const bool wants_mock = !flags.scenario.empty() || flags.seed || !flags.tier.empty() || !flags.mock_journal.empty();
  if (wants_mock && own_url) throw misuse("--scenario, --seed, --tier and --mock-journal are for the mock inside, which no URL leads to");

  if (wants_mock || (!own_url && service.client.api_key.empty())) {
    const double scale = flags.time_scale.value_or(mock_time_scale);
    mock::ServerOptions options{.scenario = flags.scenario.empty() ? "bad-day" : flags.scenario, .seed = flags.seed, .time_scale = scale};
    if (!flags.tier.empty()) options.tier = flags.tier;
    for (const Target& target : service.targets)
      if (!gemini::find_model(target.model)) throw misuse("--target: " + model_doubt(target));
    service.inside = std::make_unique<mock::Server>(options);
    service.client.base_url = service.inside->url();
    service.client.api_key = gemini::ApiKey{"a-key-for-the-mock"};
    service.time_scale = scale;
    service.now = service.inside->clock().now();
    return service;
  }

  if (service.client.api_key.empty())
    throw misuse("there is no key: put it into the environment variable GEMINI_API_KEY, or name another one with --key-env");
  if (const auto problem = service.client.api_key.problem(); !problem.empty()) throw misuse(std::string{problem});
  for (const Target& target : service.targets) {
    const std::string doubt = model_doubt(target);
    if (doubt.empty()) continue;
    const bool is_googles = target.base_url.empty() && service.client.base_url == default_url;
    if (is_googles && !gemini::find_model(target.model)) throw misuse("--target: " + doubt);
    fmt::print(stderr, "ductile: warning: --target: {}; trying it\n", doubt);  // a gateway may have models of its own
  }
  service.now = Now{}.wall();
  if (flags.time_scale) {
    HttplibTransport transport;
    for (const std::string& url : urls_of(service)) {
      if (url == default_url) throw misuse("--time-scale joins a ductile mock, and " + url + " is none");
      service.now = join_mock(transport, url, *flags.time_scale);
    }
    service.time_scale = flags.time_scale;
  }
  return service;
}

// "10:07:32": the service's own time (UTC) where the run has joined a mock, else the user's.
std::string time_of_day(WallTime wall, bool utc) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(wall));
  std::tm parts{};
  utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts);
  return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string begin_line(const Service& service, const ImagineFlags& flags, unsigned concurrency, std::size_t jobs) {
  std::string targets;
  for (const Target& target : service.targets) targets += (targets.empty() ? "" : " -> ") + target.name + "=" + target.model;
  std::string text = fmt::format("{} {}, {} at once{}, {} each: {}", jobs, jobs == 1 ? "job" : "jobs", concurrency,
                                 flags.async ? " in one thread" : "", flags.deadline, targets);
  if (service.inside)
    text += fmt::format("\nA mock inside stands for the service: scenario {}, seed {}, its time runs {} times as fast",
                        service.inside->engine().scenario().name, service.inside->engine().seed(), *service.time_scale);
  return text;
}

// What the mock inside was asked and what it thinks of it, what of a bad day it showed, and which prompts it would ever draw: one fact a
// line.
std::string mock_journal_text(mock::Server& server, const std::vector<Job>& jobs) {
  mock::Admin admin{server.engine(), server.clock()};
  std::string text = "{\"seen\": {";
  bool first = true;
  for (const auto& [what, count] : day_seen(server.engine().journal()))
    text += fmt::format("{}\n  \"{}\": {}", std::exchange(first, false) ? "" : ",", what, count);
  text += "\n },\n \"prompts\": [";
  first = true;
  for (const Job& job : jobs)
    text += fmt::format("{}\n  {{\"makeable\": {}, \"stem\": \"{}\"}}", std::exchange(first, false) ? "" : ",",
                        server.engine().makeable(job.prompt), job.stem);
  text += "\n ],\n \"journal\": ";
  const auto page = [&admin](const char* name) {
    return admin.answer({.method = "GET", .path = std::string{mock::Admin::prefix} + name}).body();
  };
  return text + page("requests") + " ,\n \"verdict\": " + page("verdict") + "}\n";
}

}  // namespace

Ending imagine(const ImagineFlags& flags) {
  if (flags.prompts.empty()) throw misuse("PROMPTS is missing: a file of prompts, or a prompt");
  if (flags.out.empty()) throw misuse("--out is missing: the folder for the images");
  if (!flags.report.empty() && flags.report == flags.mock_journal) throw misuse("--report and --mock-journal must be two files");
  const Duration deadline = deadline_of(flags.deadline);
  if (flags.async && !has_async_maker) throw misuse(without_async);
  const unsigned most = flags.async ? 10'000 : 256;
  const unsigned concurrency = flags.concurrency.value_or(flags.async ? 1000 : 4);
  if (concurrency < 1 || concurrency > most) throw misuse(fmt::format("--concurrency: Value {} not in range 1 to {}", concurrency, most));
  StopFlag::listen();
  const StopFlag stop;
  const JobList list = jobs_of(flags.prompts, job_defaults(flags.size, flags.ratio, flags.reword));
  Service service = service_of(flags);
  ScaledClock clock{service.time_scale.value_or(1.0), service.now};
  const ImageFolder folder{flags.out};
  if (!flags.report.empty()) require_writable(flags.report);
  if (!flags.mock_journal.empty()) require_writable(flags.mock_journal);
  for (const std::string& warning : list.warnings) fmt::print(stderr, "ductile: {}\n", warning);

  const bool scaled = service.time_scale.has_value();
  const auto face = [&](Time time) {
    const Now now = clock.now();
    return time_of_day(now.wall() + (time - now()), scaled);
  };
  Screen screen{telling_for(flags.json)};
  gemini::ResilientOptions options{.deadline = deadline, .downsize = flags.downsize};
  options.fallback.targets = service.targets;
  if (!flags.targets.empty()) options.fallback.price_ceiling = any_price;  // who names the targets has allowed what they cost
  Progress progress{service.targets, list.jobs.size(), options.breaker.open_for, face,
                    [&](const std::string& line, bool ends_job) { screen.note(face(clock.now()()) + "  " + line, ends_job); }};

  service.client.pace = service.time_scale.value_or(1.0);
  const MakerParts parts{service.client, options, progress, clock, concurrency};
  const std::unique_ptr<Maker> maker = flags.async ? async_maker(parts) : std::make_unique<ThreadsMaker>(parts);
  if (const std::string problem = maker->problem(); !problem.empty()) throw misuse(problem);

  RunFacts facts{.targets = service.targets, .began = clock.now().wall(), .began_at = clock.now()(), .time_scale = service.time_scale};
  JobRun run{list.jobs,
             service.targets,
             folder,
             StopView{stop},
             progress,
             {.concurrency = flags.async ? 1 : concurrency, .deadline = deadline},
             [&](const Job& job, const JobRecord& record) { screen.json(boost::json::serialize(job_json(job, record, facts))); }};

  screen.line(begin_line(service, flags, concurrency, list.jobs.size()));
  std::atomic<bool> over{false};
  const auto picture = [&] {
    const auto [width, height] = Screen::size();
    const ProgressView view = progress.view();
    return progress_lines(view, {.width = width - 1,
                                 .height = height,
                                 .now = clock.now()(),
                                 .title = stop.stop_requested() ? "ending" : "imagine",
                                 .time_of_day = face,
                                 .rests_until = [&](unsigned target) { return maker->rests_until(target); }});
  };
  std::thread painter;
  if (screen.live())
    painter = std::thread{[&] {
      while (!over) {
        screen.draw(picture());
        std::this_thread::sleep_for(200ms);
      }
    }};
  maker->run(run);
  over = true;
  if (painter.joinable()) painter.join();
  if (screen.live()) screen.draw({});

  facts.took = clock.now()() - facts.began_at;
  facts.complete = run.complete();
  for (const std::string& line : summary_lines(list.jobs, run.records(), facts)) screen.line(line);
  screen.json(boost::json::serialize(boost::json::object{{"summary", totals_json(run.records(), facts)}}));
  if (!flags.report.empty()) write_whole_file(flags.report, report_text(list.jobs, run.records(), facts));
  if (!flags.mock_journal.empty()) write_whole_file(flags.mock_journal, mock_journal_text(*service.inside, list.jobs));
  return ending_of(run.records());
}

}  // namespace ductile::tools
