// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>      // ConfigError
#include <ductile/mock/detail/json_text.hpp>  // json_text
#include <ductile/mock/detail/seconds.hpp>
#include <ductile/mock/engine.hpp>         // Engine
#include <ductile/mock/exchange.hpp>       // Answer, Request
#include <ductile/mock/key_check.hpp>      // hex_digits, name_of_key
#include <ductile/mock/models.hpp>         // find_served_model
#include <ductile/mock/pacific.hpp>        // until_pacific_midnight
#include <ductile/mock/page.hpp>           // page_for_people
#include <ductile/mock/route.hpp>          // wanted_row
#include <ductile/mock/rows.hpp>           // all_answers
#include <ductile/mock/scenario.hpp>       // scenario_names
#include <ductile/mock/scenario_json.hpp>  // read_scenario, refuse_unknown_projects, written_episode, written_scenario
#include <ductile/mock/service_clock.hpp>  // ServiceClock
#include <ductile/mock/switches.hpp>       // Switches
#include <ductile/mock/verdict/verdict_json.hpp>

#include <boost/json.hpp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock {

/// The mock's own pages, under `/_ductile/`: what a test asks and sets.
///
/// GET   health, requests (?last=50: no more than those), verdict, quota, clock, scenario, state, switches; and at `/` a page that shows
///       them to people
/// POST  scenario (a scenario file's text), state ({"state": "mended"}), switches ({"count_failures": false, ...}), clock/advance
///       ({"seconds": 60}), quota/refill, reset, makeable ({"prompts": ["..."]}).
///       Another scenario begins at once, by the clock as it stands; seed, tier and switches that the service was started with stay, unless
///       the scenario names them.
///
/// Errors   404 for other pages, 400 with a sentence for a body that makes no sense.
/// Threads  Any number.
class Admin {
 public:
  static constexpr std::string_view prefix = "/_ductile/";

  /// Whether a request is for these pages: what is asked for a row is not.
  [[nodiscard]] static bool serves(const Request& request) {
    if (std::string_view{request.path}.starts_with(prefix)) return true;
    return request.method == "GET" && request.path == "/" && wanted_row(request).empty();
  }

  Admin(Engine& engine, ServiceClock& clock) : engine_(engine), clock_(clock) {}

  [[nodiscard]] Answer answer(const Request& request) {
    if (request.path == "/") return {.content_type = "text/html; charset=utf-8", .pieces = {std::string{page_for_people}}};
    const std::string_view page = std::string_view{request.path}.substr(prefix.size());
    try {
      if (request.method == "GET") {
        if (page == "health") return shown(health());
        if (page == "requests") return shown(requests(request.query_value("last")));
        if (page == "verdict") return shown(verdict_json(engine_.verdict()));
        if (page == "quota") return shown(quota());
        if (page == "clock") return shown(clock());
        if (page == "scenario") return shown(scenario());
        if (page == "state") return shown(state());
        if (page == "switches") return shown(switches());
      } else if (request.method == "POST") {
        if (page == "scenario") {
          play(parsed(request.body));
          return shown(scenario());
        }
        if (page == "state") {
          enter(detail::text(detail::only_member(parsed(request.body), "state"), "state"));
          return shown(state());
        }
        if (page == "switches") {
          turn(parsed(request.body));
          return shown(switches());
        }
        if (page == "clock/advance") {
          clock_.advance(detail::seconds(detail::only_member(parsed(request.body), "seconds"), "seconds"));
          return shown(clock());
        }
        if (page == "quota/refill") {
          refuse_body(page, request.body);
          engine_.refill_quota();
          return shown(quota());
        }
        if (page == "reset") {
          refuse_body(page, request.body);
          engine_.reset(clock_.now());
          return shown(health());
        }
        if (page == "makeable") return shown(makeable(parsed(request.body)));
      }
    } catch (const ConfigError& error) {  // the body is wrong
      return shown({{"error", error.what()}}, 400);
    }
    return shown({{"error", "ductile mock has no page " + request.method + " " + request.path}}, 404);
  }

