// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>        // Billed
#include <ductile/core/now.hpp>         // WallTime
#include <ductile/core/transport.hpp>   // header
#include <ductile/core/verdict.hpp>     // Duration
#include <ductile/gemini/failures.hpp>  // FailureRow, find_failure
#include <ductile/mock/detail/seconds.hpp>
#include <ductile/mock/dice.hpp>       // Dice
#include <ductile/mock/exchange.hpp>   // Answer, Request
#include <ductile/mock/journal.hpp>    // Entry, Journal
#include <ductile/mock/key_check.hpp>  // form_of_key, KeyForm
#include <ductile/mock/model_pages.hpp>
#include <ductile/mock/models.hpp>           // find_served_model
#include <ductile/mock/price.hpp>            // price_of
#include <ductile/mock/quota.hpp>            // Quota
#include <ductile/mock/reply.hpp>            // find_row, lay_fault, quota_reply, reply
#include <ductile/mock/request_check.hpp>    // Asked, check_request, Refusal, Terms
#include <ductile/mock/route.hpp>            // key_of, read_route, wanted_row
#include <ductile/mock/scenario.hpp>         // Scenario
#include <ductile/mock/scene.hpp>            // Scene
#include <ductile/mock/service.hpp>          // Service, Settled
#include <ductile/mock/shared_capacity.hpp>  // SharedCapacity
#include <ductile/mock/switches.hpp>         // Switches
#include <ductile/mock/verdict/client_verdict.hpp>
#include <ductile/mock/verdict/judge.hpp>       // Judge
#include <ductile/mock/verdict/signatures.hpp>  // Signatures

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

struct EngineOptions {
  Scenario scenario{};
  std::uint64_t seed = 1;  ///< Which day it is, until a scenario has a seed of its own.
  WallTime start{};        ///< The service's time at the start; episodes count from it.

  /// Keys that share a project, and with it a quota, beside those of the scenario. A key that is not named is a project of its own.
  std::map<std::string, std::string, std::less<>> projects{};

  // What the service has instead of the scenario's, whichever that is.
  std::optional<Tier> tier{};
  std::optional<bool> count_failures{};
  std::optional<bool> lying_retry_info{};
  std::optional<SharedCapacity> shared_capacity{};

  /// Only keys of the service's own forms, and those that share a project, are keys. Else a word of a test's own is one, too.
  bool strict_keys = false;
};

/// The service without socket and clock: takes a request and a moment, says what the answer is and how long it takes.
///
/// One request may ask for a row of the catalogue, by the header `x-ductile-scenario: ID`, the key `scenario-ID` or the query
/// `scenario=ID`: it gets that row at once, whatever else would have been said, and it counts nowhere. The rest goes its way through the
/// key, the model's name, the request's form, the quota, what the scenario has written down, and the service's nature.
///
/// Same seed, same requests in the same order at the same moments: same bytes.
///
/// Threads  Any number. The pictures are drawn outside the lock.
/// Cost     Memory is bounded: of the jobs, projects and pictures of long ago, each beyond some 10000, it is forgotten that they were.
class Engine {
 public:
  explicit Engine(EngineOptions options)
      : options_(std::move(options)), service_(with_own(options_.scenario), options_.seed, options_.start) {}

  /// The answer to `request` that arrives at `now`.
  [[nodiscard]] Answer answer(const Request& request, WallTime now) {
    Scene scene{.path = request.path, .seed = seed(), .time = now};
    const Route route = read_route(request, scene);
    // A path of nobody's is not answered by the row, or a redirect to it would never end.
    const std::string_view wanted = route == Route::nowhere ? std::string_view{} : wanted_row(request);
    const std::string_view key = key_of(request);
    const std::string project = project_of(key);
    Entry entry{.time = now,
                .method = scene.method,
                .model = scene.model,
                .key = hashed(key),
                .project = Dice::hash(project),
                .request = route == Route::generate ? Dice::hash(request.body) : 0,
                .time_left = time_left(request)};

    Answer given = !wanted.empty() ? on_demand(wanted, request, route, scene) : serve(request, route, scene, entry, project);
    entry.id = given.id;
    entry.status = given.fault == ByteFault::reset_before_head || given.fault == ByteFault::close_before_head ||
                           given.fault == ByteFault::silence || given.fault == ByteFault::garbage
                       ? 0
                       : given.status;
    entry.asked_for = !wanted.empty();
    entry.latency = given.latency + given.between * (given.pieces.empty() ? 0 : given.pieces.size() - 1);
    entry.silent = given.fault == ByteFault::silence || given.fault == ByteFault::stall;
    entry.image_given = given.usage.images > 0;
    entry.price = price(given, scene, entry.image_wanted);
    const std::scoped_lock lock{mutex_};
    if (given.picture != 0) signatures_.give(given.picture, given.signature);
    if (!header(request.headers, "x-ductile-explain").empty()) explain(entry, given);
    given.run = run_;
    given.number = journal_.add(std::move(entry));
    judge_.see(journal_.entries().back());
    return given;
  }

