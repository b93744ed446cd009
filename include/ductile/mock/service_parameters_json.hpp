// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/detail/json_text.hpp>    // plain_number
#include <ductile/mock/json_reading.hpp>        // Member, number, object, read_members, refuse_json, written_members
#include <ductile/mock/service_parameters.hpp>  // ServiceParameters, Span

#include <boost/json.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

using Is = ServiceParameters;
using Figure = Member<ServiceParameters>;

inline Span pair_of(const Json& value, const std::string& path, std::string_view form, double most) {
  if (!value.is_array() || value.as_array().size() != 2) refuse_json(path + " must be " + std::string{form} + "; it is " + quoted(value));
  return {number(value.as_array()[0], path + "[0]", 0, most), number(value.as_array()[1], path + "[1]", 0, most)};
}

inline Span span(const Json& value, const std::string& path) {
  const Span span = pair_of(value, path, "[low, high]", 1e8);
  if (span.low > span.high) refuse_json(path + " must be [low, high], the lower first; it is " + quoted(value));
  return span;
}

template <auto member>
Json written_figure(const Is& from) {
  return from.*member;
}

template <double Is::* member>
constexpr Figure chance(std::string_view name) {
  return {name, [](const Json& value, const std::string& path, Is& into) { into.*member = number(value, path, 0, 1); },
          &written_figure<member>};
}

template <double Is::* member>
constexpr Figure burst_length(std::string_view name) {  // never nothing
  return {name, [](const Json& value, const std::string& path, Is& into) { into.*member = number(value, path, 1, 1e6); },
          &written_figure<member>};
}

template <double Is::* member>
constexpr Figure amount(std::string_view name) {
  return {name, [](const Json& value, const std::string& path, Is& into) { into.*member = number(value, path, 0, 1e5); },
          &written_figure<member>};
}

template <Span Is::* member>
constexpr Figure range(std::string_view name) {
  return {name, [](const Json& value, const std::string& path, Is& into) { into.*member = span(value, path); },
          [](const Is& from) -> Json { return boost::json::array{(from.*member).low, (from.*member).high}; }};
}

template <bool Is::* member>
constexpr Figure yes_or_no(std::string_view name) {
  return {name, [](const Json& value, const std::string& path, Is& into) { into.*member = flag(value, path); }, &written_figure<member>};
}

template <const auto& figures>
constexpr Figure group(std::string_view name) {
  return {name, [](const Json& value, const std::string& path, Is& into) { read_members<Is>(object(value, path), path, figures, into); },
          [](const Is& from) -> Json {
            boost::json::object written;
            for (const Figure& figure : figures) written[figure.name] = figure.written(from);
            return written;
          }};
}

template <std::size_t size>
constexpr Figure size_factor(std::string_view name) {
  return {name, [](const Json& value, const std::string& path, Is& into) { into.size_latency_factor[size] = number(value, path, 0, 100); },
          [](const Is& from) -> Json { return from.size_latency_factor[size]; }};
}

template <std::size_t size>
constexpr Figure deadline(std::string_view name) {
  return {name,
          [](const Json& value, const std::string& path, Is& into) {
            const Span both = pair_of(value, path, "[calm, burst]", 1);
            into.deadline_chance[size] = {both.low, both.high};
          },
          [](const Is& from) -> Json { return boost::json::array{from.deadline_chance[size].calm, from.deadline_chance[size].burst}; }};
}

constexpr Figure of_the_clients(std::string_view name) {  // describes the clients' load, not the service
  return {name, [](const Json&, const std::string&, Is&) {}};
}

inline void read_quota_window(const Json& value, const std::string& path, Is& into) {
  const std::string window = text(value, path);
  if (window != "fixed" && window != "sliding") refuse_json(path + " must be fixed or sliding; it is " + quoted(value));
  into.sliding_minute = window == "sliding";
}

inline Json written_quota_window(const Is& from) { return from.sliding_minute ? "sliding" : "fixed"; }

inline void read_hours(const Json& value, const std::string& path, Is& into) {
  if (!value.is_array() || value.as_array().size() != into.overload_by_hour.size())
    refuse_json(path + " must be 24 numbers; it is " + quoted(value));
  for (std::size_t hour = 0; hour < into.overload_by_hour.size(); ++hour)
    into.overload_by_hour[hour] = number(value.as_array()[hour], path + "[" + std::to_string(hour) + "]", 0, 1);
}

inline Json written_hours(const Is& from) { return boost::json::array(from.overload_by_hour.begin(), from.overload_by_hour.end()); }