 private:
  using Object = boost::json::object;

  static Answer shown(const boost::json::value& body, int status = 200) {
    return {.status = status, .content_type = "application/json", .pieces = {detail::json_text(body)}};
  }

  static boost::json::value parsed(std::string_view body) { return detail::parsed(body, "the body"); }

  // What is passed over would be taken for a wish that was granted.
  static void refuse_body(std::string_view page, std::string_view body) {
    if (body.empty()) return;
    const boost::json::value given = parsed(body);
    if (!given.is_object() || !given.as_object().empty())
      throw ConfigError{std::string{page} + " takes no body, or an empty object; it is " + detail::quoted(given)};
  }

  void play(const boost::json::value& body) {
    const boost::json::object& given = detail::object(body, "the body");
    const bool own_seed = !given.contains("seed");
    const Scenario next = read_scenario(given, own_seed ? std::optional{engine_.own_seed()} : std::nullopt);
    refuse_unknown_projects(next, engine_.own_projects());
    refuse_what_never_comes(next, clock_.now());
    engine_.play(engine_.with_own(next, [&given](std::string_view member) { return given.contains(member); }), clock_.now());
  }

  void enter(std::string state) {
    const auto known = engine_.scenario();
    detail::refuse_misspelt_state(state, "state", detail::states_of(known, true));
    engine_.enter(std::move(state));
  }

  void turn(const boost::json::value& body) {
    const boost::json::object& given = detail::object(body, "the body");
    Switches tried = engine_.scenario().switches;  // wholly or not at all
    detail::read_members<Switches>(given, "switches", detail::switch_members, tried);
    engine_.turn([&](Switches& switches) { detail::read_members<Switches>(given, "switches", detail::switch_members, switches); });
  }

  Object health() {
    return {{"status", "ok"},
            {"scenario", engine_.scenario().name},
            {"tier", engine_.tier().name},
            {"seed", engine_.seed()},
            {"time_scale", clock_.scale()},
            {"now", iso_time(clock_.now())},
            {"requests", engine_.journal(0).total()}};
  }

