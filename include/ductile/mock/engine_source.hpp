// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>        // Billed
#include <ductile/core/now.hpp>         // WallTime
#include <ductile/core/transport.hpp>   // header
#include <ductile/core/verdict.hpp>     // Duration
#include <ductile/gemini/failures.hpp>  // FailureRow, find_failure
#include <ductile/mock/detail/seconds.hpp>
#include <ductile/mock/dice.hpp>  // Dice
#include <ductile/mock/engine.hpp>
#include <ductile/mock/exchange.hpp>   // Answer, Request
#include <ductile/mock/journal.hpp>    // Entry, Journal
#include <ductile/mock/key_check.hpp>  // form_of_key, hash_of_key, KeyForm, name_of_key
#include <ductile/mock/model_pages.hpp>
#include <ductile/mock/models.hpp>           // find_served_model
#include <ductile/mock/price.hpp>            // price_of
#include <ductile/mock/query_check.hpp>      // check_query
#include <ductile/mock/quota.hpp>            // Quota
#include <ductile/mock/reply.hpp>            // find_row, lay_fault, quota_reply, reply
#include <ductile/mock/request_check.hpp>    // Asked, check_request, Refusal, Terms
#include <ductile/mock/route.hpp>            // key_of, read_route, token_of, wanted_row
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
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

class Engine::Serving {
 public:
  explicit Serving(EngineOptions given)
      : options(std::move(given)),
        service(with_own(options.scenario, [](std::string_view) { return false; }), options.seed, options.start) {}

  static std::uint64_t hashed(std::string_view key) { return key.empty() ? 0 : hash_of_key(key); }

  [[nodiscard]] Scenario with_own(Scenario scenario, const std::function<bool(std::string_view)>& named) const {
    if (options.tier && !named("tier")) scenario.tier = *options.tier;
    Switches& switches = scenario.switches;
    if (options.count_failures && !named("count_failures")) switches.count_failures = *options.count_failures;
    if (options.lying_retry_info && !named("lying_retry_info")) switches.lying_retry_info = options.lying_retry_info;
    if (options.shared_capacity && !named("shared_capacity")) switches.shared_capacity = options.shared_capacity;
    return scenario;
  }

  void begin(Scenario scenario, WallTime now) {
    service = Service{std::move(scenario), options.seed, now};
    ++run;
    journal = Journal{};
    judge = Judge{};
    signatures = Signatures{};
  }

  // Null for an answer that was given before everything was forgotten.
  [[nodiscard]] const Entry* entry_of(const Answer& given) const { return given.run == run ? journal.find(given.number) : nullptr; }

  [[nodiscard]] std::optional<std::string> shared_project(std::string_view key) const {
    if (const auto found = options.projects.find(key); found != options.projects.end()) return found->second;
    const std::scoped_lock lock{mutex};
    const auto& projects = service.scenario().projects;
    auto found = projects.find(key);
    if (found == projects.end()) found = projects.find(name_of_key(key));
    return found != projects.end() ? std::optional{found->second} : std::nullopt;
  }

  [[nodiscard]] std::string project_of(std::string_view key) const { return shared_project(key).value_or(std::to_string(hashed(key))); }

  [[nodiscard]] bool is_a_key(std::string_view key) const {
    const KeyForm form = form_of_key(key);
    if (form == KeyForm::broken) return false;
    return form != KeyForm::stand_in || !options.strict_keys || shared_project(key).has_value();
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
    if (key.empty()) return reply(token_of(request).empty() ? "key-missing" : "access-token-type-unsupported", scene);
    if (!is_a_key(key)) return reply("api-key-invalid", scene);
    if (auto refusal = check_query(request, route)) {
      scene.message = std::move(refusal->message);
      scene.violations = std::move(refusal->violations);
      return reply(refusal->id, scene);
    }
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
      entry.lost_signature = drawn_here(refusal->unsigned_pictures);
      scene.message = refusal->message;
      scene.violations = refusal->violations;
      if (route == Route::generate) count_refused(project, scene);
      return reply(refusal->id, scene);
    }
    const Asked& asked = std::get<Asked>(checked);
    put(asked, scene);
    if (route == Route::count_tokens) return tokens_counted(scene);
    entry.job = asked.contents;
    entry.chat = asked.before;
    entry.image_wanted = asked.image;
    entry.lost_signature = belied(asked.returned);
    return generate(asked, scene, entry, project);
  }

  void count_refused(const std::string& project, const Scene& scene) {
    const std::scoped_lock lock{mutex};
    service.count_refused(project, scene);
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
    const std::scoped_lock lock{mutex};
    return service.settle(asked, scene, {.job = Dice::hash(asked.prompt)}, project, entry.time_left);
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

  [[nodiscard]] Tier tier() const {
    const std::scoped_lock lock{mutex};
    return service.quota().tier();
  }

  [[nodiscard]] bool belied(const std::vector<ReturnedPicture>& returned) const {
    const std::scoped_lock lock{mutex};
    return std::any_of(returned.begin(), returned.end(),
                       [this](const ReturnedPicture& each) { return signatures.belies(each.picture, each.signature); });
  }

  [[nodiscard]] bool drawn_here(const std::vector<std::uint64_t>& pictures) const {
    const std::scoped_lock lock{mutex};
    return std::any_of(pictures.begin(), pictures.end(), [this](std::uint64_t each) { return signatures.given(each); });
  }

  const EngineOptions options;
  mutable std::mutex mutex;
  Service service;
  std::uint64_t run = 1;  // since when nothing was forgotten
  Journal journal;
  Judge judge;
  Signatures signatures;

 private:
  static constexpr Duration least_server_timeout = std::chrono::seconds{10};
};

