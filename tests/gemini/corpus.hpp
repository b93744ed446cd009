// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>  // name
#include <ductile/gemini/classification.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// The labelled bodies of tests/data.
namespace corpus {

struct Body {
  std::string id;
  int http_status = 0;
  std::string body;
  boost::json::object label;  // what it is; a field that is not there is not judged
  std::string decides;        // the piece of the body that decides; empty where what is missing decides
  std::string asked;          // the model of the request, where the report names it and the body does not

  [[nodiscard]] std::string text(std::string_view field) const {
    const boost::json::value* value = label.if_contains(field);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
  }
};

inline std::vector<Body> read(const std::string& file_name = "bodies.jsonl") {
  std::ifstream file{DUCTILE_TEST_DATA "/" + file_name};
  if (!file) throw std::runtime_error{"tests/data/" + file_name + " cannot be read"};
  std::vector<Body> bodies;
  for (std::string line; std::getline(file, line);) {
    const boost::json::value row = boost::json::parse(line);
    Body body;
    body.id = row.at("id").as_string();
    body.http_status = row.at("http_status").is_null() ? 0 : static_cast<int>(row.at("http_status").as_int64());
    body.body = row.at("body").as_string();
    body.label = row.at("label").as_object();
    body.label.erase("why");
    if (const boost::json::value* decides = row.as_object().if_contains("decides"); decides && decides->is_string())
      body.decides = decides->get_string();
    if (const boost::json::value* asked = row.as_object().if_contains("asked")) body.asked = asked->as_string();
    bodies.push_back(std::move(body));
  }
  return bodies;
}

/// What a classification says of a field of a label, in the label's words.
inline boost::json::value said(const ductile::gemini::Classification& result, std::string_view field) {
  const auto text = [](std::string_view words) { return words.empty() ? boost::json::value{} : boost::json::value(words); };
  const ductile::Verdict& verdict = result.verdict;
  if (field == "category") return text(name(verdict.kind));
  if (field == "retryable") return text(name(verdict.remedy));
  if (field == "id") return text(verdict.id.text());
  if (field == "billed") return text(name(verdict.billed));
  if (field == "grpc_status") return text(result.grpc_status);
  if (field == "dimension")
    return verdict.dimension == ductile::QuotaDimension::none ? boost::json::value{} : text(name(verdict.dimension));
  if (field == "quota_scope") return text(name(result.scope));
  if (field == "model") return text(result.model);
  if (field == "limit_zero") return result.limit_zero;
  if (field == "free_tier") return result.free_tier ? boost::json::value(*result.free_tier) : boost::json::value{};
  if (field == "limit_value") return result.limit_value ? boost::json::value(*result.limit_value) : boost::json::value{};
  if (field == "retry_after_s")
    return result.retry_after ? boost::json::value(std::chrono::duration<double>(*result.retry_after).count()) : boost::json::value{};
  throw std::runtime_error{"a label has a field that no classification has: " + std::string{field}};
}

/// Whether they say the same; numbers to a millionth.
inline bool same(const boost::json::value& left, const boost::json::value& right) {
  if (left.is_number() && right.is_number()) return std::abs(left.to_number<double>() - right.to_number<double>()) < 1e-6;
  return left == right;
}

}  // namespace corpus