  // Empty: all that the journal has.
  static std::size_t count(std::string_view last) {
    constexpr std::size_t most = 10'000;
    std::size_t wanted = 0;
    const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), wanted);
    const bool whole = error == std::errc{} && end == last.data() + last.size() && wanted <= most;
    if (!last.empty() && !whole) throw ConfigError{"last must be a whole number from 0 to 10000; it is \"" + std::string{last} + "\""};
    return last.empty() ? most : wanted;
  }

  Object requests(std::string_view last) {
    const Journal journal = engine_.journal(count(last));
    Object by_id;
    for (const auto& [id, count] : journal.by_id()) by_id[id] = count;
    Object by_status;
    for (const auto& [status, count] : journal.by_status()) by_status[std::to_string(status)] = count;
    boost::json::array entries;
    for (const Entry& entry : journal.entries()) {
      Object row{{"number", entry.number},
                 {"time", iso_time(entry.time)},
                 {"unix_s", detail::in_seconds(entry.time.time_since_epoch())},
                 {"method", entry.method},
                 {"model", entry.model},
                 {"id", entry.id},
                 {"status", entry.status},
                 {"asked_for", entry.asked_for},
                 {"job", hex_digits(entry.job)},
                 {"latency_s", detail::in_seconds(entry.latency)}};
      // Not with braces: those would make an array of one.
      row["key"] = entry.key == 0 ? boost::json::value() : boost::json::value(name_of_key(entry.key));
      row["episode"] = entry.episode ? boost::json::value(*entry.episode) : boost::json::value();
      if (!entry.near_miss.empty()) row["near_miss"] = entry.near_miss;
      row["hint_s"] = entry.hint == Duration{} ? boost::json::value() : boost::json::value(detail::in_seconds(entry.hint));
      entries.push_back(std::move(row));
    }
    return {{"total", journal.total()}, {"counts", std::move(by_id)}, {"statuses", std::move(by_status)}, {"requests", std::move(entries)}};
  }

  Object quota() {
    const Tier tier = engine_.tier();
    boost::json::array projects;
    for (const Quota::Usage& usage : engine_.quota_usage(clock_.now())) {
      const auto model = find_served_model(usage.model);
      projects.push_back(Object{{"project", usage.project},
                                {"model", usage.model},
                                {"draws", model && model->draws()},
                                {"rpm", usage.requests},
                                {"tpm", usage.tokens},
                                {"ipm", usage.images},
                                {"rpd", usage.day_requests},
                                {"tpd", usage.day_tokens},
                                {"dollars_in_ten_minutes", static_cast<double>(usage.nanodollars) / 1e9},
                                {"minute_left_s", detail::in_seconds(usage.minute_left)},
                                {"day_left_s", detail::in_seconds(usage.day_left)}});
    }
    Object capacity;
    for (const auto& [model, calls] : engine_.capacity_left(clock_.now())) capacity[model] = calls;
    Object limits{
        {"rpm", tier.requests_per_minute}, {"tpm", tier.tokens_per_minute},
        {"ipm", tier.images_per_minute},   {"rpd", tier.requests_per_day},
        {"tpd", tier.tokens_per_day},      {"dollars_in_ten_minutes", static_cast<double>(tier.nanodollars_per_ten_minutes) / 1e9}};
    if (const auto& text = tier.text)
      limits["text"] = Object{{"rpm", text->requests_per_minute}, {"tpm", text->tokens_per_minute}, {"rpd", text->requests_per_day}};
    return {{"tier", tier.name}, {"limits", std::move(limits)}, {"used", std::move(projects)}, {"capacity_left", std::move(capacity)}};
  }

  Object clock() {
    const WallTime now = clock_.now();
    return {{"now", iso_time(now)},
            {"unix_s", detail::in_seconds(now.time_since_epoch())},
            {"time_scale", clock_.scale()},
            {"day_left_s", detail::in_seconds(until_pacific_midnight(now))},
            {"started_at", iso_time(clock_.start())}};
  }

  Object scenario() {
    const Scenario played = engine_.scenario();
    boost::json::array episodes;
    for (const Episode& episode : played.episodes) {
      Object row = written_episode(episode);
      row.emplace("after", episode.after);
      row.emplace("from_s", detail::in_seconds(episode.from));
      episodes.push_back(std::move(row));
    }
    boost::json::array known;
    for (const std::string_view name : scenario_names()) known.push_back(boost::json::value(name));
    boost::json::array answers;
    for (const std::string_view id : all_answers()) answers.push_back(boost::json::value(id));
    return {{"name", played.name},       {"seed", engine_.seed()},          {"tier", played.tier.name},
            {"state", engine_.state()},  {"episodes", std::move(episodes)}, {"file", written_scenario(played)},
            {"known", std::move(known)}, {"answers", std::move(answers)}};
  }

  Object state() { return {{"state", engine_.state()}}; }

  Object switches() {
    const Switches turned = engine_.scenario().switches;
    Object all;
    for (const auto& member : detail::switch_members) all[member.name] = member.written(turned);
    return all;
  }

  Object makeable(const boost::json::value& body) {
    const boost::json::value& prompts = detail::only_member(body, "prompts");
    if (!prompts.is_array()) throw ConfigError{"prompts must be an array of texts; it is " + detail::quoted(prompts)};
    boost::json::array verdicts;
    for (const auto& prompt : prompts.as_array()) verdicts.push_back(engine_.makeable(detail::text(prompt, "prompts")));
    return {{"makeable", std::move(verdicts)}};
  }

  Engine& engine_;
  ServiceClock& clock_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
