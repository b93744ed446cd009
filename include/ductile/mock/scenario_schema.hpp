// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/detail/json_text.hpp>  // json_text
#include <ductile/mock/models.hpp>            // served_models
#include <ductile/mock/quota.hpp>             // known_tiers
#include <ductile/mock/rows.hpp>              // all_answers, fault_names

#include <boost/json.hpp>

#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

// What the tables do not say. A test holds it against the reader, member by member and bound by bound.
inline constexpr std::string_view scenario_schema_frame = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "A scenario of ductile mock",
  "description": "What the service is like while it runs: its nature, its quotas, and what is written down. Every member may be left out.",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "description": "What it is called in reports; that of a known scenario stands for it, and the rest changes it."},
    "$schema": {"type": "string", "description": "Where this schema is; for editors alone."},
    "seed": {"type": "integer", "minimum": 0, "maximum": 18446744073709551615, "description": "Which day it is; --seed outranks it."},
    "model": {"description": "The service's nature; an object changes figures of the day.",
              "anyOf": [{"enum": ["calm", "day"]}, {"$ref": "#/$defs/nature"}]},
    "tier": {"description": "The quotas of each project and model.", "anyOf": [{"enum": []}, {"$ref": "#/$defs/tier"}]},
    "starts_at": {"$ref": "#/$defs/moment", "description": "The service's time at the start; left out: the computer's."},
    "projects": {"type": "object", "additionalProperties": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
                 "description": "Keys that share a project, and with it its quotas; any other key has a project of its own. No key may stand in two."},
    "cast": {"type": "integer", "minimum": 0, "maximum": 10000, "description": "To so many first prompts the next two members apply."},
    "withheld_by": {"type": "integer", "minimum": 0, "maximum": 10000,
                    "description": "One of so many first prompts is withheld for good; 0: no such wish."},
    "hopeless_at_most": {"type": "integer", "minimum": 0, "maximum": 10000,
                         "description": "No more than so many first prompts can never be drawn."},
    "count_failures": {"type": ["boolean", "null"], "description": "Whether calls that fail count in the quotas; null: as the service does, true."},
    "lying_retry_info": {"type": ["boolean", "null"],
                         "description": "Whether the wait that a 429 names is shorter than the true one; null: for a spent day alone."},
    "shared_capacity": {"description": "What each image model can serve for all projects together; a number is the calls a minute.",
                        "anyOf": [{"type": "number", "minimum": 0, "maximum": 1000000}, {"type": "null"}, {"$ref": "#/$defs/capacity"}]},
    "state": {"type": "string", "description": "In which the story begins."},
    "episodes": {"type": "array", "items": {"$ref": "#/$defs/episode"},
                 "description": "What is written down; the first that is due answers, and without one the service itself."}
  },
  "$defs": {
    "chance": {"type": "number", "minimum": 0, "maximum": 1},
    "amount": {"type": "number", "minimum": 0, "maximum": 100000},
    "burst": {"type": "number", "minimum": 1, "maximum": 1000000},
    "factor": {"type": "number", "minimum": 0, "maximum": 100},
    "seconds": {"type": "number", "minimum": 0, "maximum": 100000000},
    "count": {"type": "integer", "minimum": 0, "maximum": 1000000000},
    "limit": {"type": "integer", "minimum": 0, "maximum": 1000000000000},
    "moment": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
               "examples": ["2026-11-24T10:00:00Z"], "description": "Of the years 1970 to 2199."},
    "range": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number", "minimum": 0, "maximum": 100000000},
              "description": "From this to that."},
    "calm_and_burst": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"$ref": "#/$defs/chance"},
                       "description": "Outside and inside a burst of overload."},
    "answer": {"enum": []},
    "episode": {
      "type": "object",
      "additionalProperties": false,
      "required": ["answer"],
      "properties": {
        "answer": {"description": "An id of `ductile mock --list`, or ids with their weights, one of which is drawn for each call.",
                   "anyOf": [{"$ref": "#/$defs/answer"},
                             {"type": "object", "minProperties": 1, "propertyNames": {"$ref": "#/$defs/answer"},
                              "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1000000}}]},
        "match": {
          "type": "object",
          "additionalProperties": false,
          "description": "Only calls that meet all of it.",
          "properties": {
            "model": {"enum": [], "description": "The model's id."},
            "project": {"type": "string", "description": "The project of the call's key, as projects names it."},
            "prompt": {"type": "string", "description": "The prompt holds this."},
            "image": {"type": "boolean", "description": "The model draws, or it only writes."},
            "size": {"enum": ["512", "1K", "2K", "4K"], "description": "The size that is asked for."}
          }
        },
        "chance": {"type": "number", "exclusiveMinimum": 0, "maximum": 1,
                   "description": "That it answers a call; else the next episode may."},
        "after": {"$ref": "#/$defs/count", "description": "Matching calls to let pass first."},
        "calls": {"type": "integer", "minimum": 1, "maximum": 1000000000, "description": "How many matching calls it is for; left out: all."},
        "from_s": {"$ref": "#/$defs/seconds", "description": "Since the start, by the service's time."},
        "until_s": {"type": "number", "exclusiveMinimum": 0, "maximum": 100000000, "description": "The same; more than from_s."},
        "from": {"$ref": "#/$defs/moment", "description": "By the service's clock."},
        "until": {"$ref": "#/$defs/moment", "description": "The same; later than from."},
        "state": {"type": "string", "description": "Only while the story is in this state."},
        "until_state": {"type": "string", "description": "Until the story has entered this state."},
        "next_state": {"type": "string",
                       "description": "Which the story enters after the last of calls; without calls after an answer of this episode."},
        "fault": {"enum": [], "description": "What this row of the transport does to its bytes happens to the answer."},
        "latency_s": {"description": "How long the answer takes: seconds, or percentiles such as {\"p50\": 9, \"p99\": 60}.",
                      "anyOf": [{"$ref": "#/$defs/seconds"},
                                {"type": "object", "minProperties": 1, "additionalProperties": false,
                                 "patternProperties": {"^p(0[.][1-9][0-9]*|[1-9][0-9]?([.][0-9]+)?)$":
                                   {"type": "number", "minimum": 0.001, "maximum": 1000000}}}]},
        "as_overload": {"type": "boolean", "description": "It is an overload as the model has them: as slow, and not of calls refused for themselves."}
      }
    },
    "tier": {
      "type": "object",
      "additionalProperties": false,
      "description": "What is left out is unlimited.",
      "properties": {
        "name": {"type": "string"},
        "rpm": {"$ref": "#/$defs/limit", "description": "Requests a minute."},
        "tpm": {"$ref": "#/$defs/limit", "description": "Input tokens a minute."},
        "ipm": {"$ref": "#/$defs/limit", "description": "Images a minute."},
        "rpd": {"$ref": "#/$defs/limit", "description": "Requests a day."},
        "tpd": {"$ref": "#/$defs/limit", "description": "Input tokens a day."},
        "dollars_per_ten_minutes": {"type": "number", "minimum": 0, "maximum": 1000000},
        "text": {"type": "object", "additionalProperties": false,
                 "description": "Limits of models that only write, where they have their own.",
                 "properties": {"rpm": {"$ref": "#/$defs/limit"}, "tpm": {"$ref": "#/$defs/limit"}, "rpd": {"$ref": "#/$defs/limit"}}}
      }
    },
    "capacity": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "calls_per_minute": {"type": "number", "minimum": 0, "maximum": 1000000},
        "burst": {"$ref": "#/$defs/burst", "description": "Calls that it can begin at once after it was idle."},
        "rejected_costs": {"$ref": "#/$defs/chance", "description": "What turning a call away costs, in calls served."}
      }
    },
    "nature": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "p503_by_hour": {"type": "array", "minItems": 24, "maxItems": 24, "items": {"$ref": "#/$defs/chance"}},
        "flash_503_factor": {"$ref": "#/$defs/amount"},
        "p503_calm": {"$ref": "#/$defs/chance"},
        "p503_burst": {"$ref": "#/$defs/chance"},
        "burst_mean_s": {"$ref": "#/$defs/burst"},
        "slow_503_share": {"$ref": "#/$defs/chance"},
        "slow_503_s": {"$ref": "#/$defs/range"},
        "fast_503_s": {"$ref": "#/$defs/range"},
        "p500_mean": {"$ref": "#/$defs/chance"},
        "p500_calm": {"$ref": "#/$defs/chance"},
        "p500_burst": {"$ref": "#/$defs/chance"},
        "burst500_mean_s": {"$ref": "#/$defs/burst"},
        "poison500_share": {"$ref": "#/$defs/chance"},
        "latency_median_s": {"type": "object", "additionalProperties": false,
                             "properties": {"pro": {"$ref": "#/$defs/amount"}, "flash": {"$ref": "#/$defs/amount"}}},
        "latency_sigma": {"$ref": "#/$defs/amount"},
        "overload_latency_factor": {"$ref": "#/$defs/range"},
        "size_latency": {"type": "object", "additionalProperties": false,
                         "properties": {"1K": {"$ref": "#/$defs/factor"}, "2K": {"$ref": "#/$defs/factor"}, "4K": {"$ref": "#/$defs/factor"}}},
        "p504": {"type": "object", "additionalProperties": false,
                 "properties": {"1K": {"$ref": "#/$defs/calm_and_burst"}, "2K": {"$ref": "#/$defs/calm_and_burst"},
                                "4K": {"$ref": "#/$defs/calm_and_burst"}}},
        "t504_s": {"$ref": "#/$defs/amount"},
        "safety": {"type": "object", "additionalProperties": false,
                   "properties": {"borderline_share": {"$ref": "#/$defs/chance"}, "prohibited_share": {"$ref": "#/$defs/chance"},
                                  "borderline_block_original": {"$ref": "#/$defs/chance"}, "reword_pass": {"$ref": "#/$defs/chance"},
                                  "filtered_share": {"$ref": "#/$defs/chance"}}},
        "permanent": {"type": "object", "additionalProperties": false,
                      "properties": {"400": {"$ref": "#/$defs/chance"}, "403": {"$ref": "#/$defs/chance"}, "404": {"$ref": "#/$defs/chance"}}},
        "retry_info_present": {"$ref": "#/$defs/chance"},
        "quota_detail_present": {"$ref": "#/$defs/chance"},
        "daily_hint_misleading_s": {"$ref": "#/$defs/range"},
        "count_429_rpm": {"type": "boolean"},
        "count_503_rpd": {"type": "boolean"},
        "network_s": {"$ref": "#/$defs/range"},
        "size_mix": true,
        "tokens_median": true,
        "reference_image_share": true,
        "reference_image_tokens": true,
        "pacific_midnight_utc_h": true,
        "quota_window": {"enum": ["fixed", "sliding"]}
      }
    }
  }
})json";

}  // namespace detail

