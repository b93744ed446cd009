// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // ConfigError
#include <ductile/core/now.hpp>           // WallTime
#include <ductile/detail/iso_time.hpp>    // iso_time
#include <ductile/gemini/models.hpp>      // parse_image_size
#include <ductile/gemini/redact.hpp>      // shortened
#include <ductile/mock/detail/seconds.hpp>
#include <ductile/mock/episode.hpp>              // Episode, WeightedAnswer
#include <ductile/mock/json_reading.hpp>         // Member, read_members, written_members
#include <ductile/mock/latency_percentiles.hpp>  // LatencyPercentiles
#include <ductile/mock/models.hpp>               // find_served_model, served_models
#include <ductile/mock/rows.hpp>                 // all_answers, can_answer, fault_names

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

template <std::string Episode::* member>
constexpr Member<Episode> words(std::string_view name) {
  return {name, [](const Json& value, const std::string& path, Episode& into) { into.*member = text(value, path); },
          [](const Episode& from) -> Json { return boost::json::string(from.*member); }};
}

template <std::optional<WallTime> Episode::* member>
constexpr Member<Episode> moment_of(std::string_view name) {
  return {name, [](const Json& value, const std::string& path, Episode& into) { into.*member = moment(value, path); },
          [](const Episode& from) -> Json {
            return from.*member ? Json(boost::json::string(ductile::detail::iso_time(*(from.*member)))) : Json(nullptr);
          }};
}

inline std::uint32_t count(const Json& value, const std::string& path, double least) {
  return static_cast<std::uint32_t>(whole(value, path, least, 1e9));
}

inline std::string answer_named(const std::string& id, const std::string& path) {
  if (!can_answer(id)) refuse_json(path + ": there is no answer '" + gemini::shortened(id, 80) + "'" + nearest_of(id, all_answers()));
  return id;
}

inline void read_answer(const Json& value, const std::string& path, Episode& into) {
  if (!value.is_object()) {
    if (!value.is_string()) refuse_json(path + " must be an id, or an object of ids with their weights; it is " + quoted(value));
    into.answer = answer_named(std::string{value.as_string()}, path);
    return;
  }
  double sum = 0;
  for (const auto& [id, weight] : value.as_object()) {
    into.mix.push_back({answer_named(std::string{id}, path), number(weight, path + "." + std::string{id}, 0, 1e6)});
    sum += into.mix.back().weight;
  }
  if (!(sum > 0)) refuse_json(path + " must have an answer whose weight is more than 0; it is " + quoted(value));
}

inline Json written_answer(const Episode& from) {
  if (from.mix.empty()) return boost::json::string(from.answer);
  boost::json::object mix;
  for (const WeightedAnswer& each : from.mix) mix[each.answer] = each.weight;
  return mix;
}

inline void read_fault(const Json& value, const std::string& path, Episode& into) {
  into.fault = text(value, path);
  const std::vector<std::string_view> faults = fault_names();
  if (std::find(faults.begin(), faults.end(), into.fault) != faults.end()) return;
  std::string known;
  for (const std::string_view fault : faults) known.append(known.empty() ? "" : ", ").append(fault);
  refuse_json(path + " must be one of " + known + "; it is " + quoted(value) + nearest_of(into.fault, faults));
}

inline void read_latency(const Json& value, const std::string& path, Episode& into) {
  into.latency.reset();
  into.percentiles.reset();
  if (!value.is_object()) {
    into.latency = seconds(value, path);
    return;
  }
  std::vector<LatencyPercentiles::Percentile> percentiles;
  for (const auto& [name, time] : value.as_object()) {
    const std::string_view text = name;
    double percent = 0;
    const auto [end, error] = text.starts_with('p') ? std::from_chars(text.data() + 1, text.data() + text.size(), percent)
                                                    : std::from_chars_result{nullptr, std::errc::invalid_argument};
    if (error != std::errc{} || end != text.data() + text.size() || !(percent >= 0.1 && percent <= 99.9))
      refuse_json(path + " has no member '" + gemini::shortened(text, 80) + "'; percentiles are p0.1 to p99.9, such as p50");
    percentiles.push_back({percent, number(time, path + "." + std::string{text}, 0.001, 1e6)});
  }
  try {
    into.percentiles.emplace(std::move(percentiles));
  } catch (const ConfigError& refusal) {
    refuse_json(path + ": " + refusal.what());
  }
}

inline Json written_latency(const Episode& from) {
  if (!from.percentiles) return from.latency ? Json(in_seconds(*from.latency)) : Json(nullptr);
  boost::json::object written;
  for (const auto& each : from.percentiles->percentiles()) {
    std::array<char, 32> name{'p'};
    *std::to_chars(name.data() + 1, name.data() + name.size() - 1, each.percent).ptr = '\0';
    written[name.data()] = each.seconds;
  }
  return written;
}

inline void read_model(const Json& value, const std::string& path, Episode& into) {
  into.model = text(value, path);
  const std::vector<std::string_view> served = served_models();
  if (std::find(served.begin(), served.end(), into.model) == served.end())
    refuse_json(path + ": there is no model " + quoted(value) + nearest_of(into.model, served));
}

