// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/detail/json_reading.hpp>  // number, object, refuse_member, refuse_json
#include <ductile/mock/service_parameters.hpp>   // ServiceParameters, Span

#include <boost/json.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

inline Span span(const boost::json::value& value, std::string_view name) {
  if (!value.is_array() || value.as_array().size() != 2) refuse_json(std::string{name} + " must be [low, high]");
  return {number(value.as_array()[0], name, 0, 1e8), number(value.as_array()[1], name, 0, 1e8)};
}

/// One figure of the model by its name in a file, and how it is read.
struct Figure {
  std::string_view name;
  void (*read)(const boost::json::value& value, std::string_view name, ServiceParameters& into);
};

using Json = boost::json::value;

template <double ServiceParameters::* member>
void read_chance(const Json& value, std::string_view name, ServiceParameters& into) {
  into.*member = number(value, name, 0, 1);
}

template <double ServiceParameters::* member>
void read_length(const Json& value, std::string_view name, ServiceParameters& into) {  // of a burst: never nothing
  into.*member = number(value, name, 1, 1e6);
}

template <double ServiceParameters::* member>
void read_amount(const Json& value, std::string_view name, ServiceParameters& into) {
  into.*member = number(value, name, 0, 1e5);
}

template <Span ServiceParameters::* member>
void read_span(const Json& value, std::string_view name, ServiceParameters& into) {
  into.*member = span(value, name);
}

template <bool ServiceParameters::* member>
void read_flag(const Json& value, std::string_view name, ServiceParameters& into) {
  if (!value.is_bool()) refuse_json(std::string{name} + " must be true or false; it is " + quoted(value));
  into.*member = value.as_bool();
}

inline void read_figures(const boost::json::object& given, std::span<const Figure> figures, std::string_view where,
                         ServiceParameters& into) {
  for (const auto& [name, value] : given) {
    const Figure* known = nullptr;
    for (const Figure& figure : figures)
      if (figure.name == std::string_view{name}) known = &figure;
    if (!known) refuse_member(where, name);
    known->read(value, name, into);
  }
}

template <const auto& figures>
void read_group(const Json& value, std::string_view name, ServiceParameters& into) {
  read_figures(object(value, name), figures, name, into);
}

inline void pass_over(const Json&, std::string_view, ServiceParameters&) {}  // describes the clients' load, not the service

inline void read_hours(const Json& value, std::string_view name, ServiceParameters& into) {
  if (!value.is_array() || value.as_array().size() != into.overload_by_hour.size()) refuse_json(std::string{name} + " must be 24 numbers");
  for (std::size_t hour = 0; hour < into.overload_by_hour.size(); ++hour)
    into.overload_by_hour[hour] = number(value.as_array()[hour], name, 0, 1);
}

template <std::size_t size>
void read_size_factor(const Json& value, std::string_view name, ServiceParameters& into) {
  into.size_latency_factor[size] = number(value, name, 0, 100);
}

template <std::size_t size>
void read_deadline_chance(const Json& value, std::string_view name, ServiceParameters& into) {
  const Span both = span(value, name);
  into.deadline_chance[size] = {both.low, both.high};
}

using Is = ServiceParameters;

inline constexpr std::array latency_figures{Figure{"pro", &read_amount<&Is::pro_latency>},
                                            Figure{"flash", &read_amount<&Is::flash_latency>}};
inline constexpr std::array size_figures{Figure{"1K", &read_size_factor<0>}, Figure{"2K", &read_size_factor<1>},
                                         Figure{"4K", &read_size_factor<2>}};
inline constexpr std::array deadline_figures{Figure{"1K", &read_deadline_chance<0>}, Figure{"2K", &read_deadline_chance<1>},
                                             Figure{"4K", &read_deadline_chance<2>}};
inline constexpr std::array safety_figures{
    Figure{"borderline_share", &read_chance<&Is::borderline_share>}, Figure{"prohibited_share", &read_chance<&Is::prohibited_share>},
    Figure{"borderline_block_original", &read_chance<&Is::borderline_blocked>}, Figure{"reword_pass", &read_chance<&Is::reworded_passes>},
    Figure{"filtered_share", &read_chance<&Is::filtered_share>}};
inline constexpr std::array permanent_figures{Figure{"400", &read_chance<&Is::bad_request_share>},
                                              Figure{"403", &read_chance<&Is::permission_share>},
                                              Figure{"404", &read_chance<&Is::not_found_share>}};

inline constexpr std::array model_figures{Figure{"p503_by_hour", &read_hours},
                                          Figure{"flash_503_factor", &read_amount<&Is::flash_overload_factor>},
                                          Figure{"p503_calm", &read_chance<&Is::overload_calm>},
                                          Figure{"p503_burst", &read_chance<&Is::overload_burst>},
                                          Figure{"burst_mean_s", &read_length<&Is::burst_mean>},
                                          Figure{"slow_503_share", &read_chance<&Is::slow_overload_share>},
                                          Figure{"slow_503_s", &read_span<&Is::slow_overload>},
                                          Figure{"fast_503_s", &read_span<&Is::fast_overload>},
                                          Figure{"p500_mean", &read_chance<&Is::internal_mean>},
                                          Figure{"p500_calm", &read_chance<&Is::internal_calm>},
                                          Figure{"p500_burst", &read_chance<&Is::internal_burst>},
                                          Figure{"burst500_mean_s", &read_length<&Is::internal_burst_mean>},
                                          Figure{"poison500_share", &read_chance<&Is::poison_share>},
                                          Figure{"latency_median_s", &read_group<latency_figures>},
                                          Figure{"latency_sigma", &read_amount<&Is::latency_sigma>},
                                          Figure{"overload_latency_factor", &read_span<&Is::burst_latency_factor>},
                                          Figure{"size_latency", &read_group<size_figures>},
                                          Figure{"p504", &read_group<deadline_figures>},
                                          Figure{"t504_s", &read_amount<&Is::deadline_after>},
                                          Figure{"safety", &read_group<safety_figures>},
                                          Figure{"permanent", &read_group<permanent_figures>},
                                          Figure{"retry_info_present", &read_chance<&Is::retry_info_present>},
                                          Figure{"quota_detail_present", &read_chance<&Is::quota_detail_present>},
                                          Figure{"daily_hint_misleading_s", &read_span<&Is::daily_hint>},
                                          Figure{"count_429_rpm", &read_flag<&Is::count_rejected>},
                                          Figure{"count_503_rpd", &read_flag<&Is::count_overload_in_day>},
                                          Figure{"network_s", &read_span<&Is::network>},
                                          Figure{"size_mix", &pass_over},
                                          Figure{"tokens_median", &pass_over},
                                          Figure{"reference_image_share", &pass_over},
                                          Figure{"reference_image_tokens", &pass_over},
                                          Figure{"pacific_midnight_utc_h", &pass_over},
                                          Figure{"quota_window", &pass_over}};

}  // namespace detail

/// Changes `parameters` by the members of `given`, which go by the names of the day's model: p503_by_hour, burst_mean_s, safety, ...
/// Members that describe the clients' load (size_mix and the like) are passed over.
///
/// Errors   `ConfigError` for a member that is not known and for a value out of range, with the range and the value.
inline void read_parameters(const boost::json::object& given, ServiceParameters& parameters) {
  detail::read_figures(given, detail::model_figures, "model", parameters);
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
