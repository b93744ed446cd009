// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json.hpp>

#include <regex.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// As much of JSON Schema as our schemas use. A keyword that it does not know is an error: to pass over one would be to agree with anything.
namespace json_schema {

using boost::json::array;
using boost::json::object;
using boost::json::value;

namespace detail {

inline const value& target(const value& root, const value& schema) {
  const auto* reference = schema.is_object() ? schema.as_object().if_contains("$ref") : nullptr;
  return reference ? root.at_pointer(std::string_view{reference->as_string()}.substr(1)) : schema;
}

inline bool is_of(const value& given, std::string_view type) {
  if (type == "object") return given.is_object();
  if (type == "array") return given.is_array();
  if (type == "string") return given.is_string();
  if (type == "boolean") return given.is_bool();
  if (type == "null") return given.is_null();
  if (type == "number") return given.is_number();
  if (type == "integer") return given.is_number() && given.to_number<double>() == std::floor(given.to_number<double>());
  throw std::logic_error{"json_schema: no type is called " + std::string{type}};
}

// By POSIX, whose extended patterns ours are too: <regex> would cost two seconds to compile.
inline bool matches(std::string_view pattern, std::string_view text) {
  regex_t compiled;
  if (regcomp(&compiled, std::string{pattern}.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    throw std::logic_error{"json_schema: no pattern: " + std::string{pattern}};
  const bool found = regexec(&compiled, std::string{text}.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return found;
}

inline std::string check(const value& root, const value& given_schema, const value& given, const std::string& path);

inline std::string check_members(const value& root, const object& schema, const object& given, const std::string& path) {
  for (const auto& [name, member] : given) {
    const std::string place = path + "/" + std::string{name};
    bool known = false;
    std::string complaint;
    const auto look = [&](const value& by) {
      known = true;
      if (complaint.empty()) complaint = check(root, by, member, place);
    };
    if (const auto* names = schema.if_contains("propertyNames"))
      if (complaint = check(root, *names, boost::json::string(name), place); !complaint.empty()) return complaint;
    if (const auto* properties = schema.if_contains("properties"))
      if (const auto* by = properties->as_object().if_contains(name)) look(*by);
    if (const auto* patterns = schema.if_contains("patternProperties"))
      for (const auto& [pattern, by] : patterns->as_object())
        if (matches(pattern, name)) look(by);
    if (const auto* others = schema.if_contains("additionalProperties"); others && !known) {
      if (*others == value(false)) return place + " is not known";
      look(*others);
    }
    if (!complaint.empty()) return complaint;
  }
  return {};
}

inline std::string check(const value& root, const value& given_schema, const value& given, const std::string& path) {
  if (given_schema.is_bool()) return given_schema.as_bool() ? "" : path + " must not be there";
  // What stands beside a reference is a description.
  const object& schema = target(root, given_schema).as_object();
  const auto size = [&](std::size_t has, const value& bound, bool least) {
    const auto limit = bound.to_number<std::size_t>();
    return least ? has >= limit : has <= limit;
  };
  for (const auto& [keyword, by] : schema) {
    bool holds = true;
    if (keyword == "type") {
      const array types = by.is_array() ? by.as_array() : array{by};
      holds = std::any_of(types.begin(), types.end(), [&](const value& type) { return is_of(given, type.as_string()); });
    } else if (keyword == "enum") {
      holds = std::find(by.as_array().begin(), by.as_array().end(), given) != by.as_array().end();
    } else if (keyword == "anyOf") {
      holds =
          std::any_of(by.as_array().begin(), by.as_array().end(), [&](const value& one) { return check(root, one, given, path).empty(); });
    } else if (keyword == "minimum") {
      holds = !given.is_number() || given.to_number<double>() >= by.to_number<double>();
    } else if (keyword == "exclusiveMinimum") {
      holds = !given.is_number() || given.to_number<double>() > by.to_number<double>();
    } else if (keyword == "maximum") {
      holds = !given.is_number() || given.to_number<double>() <= by.to_number<double>();
    } else if (keyword == "pattern") {
      holds = !given.is_string() || matches(by.as_string(), given.as_string());
    } else if (keyword == "minLength") {
      holds = !given.is_string() || size(given.as_string().size(), by, true);
    } else if (keyword == "minItems" || keyword == "maxItems") {
      holds = !given.is_array() || size(given.as_array().size(), by, keyword == "minItems");
    } else if (keyword == "minProperties") {
      holds = !given.is_object() || size(given.as_object().size(), by, true);
    } else if (keyword == "items") {
      if (!given.is_array()) continue;
      for (std::size_t i = 0; i < given.as_array().size(); ++i)
        if (auto complaint = check(root, by, given.as_array()[i], path + "/" + std::to_string(i)); !complaint.empty()) return complaint;
    } else if (keyword == "required") {
      for (const value& name : by.as_array())
        if (given.is_object() && !given.as_object().contains(name.as_string())) return path + " lacks " + std::string{name.as_string()};
    } else if (keyword == "properties") {
      if (!given.is_object()) continue;
      if (auto complaint = check_members(root, schema, given.as_object(), path); !complaint.empty()) return complaint;
    } else if (keyword == "patternProperties" || keyword == "propertyNames" || keyword == "additionalProperties") {
      if (!given.is_object() || schema.contains("properties")) continue;
      if (auto complaint = check_members(root, schema, given.as_object(), path); !complaint.empty()) return complaint;
    } else if (keyword != "$schema" && keyword != "$defs" && keyword != "title" && keyword != "description" && keyword != "examples") {
      throw std::logic_error{"json_schema: the keyword " + std::string{keyword} + " is not known"};
    }
    if (!holds) return path + " does not meet " + std::string{keyword} + ": " + boost::json::serialize(given);
  }
  return {};
}

// A value that meets the schema.
inline value sample(const value& root, const value& given_schema) {
  if (given_schema.is_bool()) return 1;
  const object& schema = target(root, given_schema).as_object();
  if (const auto* examples = schema.if_contains("examples")) return examples->at(0);
  if (const auto* values = schema.if_contains("enum")) return values->at(0);
  if (const auto* branches = schema.if_contains("anyOf")) return sample(root, branches->at(0));
  const value& type = schema.at("type");
  const std::string_view name = type.is_array() ? type.at(0).as_string() : type.as_string();
  if (name == "boolean") return true;
  if (name == "string") return "text";
  if (name == "number" || name == "integer") return schema.at("maximum");
  if (name == "array") {
    const auto* least = schema.if_contains("minItems");
    return array(least ? least->to_number<std::size_t>() : 0, least ? sample(root, schema.at("items")) : value());
  }
  object made;
  if (const auto* required = schema.if_contains("required"))
    for (const value& member : required->as_array())
      made[member.as_string()] = sample(root, schema.at("properties").at(member.as_string()));
  return made;
}

using Wrap = std::function<value(value)>;
using Visit = std::function<void(const value&)>;

inline void probe(const value& root, const value& given_schema, const Wrap& wrap, const Visit& visit) {
  if (given_schema.is_bool()) return visit(wrap("anything"));
  const object& schema = target(root, given_schema).as_object();
  if (const auto* branches = schema.if_contains("anyOf")) {
    for (const value& branch : branches->as_array()) probe(root, branch, wrap, visit);
    return;
  }
  for (const value& other :
       {value(nullptr), value(true), value("no such thing"), value(-0.5), value(1e300), value(array{}), value(object{})})
    visit(wrap(other));
  if (const auto* values = schema.if_contains("enum")) {
    visit(wrap(values->as_array().front()));
    visit(wrap(values->as_array().back()));
  }
  for (const char* bound : {"minimum", "exclusiveMinimum", "maximum"})
    if (const auto* limit = schema.if_contains(bound))
      for (const double away : {-1.0, -0.0005, 0.0, 0.0005, 1.0}) {
        const double number = limit->to_number<double>() + away;
        if (away == 0 || number != limit->to_number<double>()) visit(wrap(away == 0 ? *limit : value(number)));
      }
  if (const auto* items = schema.if_contains("items")) {
    const auto* length = schema.if_contains("minItems");
    const std::size_t count = length ? length->to_number<std::size_t>() : 1;
    const value usual = sample(root, *items);
    for (std::size_t other = count > 0 ? count - 1 : 0; other <= count + 1; ++other) visit(wrap(array(other, usual)));
    probe(
        root, *items,
        [&](value item) {
          array all(count, usual);
          all.back() = std::move(item);
          return wrap(std::move(all));
        },
        visit);
  }
  const object usual = schema.contains("properties") ? sample(root, schema).as_object() : object{};
  const auto with = [&](std::string name) {
    return [&wrap, usual, name = std::move(name)](value member) {
      object all = usual;
      all[name] = std::move(member);
      return wrap(std::move(all));
    };
  };
  if (const auto* properties = schema.if_contains("properties")) {
    visit(with("no such member")(1));
    for (const auto& [name, member] : properties->as_object()) probe(root, member, with(std::string{name}), visit);
  }
  // Beside another member, since a file may want one that is more than nothing.
  const auto beside = [&](const std::string& other, const std::string& name, const value& by) {
    probe(root, by, [&](value member) { return wrap(object{{name, std::move(member)}, {other, sample(root, by)}}); }, visit);
  };
  if (const auto* names = schema.if_contains("propertyNames")) {
    const array& known = target(root, *names).at("enum").as_array();
    beside(std::string{known.back().as_string()}, std::string{known.front().as_string()}, schema.at("additionalProperties"));
  } else if (const auto* others = schema.if_contains("additionalProperties"); others && !others->is_bool()) {
    beside("other", "one", *others);
  }
  if (const auto* patterns = schema.if_contains("patternProperties"))
    for (const auto& [pattern, by] : patterns->as_object()) beside("p90", "p50", by);
}

}  // namespace detail

/// What of `given` does not meet the schema, with its place; empty: it does.
inline std::string complaint(const value& schema, const value& given) { return detail::check(schema, schema, given, ""); }

/// Shows `visit` documents of which one value each is at a bound of the schema, beyond it, or of another type; all the rest of them is in
/// order.
inline void for_each_probe(const value& schema, const std::function<void(const value&)>& visit) {
  detail::probe(
      schema, schema,
      [](value document) {
        if (auto* members = document.if_object(); members && members->size() == 1) members->emplace("episodes", array{});
        return document;
      },
      [&visit](const value& document) {
        if (document.is_object()) visit(document);
      });
}

}  // namespace json_schema
