// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>                // WallTime
#include <ductile/gemini/base64.hpp>           // decode_base64
#include <ductile/gemini/redact.hpp>           // shortened
#include <ductile/mock/detail/json_bytes.hpp>  // standard_base64
#include <ductile/mock/detail/json_text.hpp>   // compact_json
#include <ductile/mock/request_fields.hpp>     // EnumType, Field, FieldType, knows, MessageType
#include <ductile/mock/scene.hpp>              // FieldViolation

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// Why a request is turned away: a row of the catalogue and, where it differs from the row's, what is said.
struct Refusal {
  std::string_view id;
  std::string message{};
  std::vector<FieldViolation> violations{};        ///< What a BadRequest lists.
  std::vector<std::uint64_t> unsigned_pictures{};  ///< Hashes of the images, as an answer writes them, that lack a thought signature.
};

/// That a refusal lists.
inline constexpr std::size_t most_violations = 100;

namespace detail {

/// Holds a body against the fields of its message, as the service's gateway does before anybody reads it: everything that is wrong is told
/// at once.
class PayloadCheck {
 public:
  PayloadCheck(std::string_view version, WallTime time) : version_(version), time_(time) {}

  [[nodiscard]] std::optional<Refusal> operator()(const boost::json::object& body, const MessageType& type) {
    look_at(body, type, "");
    if (violations_.empty()) return std::nullopt;
    std::string message;
    for (const FieldViolation& violation : violations_) message += (message.empty() ? "" : "\n") + violation.description;
    return Refusal{id_, std::move(message), std::move(violations_)};
  }

  /// The number that a field says; none: it says none. proto3 JSON takes numbers in quotes, too.
  static std::optional<double> number(const boost::json::value* value) { return value ? number(*value) : std::nullopt; }
  static std::optional<double> number(const boost::json::value& value) {
    if (value.is_number()) return value.to_number<double>();
    if (!value.is_string()) return std::nullopt;
    const std::string_view text = value.as_string();
    double spelt = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), spelt);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{spelt} : std::nullopt;
  }

 private:
  using Json = boost::json::value;

  void look_at(const boost::json::object& given, const MessageType& type, const std::string& where) {
    std::string_view chosen;  // the choice of which a field is set already
    for (const auto& [name, value] : given) {
      const Field* field = type.find(name);
      if (!field || !knows(version_, time_, *field)) {
        add(field ? "unknown-field-old-version" : "unknown-field", where, unknown_name(name, where) + "Cannot find field.");
        continue;
      }
      if (value.is_null()) continue;
      if (!field->one_of.empty() && std::exchange(chosen, field->one_of) == field->one_of)
        add("invalid-argument-generic", where,
            "Invalid value at '" + where + "' (oneof), oneof field '" + std::string{field->one_of} + "' is already set. Cannot set '" +
                std::string{name} + "'");
      std::string place = where + (where.empty() ? "" : ".");
      place += field->name;
      if (!value.is_array()) {
        look_at(value, *field, place);
      } else if (field->repeated) {
        std::size_t index = 0;
        for (const Json& each : value.as_array()) look_at(each, *field, place + "[" + std::to_string(index++) + "]");
      } else if (field->type != FieldType::anything) {
        add("invalid-argument-generic", where, unknown_name(name, where) + "Proto field is not repeating, cannot start list.");
      }
    }
  }

  void look_at(const Json& value, const Field& field, const std::string& place) {
    const auto refuse = [&](const std::string& type, const std::string& why) {
      add("invalid-argument-generic", place, "Invalid value at '" + place + "' (" + type + "), " + why);
    };
    const auto of_version = [&](std::string_view name) {
      return "type.googleapis.com/google.ai.generativelanguage." + std::string{version_} + "." + std::string{name};
    };
    if (field.type == FieldType::message) {
      if (value.is_object()) return look_at(value.as_object(), *field.message, place);
      return refuse(of_version(field.message->name), shown(value));
    }
    if (field.type == FieldType::anything) return;
    if (field.type == FieldType::enumeration) {
      if (value.is_int64() || (value.is_string() && takes(*field.enumeration, value.as_string()))) return;
      return refuse(of_version(field.enumeration->name), shown(value));
    }
    const std::string type = scalar(field.type);
    if (value.is_object()) return refuse(type, "Starting an object on a scalar field");
    if (!fits(value, field.type)) return refuse(type, shown(value));
    if (field.type != FieldType::bytes || gemini::decode_base64(standard_base64(value.as_string()))) return;
    const std::string_view text = value.as_string();
    add("base64-data-url", place,
        "Invalid value at '" + place + "' (TYPE_BYTES), Base64 decoding failed for \"" +
            std::string{text.substr(0, std::min<std::size_t>(text.find(','), most_shown))} + "\"");
  }

  static bool fits(const Json& value, FieldType type) {
    switch (type) {
      case FieldType::text:
      case FieldType::bytes: return value.is_string();
      case FieldType::boolean: return value.is_bool();
      case FieldType::number: return number(value).has_value();
      case FieldType::integer: {
        const auto given = number(value);
        return given && *given == std::floor(*given) && *given >= std::numeric_limits<std::int32_t>::min() &&
               *given <= std::numeric_limits<std::int32_t>::max();
      }
      default: return true;
    }
  }

  static bool takes(const EnumType& type, std::string_view name) {
    const auto lower = [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; };
    return std::any_of(type.values.begin(), type.values.end(), [&](std::string_view known) {
      return std::equal(known.begin(), known.end(), name.begin(), name.end(),
                        [&](char left, char right) { return lower(left) == lower(right); });
    });
  }

  static std::string scalar(FieldType type) {
    switch (type) {
      case FieldType::bytes: return "TYPE_BYTES";
      case FieldType::boolean: return "TYPE_BOOL";
      case FieldType::integer: return "TYPE_INT32";
      case FieldType::number: return "TYPE_FLOAT";
      default: return "TYPE_STRING";
    }
  }

  static std::string unknown_name(std::string_view name, const std::string& where) {
    return "Invalid JSON payload received. Unknown name \"" + std::string{name} + "\"" + (where.empty() ? "" : " at '" + where + "'") +
           ": ";
  }

  static std::string shown(const Json& value) { return gemini::shortened(compact_json(value), most_shown); }

  void add(std::string_view id, std::string where, std::string description) {
    if (violations_.empty()) id_ = id;
    if (violations_.size() < most_violations) violations_.push_back({std::move(where), std::move(description)});
  }

  static constexpr std::size_t most_shown = 100;

  std::string_view version_;
  WallTime time_;
  std::string_view id_;
  std::vector<FieldViolation> violations_;
};

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION::mock