  /// Says that the client broke off before it had that answer: it knows nothing of it.
  void client_left(const Answer& given) {
    const std::scoped_lock lock{mutex_};
    if (const Entry* entry = entry_of(given)) judge_.left(*entry);
  }

  /// Says that the client has borne that answer, which is silence, for so long.
  void client_held(const Answer& given, Duration silence) {
    const std::scoped_lock lock{mutex_};
    if (const Entry* entry = entry_of(given)) judge_.held(*entry, silence);
  }

  /// What can be said about the client, if its run is over now.
  [[nodiscard]] ClientVerdict verdict() const {
    const std::scoped_lock lock{mutex_};
    return judge_.verdict();
  }

  /// Whether any patience gets an image for this prompt in these words, without safety settings: the truth that a client's result is
  /// measured against. A scenario may give the first few prompts their parts when they are first asked for: so ask after the run.
  [[nodiscard]] bool makeable(std::string_view prompt) const {
    const std::scoped_lock lock{mutex_};
    return service_.makeable(Dice::hash(prompt));
  }

  /// A copy of the journal as it stands.
  [[nodiscard]] Journal journal() const {
    const std::scoped_lock lock{mutex_};
    return journal_;
  }

  /// The same with its latest `count` requests alone.
  [[nodiscard]] Journal journal(std::size_t count) const {
    const std::scoped_lock lock{mutex_};
    return journal_.last(count);
  }

  [[nodiscard]] std::vector<Quota::Usage> quota_usage(WallTime now) {
    const std::scoped_lock lock{mutex_};
    return service_.quota().usage(now);
  }

  [[nodiscard]] Tier tier() const {
    const std::scoped_lock lock{mutex_};
    return service_.quota().tier();
  }

  [[nodiscard]] Scenario scenario() const {
    const std::scoped_lock lock{mutex_};
    return service_.scenario();
  }

  /// The seed that it plays with now.
  [[nodiscard]] std::uint64_t seed() const {
    const std::scoped_lock lock{mutex_};
    return service_.seed();
  }

  /// The seed that it was started with, for scenarios that have none of their own.
  [[nodiscard]] std::uint64_t own_seed() const noexcept { return options_.seed; }

  /// The state that the story is in.
  [[nodiscard]] std::string state() const {
    const std::scoped_lock lock{mutex_};
    return service_.story().state();
  }

  /// Lets the story enter that state at once.
  void enter(std::string state) {
    const std::scoped_lock lock{mutex_};
    service_.story().enter(std::move(state));
  }

  /// Turns what `change` turns of the switches. What was asked before is not forgotten, and the scenario goes on.
  template <class Change>
  void turn(const Change& change) {
    const std::scoped_lock lock{mutex_};
    change(service_.switches());
  }

  /// The calls that each image model could begin at `now`; empty where the projects share no capacity.
  [[nodiscard]] std::map<std::string, double> capacity_left(WallTime now) const {
    const std::scoped_lock lock{mutex_};
    return service_.capacity_left(now);
  }

  /// `scenario` with what this service was started with in place of it, except the members for which `named(member)` holds.
  template <class Named>
  [[nodiscard]] Scenario with_own(Scenario scenario, const Named& named) const {
    if (options_.tier && !named("tier")) scenario.tier = *options_.tier;
    Switches& switches = scenario.switches;
    if (options_.count_failures && !named("count_failures")) switches.count_failures = *options_.count_failures;
    if (options_.lying_retry_info && !named("lying_retry_info")) switches.lying_retry_info = options_.lying_retry_info;
    if (options_.shared_capacity && !named("shared_capacity")) switches.shared_capacity = options_.shared_capacity;
    return scenario;
  }

  /// Empties every quota window.
  void refill_quota() {
    const std::scoped_lock lock{mutex_};
    service_.quota().refill();
  }

  /// Forgets everything that was asked; the scenario begins anew at `now`.
  void reset(WallTime now) {
    const std::scoped_lock lock{mutex_};
    begin(service_.scenario(), now);
  }