inline void read_size(const Json& value, const std::string& path, Episode& into) {
  into.size = text(value, path);
  if (!gemini::parse_image_size(into.size)) refuse_json(path + " must be one of 512, 1K, 2K, 4K; it is " + quoted(value));
}

inline void read_chance(const Json& value, const std::string& path, Episode& into) {
  into.chance = number(value, path, 0, 1);
  if (into.chance <= 0) refuse_json(path + " must be more than 0, or the episode never answers; it is " + quoted(value));
}

// What no call can meet: a size that the model does not draw, or a model that does not do what is wanted of it.
inline void refuse_what_nothing_meets(const Episode& episode, const std::string& path) {
  const auto model = find_served_model(episode.model);
  if (model && episode.image && *episode.image != model->draws())
    refuse_json(path + ".image must be " + (model->draws() ? "true" : "false") + " beside that model, or no call meets both; it is " +
                (*episode.image ? "true" : "false"));
  if (episode.size.empty()) return;
  if (model && !model->takes_size(episode.size))
    refuse_json(path + ".size must be one that the model draws, or no call meets both; it is " + quoted(boost::json::string(episode.size)));
  if (!model && episode.image == false)
    refuse_json(path + ".size must be left out where image is false: a model that only writes takes none; it is " +
                quoted(boost::json::string(episode.size)));
}

inline constexpr std::array match_members{
    Member<Episode>{"model", &read_model, [](const Episode& from) -> Json { return boost::json::string(from.model); }},
    words<&Episode::project>("project"), words<&Episode::prompt>("prompt"),
    Member<Episode>{"image", [](const Json& value, const std::string& path, Episode& into) { into.image = flag(value, path); },
                    [](const Episode& from) -> Json { return from.image ? Json(*from.image) : Json(nullptr); }},
    Member<Episode>{"size", &read_size, [](const Episode& from) -> Json { return boost::json::string(from.size); }}};

inline void read_match(const Json& value, const std::string& path, Episode& into) {
  read_members<Episode>(object(value, path), path, match_members, into);
  refuse_what_nothing_meets(into, path);
}

inline constexpr std::array episode_members{
    Member<Episode>{"answer", &read_answer, &written_answer},
    Member<Episode>{"match", &read_match, [](const Episode& from) -> Json { return written_members<Episode>(from, {}, match_members); }},
    Member<Episode>{"chance", &read_chance, [](const Episode& from) -> Json { return from.chance; }},
    Member<Episode>{"after", [](const Json& value, const std::string& path, Episode& into) { into.after = count(value, path, 0); },
                    [](const Episode& from) -> Json { return from.after; }},
    Member<Episode>{"calls", [](const Json& value, const std::string& path, Episode& into) { into.calls = count(value, path, 1); },
                    [](const Episode& from) -> Json { return from.calls ? Json(*from.calls) : Json(nullptr); }},
    Member<Episode>{"from_s", [](const Json& value, const std::string& path, Episode& into) { into.from = seconds(value, path); },
                    [](const Episode& from) -> Json { return in_seconds(from.from); }},
    Member<Episode>{"until_s", [](const Json& value, const std::string& path, Episode& into) { into.until = seconds(value, path); },
                    [](const Episode& from) -> Json { return from.until ? Json(in_seconds(*from.until)) : Json(nullptr); }},
    moment_of<&Episode::from_moment>("from"),
    moment_of<&Episode::until_moment>("until"),
    words<&Episode::state>("state"),
    words<&Episode::until_state>("until_state"),
    words<&Episode::next_state>("next_state"),
    Member<Episode>{"fault", &read_fault, [](const Episode& from) -> Json { return boost::json::string(from.fault); }},
    Member<Episode>{"latency_s", &read_latency, &written_latency},
    Member<Episode>{"as_overload", [](const Json& value, const std::string& path, Episode& into) { into.as_overload = flag(value, path); },
                    [](const Episode& from) -> Json { return from.as_overload; }}};

}  // namespace detail

/// The episode of a JSON object. \param path Where it stands in its file, for refusals.
[[nodiscard]] inline Episode read_episode(const boost::json::object& given, const std::string& path = "episode") {
  Episode episode;
  detail::read_members<Episode>(given, path, detail::episode_members, episode);
  if (episode.answer.empty() && episode.mix.empty()) detail::refuse_json(path + " must have the member 'answer'");
  if (episode.until && *episode.until <= episode.from)
    detail::refuse_json(path + ".until_s must be more than from_s, or the episode never comes; it is " +
                        detail::quoted(detail::in_seconds(*episode.until)));
  if (episode.from_moment && episode.until_moment && *episode.until_moment <= *episode.from_moment)
    detail::refuse_json(path + ".until must be later than from, or the episode never comes; it is " +
                        ductile::detail::iso_time(*episode.until_moment));
  return episode;
}

/// What `read_episode` reads back.
[[nodiscard]] inline boost::json::object written_episode(const Episode& episode) {
  return detail::written_members<Episode>(episode, {}, detail::episode_members);
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
