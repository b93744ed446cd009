// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// The labelled bodies of tests/data/bodies.jsonl.
namespace corpus {

struct Label {
  std::string category;
  std::string retryable;
  std::optional<std::string> dimension;
  std::optional<std::string> scope;
  std::optional<bool> free_tier;
  std::optional<std::int64_t> limit_value;
  bool limit_zero = false;
  std::optional<double> retry_after_seconds;
  std::optional<std::string> model;
};

struct Body {
  std::string id;
  int http_status = 0;
  std::string body;
  Label label;
};

inline std::vector<Body> read() {
  std::ifstream file{DUCTILE_TEST_DATA "/bodies.jsonl"};
  if (!file) throw std::runtime_error{"tests/data/bodies.jsonl cannot be read"};
  std::vector<Body> bodies;
  for (std::string line; std::getline(file, line);) {
    const boost::json::value row = boost::json::parse(line);
    const boost::json::object& label = row.at("label").as_object();
    const auto text = [&label](const char* name) -> std::optional<std::string> {
      const boost::json::value& value = label.at(name);
      return value.is_null() ? std::nullopt : std::optional{std::string{value.as_string()}};
    };
    Body body;
    body.id = row.at("id").as_string();
    body.http_status = row.at("http_status").is_null() ? 0 : static_cast<int>(row.at("http_status").as_int64());
    body.body = row.at("body").as_string();
    body.label.category = *text("category");
    body.label.retryable = *text("retryable");
    body.label.dimension = text("dimension");
    body.label.scope = text("quota_scope");
    body.label.model = text("model");
    if (const auto& value = label.at("free_tier"); !value.is_null()) body.label.free_tier = value.as_bool();
    if (const auto& value = label.at("limit_value"); !value.is_null()) body.label.limit_value = value.as_int64();
    body.label.limit_zero = label.at("limit_zero").as_bool();
    if (const auto& value = label.at("retry_after_s"); !value.is_null()) body.label.retry_after_seconds = value.to_number<double>();
    bodies.push_back(std::move(body));
  }
  return bodies;
}

}  // namespace corpus