inline constexpr std::array latency_figures{amount<&Is::pro_latency>("pro"), amount<&Is::flash_latency>("flash")};
inline constexpr std::array size_figures{size_factor<0>("1K"), size_factor<1>("2K"), size_factor<2>("4K")};
inline constexpr std::array deadline_figures{deadline<0>("1K"), deadline<1>("2K"), deadline<2>("4K")};
inline constexpr std::array safety_figures{chance<&Is::borderline_share>("borderline_share"),
                                           chance<&Is::prohibited_share>("prohibited_share"),
                                           chance<&Is::borderline_blocked>("borderline_block_original"),
                                           chance<&Is::reworded_passes>("reword_pass"), chance<&Is::filtered_share>("filtered_share")};

inline void read_safety(const Json& value, const std::string& path, Is& into) {
  constexpr double rounding = 1e-9;
  const boost::json::object& given = object(value, path);
  read_members<Is>(given, path, safety_figures, into);
  const double sum = into.borderline_share + into.prohibited_share;
  if (given.contains("borderline_share") && given.contains("prohibited_share") && sum > 1 + rounding)
    refuse_json(path + ": borderline_share and prohibited_share must be 1 at most together, for no prompt is both; they are " +
                plain_number(sum));
}

inline constexpr std::array permanent_figures{chance<&Is::bad_request_share>("400"), chance<&Is::permission_share>("403"),
                                              chance<&Is::not_found_share>("404")};

inline void read_permanent(const Json& value, const std::string& path, Is& into) {
  constexpr double rounding = 1e-9;
  const boost::json::object& given = object(value, path);
  read_members<Is>(given, path, permanent_figures, into);
  double sum = 0;
  for (const auto& [status, share] : given) sum += share.to_number<double>();
  if (sum > 1 + rounding)
    refuse_json(path + ": 400, 403 and 404 must be 1 at most together, for no job meets two of them; they are " + plain_number(sum));
}

inline constexpr std::array model_figures{Figure{"p503_by_hour", &read_hours, &written_hours},
                                          amount<&Is::flash_overload_factor>("flash_503_factor"),
                                          chance<&Is::overload_calm>("p503_calm"),
                                          chance<&Is::overload_burst>("p503_burst"),
                                          burst_length<&Is::burst_mean>("burst_mean_s"),
                                          chance<&Is::slow_overload_share>("slow_503_share"),
                                          range<&Is::slow_overload>("slow_503_s"),
                                          range<&Is::fast_overload>("fast_503_s"),
                                          chance<&Is::internal_mean>("p500_mean"),
                                          chance<&Is::internal_calm>("p500_calm"),
                                          chance<&Is::internal_burst>("p500_burst"),
                                          burst_length<&Is::internal_burst_mean>("burst500_mean_s"),
                                          chance<&Is::poison_share>("poison500_share"),
                                          group<latency_figures>("latency_median_s"),
                                          amount<&Is::latency_sigma>("latency_sigma"),
                                          range<&Is::burst_latency_factor>("overload_latency_factor"),
                                          group<size_figures>("size_latency"),
                                          group<deadline_figures>("p504"),
                                          amount<&Is::deadline_after>("t504_s"),
                                          Figure{"safety", &read_safety, group<safety_figures>("safety").written},
                                          Figure{"permanent", &read_permanent, group<permanent_figures>("permanent").written},
                                          chance<&Is::retry_info_present>("retry_info_present"),
                                          chance<&Is::quota_detail_present>("quota_detail_present"),
                                          range<&Is::daily_hint>("daily_hint_misleading_s"),
                                          yes_or_no<&Is::count_rejected>("count_429_rpm"),
                                          yes_or_no<&Is::count_overload_in_day>("count_503_rpd"),
                                          range<&Is::network>("network_s"),
                                          of_the_clients("size_mix"),
                                          of_the_clients("tokens_median"),
                                          of_the_clients("reference_image_share"),
                                          of_the_clients("reference_image_tokens"),
                                          of_the_clients("pacific_midnight_utc_h"),
                                          Figure{"quota_window", &read_quota_window, &written_quota_window}};

}  // namespace detail

/// Changes `parameters` by the members of `given`, which go by the names of the day's model: p503_by_hour, burst_mean_s, safety, ...
/// Members that describe the clients' load (size_mix and the like) are passed over.
///
/// \param path Where `given` stands in its file, for refusals.
///
/// Errors   `ConfigError` for a member that is not known and for a value out of range, with path, range and value.
inline void read_parameters(const boost::json::object& given, const std::string& path, ServiceParameters& parameters) {
  detail::read_members<ServiceParameters>(given, path, detail::model_figures, parameters);
}

/// What `read_parameters` reads back: the figures in which `parameters` differs from `usual`.
[[nodiscard]] inline boost::json::object written_parameters(const ServiceParameters& parameters, const ServiceParameters& usual) {
  return detail::written_members<ServiceParameters>(parameters, usual, detail::model_figures);
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