// NOLINTBEGIN(misc-definitions-in-headers): meant for one unit
Engine::Engine(EngineOptions options) : serving_(std::make_unique<Serving>(std::move(options))) {}
Engine::~Engine() = default;

Answer Engine::answer(const Request& request, WallTime now) {
  Scene scene{.path = request.path, .seed = seed(), .time = now};
  const Route route = read_route(request, scene);
  // A path of nobody's is not answered by the row, or a redirect to it would never end.
  const std::string_view wanted = route == Route::nowhere ? std::string_view{} : wanted_row(request);
  const std::string_view key = key_of(request);
  const std::string project = serving_->project_of(key);
  Entry entry{.time = now,
              .method = scene.method,
              .model = scene.model,
              .key = Serving::hashed(key),
              .project = Dice::hash(project),
              .request = route == Route::generate ? Dice::hash(request.body) : 0,
              .time_left = Serving::time_left(request)};

  Answer given =
      !wanted.empty() ? Serving::on_demand(wanted, request, route, scene) : serving_->serve(request, route, scene, entry, project);
  entry.id = given.id;
  entry.status = shows_status(given.fault) ? given.status : 0;
  entry.asked_for = !wanted.empty();
  entry.latency = given.latency + given.between * (given.pieces.empty() ? 0 : given.pieces.size() - 1);
  entry.silent = given.fault == ByteFault::silence || given.fault == ByteFault::stall;
  entry.image_given = given.usage.images > 0;
  entry.price = serving_->price(given, scene, entry.image_wanted);
  const std::scoped_lock lock{serving_->mutex};
  if (given.picture != 0) serving_->signatures.give(given.picture, given.signature);
  if (!header(request.headers, "x-ductile-explain").empty()) Serving::explain(entry, given);
  given.run = serving_->run;
  given.number = serving_->journal.add(std::move(entry));
  serving_->judge.see(serving_->journal.entries().back());
  return given;
}

void Engine::client_left(const Answer& given) {
  const std::scoped_lock lock{serving_->mutex};
  if (const Entry* entry = serving_->entry_of(given)) serving_->judge.left(*entry);
}

void Engine::client_held(const Answer& given, Duration silence) {
  const std::scoped_lock lock{serving_->mutex};
  if (const Entry* entry = serving_->entry_of(given)) serving_->judge.held(*entry, silence);
}

ClientVerdict Engine::verdict() const {
  const std::scoped_lock lock{serving_->mutex};
  return serving_->judge.verdict();
}

bool Engine::makeable(std::string_view prompt) const {
  const std::scoped_lock lock{serving_->mutex};
  return serving_->service.makeable(Dice::hash(prompt));
}

Journal Engine::journal() const {
  const std::scoped_lock lock{serving_->mutex};
  return serving_->journal;
}

Journal Engine::journal(std::size_t count) const {
  const std::scoped_lock lock{serving_->mutex};
  return serving_->journal.last(count);
}

std::vector<Quota::Usage> Engine::quota_usage(WallTime now) {
  const std::scoped_lock lock{serving_->mutex};
  return serving_->service.quota().usage(now);
}

Tier Engine::tier() const { return serving_->tier(); }

Scenario Engine::scenario() const {
  const std::scoped_lock lock{serving_->mutex};
  return serving_->service.scenario();
}

std::uint64_t Engine::seed() const {
  const std::scoped_lock lock{serving_->mutex};
  return serving_->service.seed();
}

std::uint64_t Engine::own_seed() const noexcept { return serving_->options.seed; }

const std::map<std::string, std::string, std::less<>>& Engine::own_projects() const noexcept { return serving_->options.projects; }

std::string Engine::state() const {
  const std::scoped_lock lock{serving_->mutex};
  return serving_->service.story().state();
}

void Engine::enter(std::string state) {
  const std::scoped_lock lock{serving_->mutex};
  serving_->service.story().enter(std::move(state));
}

void Engine::turn(const std::function<void(Switches&)>& change) {
  const std::scoped_lock lock{serving_->mutex};
  change(serving_->service.switches());
}

std::map<std::string, double> Engine::capacity_left(WallTime now) const {
  const std::scoped_lock lock{serving_->mutex};
  return serving_->service.capacity_left(now);
}

Scenario Engine::with_own(Scenario scenario, const std::function<bool(std::string_view member)>& named) const {
  return serving_->with_own(std::move(scenario), named);
}

void Engine::refill_quota() {
  const std::scoped_lock lock{serving_->mutex};
  serving_->service.quota().refill();
}

void Engine::reset(WallTime now) {
  const std::scoped_lock lock{serving_->mutex};
  serving_->begin(serving_->service.scenario(), now);
}

void Engine::play(Scenario scenario, WallTime now) {
  const std::scoped_lock lock{serving_->mutex};
  serving_->begin(std::move(scenario), now);
}
// NOLINTEND(misc-definitions-in-headers)

}  // namespace ductile::inline DUCTILE_VERSION::mock