/// The JSON Schema of a scenario file, draft 2020-12. What it cannot say is that a higher percentile takes no less time, that until_s is
/// more than from_s and until later than from and starts_at, that match.project is one of projects and match asks of its model what that
/// does, that one of the weights is more than 0, that shares of prompts are 1 at most together, that a state is misspelt, that a date is
/// one of the calendar's, and that the name of no known scenario needs another member beside it.
[[nodiscard]] inline boost::json::value scenario_schema() {
  boost::json::value schema = boost::json::parse(detail::scenario_schema_frame);
  const auto list = [&schema](std::string_view pointer) -> boost::json::array& { return schema.at_pointer(pointer).as_array(); };
  for (const Tier& tier : known_tiers()) list("/properties/tier/anyOf/0/enum").push_back(boost::json::string(tier.name));
  for (const std::string_view id : all_answers()) list("/$defs/answer/enum").push_back(boost::json::string(id));
  for (const std::string_view id : served_models())
    list("/$defs/episode/properties/match/properties/model/enum").push_back(boost::json::string(id));
  for (const std::string_view id : fault_names()) list("/$defs/episode/properties/fault/enum").push_back(boost::json::string(id));
  return schema;
}

/// The same as the text of a file.
[[nodiscard]] inline std::string scenario_schema_text() { return detail::json_text(scenario_schema()); }

}  // namespace ductile::inline DUCTILE_VERSION::mock