  /// Puts another scenario in place of this one; it begins at `now`, and everything that was asked is forgotten.
  void play(Scenario scenario, WallTime now) {
    const std::scoped_lock lock{mutex_};
    begin(std::move(scenario), now);
  }

 private:
  static constexpr Duration least_server_timeout = std::chrono::seconds{10};

  static std::uint64_t hashed(std::string_view key) { return key.empty() ? 0 : Dice{Dice::hash(key)}.bits(); }

  [[nodiscard]] Scenario with_own(Scenario scenario) const {
    return with_own(std::move(scenario), [](std::string_view) { return false; });
  }

  void begin(Scenario scenario, WallTime now) {
    service_ = Service{std::move(scenario), options_.seed, now};
    ++run_;
    journal_ = Journal{};
    judge_ = Judge{};
    signatures_ = Signatures{};
  }

  // Null for an answer that was given before everything was forgotten.
  [[nodiscard]] const Entry* entry_of(const Answer& given) const { return given.run == run_ ? journal_.find(given.number) : nullptr; }

  [[nodiscard]] std::optional<std::string> shared_project(std::string_view key) const {
    if (const auto found = options_.projects.find(key); found != options_.projects.end()) return found->second;
    const std::scoped_lock lock{mutex_};
    const auto& projects = service_.scenario().projects;
    const auto found = projects.find(key);
    return found != projects.end() ? std::optional{found->second} : std::nullopt;
  }

  [[nodiscard]] std::string project_of(std::string_view key) const { return shared_project(key).value_or(std::to_string(hashed(key))); }

  [[nodiscard]] bool is_a_key(std::string_view key) const {
    const KeyForm form = form_of_key(key);
    if (form == KeyForm::broken) return false;
    return form != KeyForm::stand_in || !options_.strict_keys || shared_project(key).has_value();
  }

  // --- a row on demand

  static Answer on_demand(std::string_view id, const Request& request, Route route, Scene scene) {
    // What the request says still decides how the picture looks; a body that makes no sense asks for the usual.
    const auto known = find_served_model(scene.model);
    const ServedModel generous{"any", "any", gemini::find_model("gemini-3.1-flash-image")};  // takes every ratio and size
    const Terms terms{.counts_tokens = route == Route::count_tokens};
    auto checked = check_request(request.body, known.value_or(generous), terms);
    if (std::holds_alternative<Refusal>(checked)) checked = check_request(request.body, generous, terms);
    const auto* asked = std::get_if<Asked>(&checked);
    if (asked) put(*asked, scene);
    if (id == "continuation" && asked && asked->continues) id = "ok-text-image";  // what was still to come
    if (id.starts_with("ok-")) {
      if (route == Route::count_tokens) return tokens_counted(scene);
      if (route == Route::list_models) return models_listed(request, scene);
      if (route == Route::get_model) return model_shown(known.value_or(ServedModel{scene.model, scene.model}), scene);
    }
    if (scene.method.empty()) scene.method = "generateContent";
    return reply(id, scene);
  }

  static void put(const Asked& asked, Scene& scene) {
    scene.prompt = asked.prompt;
    scene.size = asked.size;
    scene.ratio = asked.ratio;
    scene.service_tier = asked.service_tier;
    scene.prompt_tokens = asked.tokens;
  }

  // --- the service's own way

  Answer serve(const Request& request, Route route, Scene& scene, Entry& entry, const std::string& project) {
    if (route == Route::nowhere) return reply("path-not-found-html", scene);
    const std::string_view key = key_of(request);
    if (key.empty()) return reply("key-missing", scene);
    if (!is_a_key(key)) return reply("api-key-invalid", scene);
    switch (route) {
      case Route::list_models: return models_listed(request, scene);
      case Route::get_batch: return reply("entity-not-found", scene);  // there are none
      case Route::batch: return reply(tier().free() ? "precondition-check-failed" : "unimplemented-501", scene);
      case Route::openai:
        return reply(form_of_key(key) == KeyForm::authorization ? "access-token-type-unsupported" : "unimplemented-501", scene);
      default: break;
    }
    const auto known = find_served_model(scene.model);
    if (!known) return reply("model-not-found", scene);
    if (route == Route::get_model) return model_shown(*known, scene);
    if (known->gone(scene.time)) return reply(known->listed() ? "model-retired-listed" : "model-not-found", scene);
    if (const auto limit = entry.time_left; limit && *limit < least_server_timeout) {
      scene.message = "Manually set deadline " + duration_text(*limit) + " is too short. Minimum allowed deadline is 10s.";
      return reply("deadline-too-short", scene);
    }

    const auto checked =
        check_request(request.body, *known, {.version = scene.version, .time = scene.time, .counts_tokens = route == Route::count_tokens});
    if (const auto* refusal = std::get_if<Refusal>(&checked)) {
      entry.lost_signature = refusal->id == "thought-signature-missing";
      scene.message = refusal->message;
      scene.violations = refusal->violations;
      if (route == Route::generate) count_refused(project, scene);
      return reply(refusal->id, scene);
    }
    const Asked& asked = std::get<Asked>(checked);
    put(asked, scene);
    if (route == Route::count_tokens) return tokens_counted(scene);
    entry.job = Dice::hash(asked.prompt);
    entry.image_wanted = asked.image;
    entry.lost_signature = belied(asked.returned);
    return generate(asked, scene, entry, project);
  }

  void count_refused(const std::string& project, const Scene& scene) {
    const std::scoped_lock lock{mutex_};
    service_.count_refused(project, scene);
  }

  // Says in the answer which episode gave it, or why none did.
  static void explain(const Entry& entry, Answer& given) {
    if (entry.episode) given.headers.push_back({"x-ductile-episode", std::to_string(*entry.episode)});
    if (!entry.near_miss.empty()) given.headers.push_back({"x-ductile-near-miss", entry.near_miss});
  }

  // It is settled under the lock; the bytes are made after it.
  Answer generate(const Asked& asked, Scene& scene, Entry& entry, const std::string& project) {
    Settled settled = settle(asked, scene, entry, project);
    scene.harm = settled.harm;
    scene.call = settled.call;
    Answer given = settled.quota ? quota_reply(settled.id, *settled.quota, scene) : reply(settled.id, scene);
    if (settled.fault) lay_fault(*settled.fault, given);
    if (settled.latency) given.latency = *settled.latency;
    if (settled.own_latency) given.at_least = {};
    if (settled.quota && settled.quota->hint)
      entry.hint = std::chrono::floor<std::chrono::seconds>(*settled.quota->hint);
    else if (const Row* said = find_row(settled.id))
      entry.hint = hint_of(*said);
    entry.episode = settled.episode;
    entry.near_miss = std::move(settled.near_miss);
    if (given.streamed) given.between = std::chrono::milliseconds{50};
    return given;
  }

  Settled settle(const Asked& asked, const Scene& scene, const Entry& entry, const std::string& project) {
    const std::scoped_lock lock{mutex_};
    return service_.settle(asked, scene, entry.job, project, entry.time_left);
  }

  // The wait that a row asks for in its RetryInfo; zero: none.
  static Duration hint_of(const Row& row) {
    constexpr std::string_view name = "\"retryDelay\": \"";
    const std::size_t at = row.details.find(name);
    if (at == row.details.npos) return {};
    double count = 0;
    (void)std::from_chars(row.details.data() + at + name.size(), row.details.data() + row.details.size(), count);
    return std::chrono::floor<std::chrono::seconds>(detail::from_seconds(count));
  }

  // What the client says in X-Server-Timeout; none where it says nothing that makes sense.
  static std::optional<Duration> time_left(const Request& request) {
    const std::string_view text = header(request.headers, "x-server-timeout");
    double limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc{} || end != text.data() + text.size() || !(limit > -1e6 && limit < 1e6)) return std::nullopt;
    return detail::from_seconds(limit);
  }

  // The price of an answer: nothing where nothing is billed, as on a free tier.
  [[nodiscard]] Price price(const Answer& given, const Scene& scene, bool image_wanted) const {
    const gemini::FailureRow* failure = gemini::find_failure(given.id);
    const bool made = failure || given.usage.input_tokens > 0;  // a page, a count of tokens: for nothing
    Usage usage = given.usage;
    usage.input_tokens = scene.prompt_tokens;
    return price_of(scene.model, scene.size, usage, image_wanted,
                    !made || tier().free() ? Billed::no
                    : failure              ? failure->billed
                                           : Billed::yes);
  }

  [[nodiscard]] bool belied(const std::vector<ReturnedPicture>& returned) const {
    const std::scoped_lock lock{mutex_};
    return std::any_of(returned.begin(), returned.end(),
                       [this](const ReturnedPicture& each) { return signatures_.belies(each.picture, each.signature); });
  }

  const EngineOptions options_;
  mutable std::mutex mutex_;
  Service service_;
  std::uint64_t run_ = 1;  // since when nothing was forgotten
  Journal journal_;
  Judge judge_;
  Signatures signatures_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
