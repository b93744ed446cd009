// SPDX-License-Identifier: BSL-1.0
//
// seeds DATA FOLDER: what the fuzz targets begin with, in FOLDER/<target>: the bodies of DATA/*.jsonl, and every answer of the mock.
#include <ductile/mock/reply.hpp>
#include <ductile/mock/rows.hpp>

#include <boost/json.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

namespace fs = std::filesystem;
using namespace ductile;

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

  // `choices`: what FuzzInput takes from the front.
  void add(std::string_view target, std::string_view choices, std::string_view text) {
    fs::create_directories(folder_ / target);
    std::ofstream{folder_ / target / std::to_string(number_++), std::ios::binary} << choices << text;
  }

 private:
  fs::path folder_;
  std::size_t number_ = 0;
};

void add_bodies(Seeds& seeds, const fs::path& data) {
  for (const fs::directory_entry& file : fs::directory_iterator{data}) {
    if (file.path().extension() != ".jsonl") continue;
    std::ifstream lines{file.path()};
    for (std::string line; std::getline(lines, line);) {
      const boost::json::value row = boost::json::parse(line);
      const auto* body = row.as_object().if_contains("body");
      if (!body || !body->is_string()) continue;
      const std::string text{body->as_string()};
      seeds.add("classifier", std::string{'\0', '\0'}, text);
      seeds.add("classifier", "\x0d\x01", text);
      seeds.add("doctor", std::string{'\0'}, text);
      seeds.add("doctor", std::string{'\0'}, "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\n\r\n" + text);
      seeds.add("doctor", std::string{'\0'}, "2026-11-24 10:00:00 ERROR " + text + "\n2026-11-24 10:31:00 ERROR " + text);
    }
  }
}

void add_answers(Seeds& seeds) {
  for (const std::string_view id : mock::all_answers()) {
    if (id == "ok-image-30-mb") continue;
    for (const mock::Delivery delivery : {mock::Delivery::whole, mock::Delivery::events, mock::Delivery::array}) {
      mock::Scene scene;
      scene.model = "gemini-3.1-flash-image";
      scene.size = "512";  // the smallest there is
      scene.delivery = delivery;
      const std::string body = mock::reply(id, scene).body();
      seeds.add("response", "\x07", body);
      seeds.add("classifier", "\x01\x01", body);
    }
  }
}

// What the doctor takes apart before the classifier sees it.
void add_pastes(Seeds& seeds) {
  for (
      const std::string_view text :
      {R"({"log":{"entries":[{"request":{"url":"https://h/v1beta/models/m:generateContent","headers":[{"name":"cookie","value":"a=b"}]},"response":{"status":429,"headers":[{"name":"Retry-After","value":"7"}],"cookies":[{"name":"a","value":"b"}],"content":{"encoding":"base64","text":"eyJlcnJvciI6eyJzdGF0dXMiOiJSRVNPVVJDRV9FWEhBVVNURUQifX0="}}},{"request":{"url":"https://h/x"},"response":{"status":0,"_error":"net::ERR_CONNECTION_REFUSED"}}]}})",
       R"(Error 429, Message: Quota, Status: RESOURCE_EXHAUSTED, Details: [map[@type:type.googleapis.com/google.rpc.QuotaFailure violations:[map[quotaDimensions:map[location:global] quotaId:GenerateRequestsPerDayPerProjectPerModel-FreeTier quotaValue:0] map[quotaId:X]]] map[retryDelay:5s]])",
       "* Trying\n> POST /v1beta HTTP/2\n> x-goog-api-key: k\n>\n< HTTP/2 429\n< retry-after: 7\n<\n{\"error\":{\"code\":429}}\n",
       "503 overloaded", "grpc-status: 14", "no image", "our tenant's monthly spending has reached the cap that its owner set",
       R"({"time":"2026-11-24T10:00:00Z","http_status":429,"headers":{"authorization":"Bearer abcdefgh"},"body":"{\"apiKey\":\"abc\"}"})",
       "set-cookie: [ 'a=b' ]\nGEMINI_API_KEY=abc https://h/?key=abc&token=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
       R"(2026-11-24 10:00:00 ERROR {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}
2026-11-24 10:00:01 ERROR API key not valid
2026-11-24 10:00:02 ERROR API key not valid
[2026-11-24 10:00:03] 503 overloaded
2026/11/24 10:40:00 HTTP/1.1 503 request 12345678901
2026-11-24 10:41:00 POST HTTP/1.1" 200 OK)"}) {
    seeds.add("doctor", std::string{'\0'}, text);
    seeds.add("doctor", "\x01", text);
  }
}

void add_scenarios(Seeds& seeds) {
  const std::string_view texts[] = {
      R"({"name": "bad-day", "tier": "tier1", "starts_at": "2026-11-24T10:00:00Z"})",
      R"({"name": "lunch", "model": "calm", "tier": {"name": "mine", "rpm": 60, "tpm": 250000, "ipm": 10, "rpd": 250}, "cast": 24, "withheld_by": 10, "hopeless_at_most": 4, "episodes": [{"answer": "high-demand", "match": {"model": "gemini-3-pro-image", "prompt": "cat"}, "after": 2, "calls": 3, "latency_s": 1.5}, {"answer": "overloaded", "from_s": 60, "until_s": 1860}]})",
      R"({"seed": 7, "state": "down", "count_failures": false, "lying_retry_info": true, "shared_capacity": {"calls_per_minute": 24, "burst": 6, "rejected_costs": 0.1}, "episodes": [{"answer": {"internal": 3, "high-demand": 1}, "match": {"image": true, "size": "4K"}, "chance": 0.5, "state": "down", "until_state": "up", "next_state": "up", "fault": "slow-drip", "latency_s": {"p50": 9, "p99.9": 60}}]})",
      R"({"shared_capacity": 12, "lying_retry_info": null, "tier": {"text": {"rpm": 5, "tpm": 1, "rpd": 2}, "dollars_per_ten_minutes": 1.5}})",
      R"({"model": {"p503_by_hour": [0.1, 0.2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.3], "flash_503_factor": 0.5, "p503_calm": 0.01, "p503_burst": 0.8, "burst_mean_s": 60, "slow_503_share": 0.4, "slow_503_s": [1, 2], "fast_503_s": [3, 4], "p500_mean": 0.02, "p500_calm": 0.001, "p500_burst": 0.7, "burst500_mean_s": 90, "poison500_share": 0.5, "latency_median_s": {"pro": 20, "flash": 5}, "latency_sigma": 0.3, "overload_latency_factor": [1, 9], "p504": {"1K": [0.1, 0.2], "2K": [0.3, 0.4], "4K": [0.5, 0.6]}, "t504_s": 170, "size_mix": {"1K": 0.7}, "size_latency": {"1K": 1.1, "2K": 1.2, "4K": 1.3}, "safety": {"borderline_share": 0.2, "prohibited_share": 0.1, "borderline_block_original": 0.9, "reword_pass": 0.6, "filtered_share": 0.1}, "permanent": {"400": 0.01, "403": 0.02, "404": 0.03}, "retry_info_present": 0.4, "quota_detail_present": 0.3, "daily_hint_misleading_s": [2, 3], "count_429_rpm": true, "count_503_rpd": false, "network_s": [0, 1]}})",
      R"({"model": {"p503_by_hour": [0,0,0,0,0,0,0,0,0,0,0,0.5,0,0,0,0,0,0,0,0,0,0,0,1], "flash_503_factor": 0.5, "p503_calm": 0.1, "p503_burst": 0.9, "burst_mean_s": 90, "slow_503_share": 0.1, "slow_503_s": [1, 20], "fast_503_s": [0.1, 1], "p500_mean": 0.1, "burst500_mean_s": 60, "latency_median_s": {"pro": 20, "flash": 4}, "latency_sigma": 0.3, "size_latency": {"1K": 1, "2K": 1.5, "4K": 2}, "p504": {"1K": [0, 0.1], "4K": [0.1, 0.2]}, "t504_s": 60, "safety": {"borderline_share": 0.1, "reword_pass": 0.5}, "permanent": {"400": 0.01, "403": 0, "404": 0}, "retry_info_present": 0.5, "count_429_rpm": true, "size_mix": 1}})",
      R"({"model": {"count_503_rpd": 1}})",
      R"({"model": {"p503_by_hour": [2]}})",
      R"({"model": {"network_s": 3}})",
      R"({"model": {"quota_window": "sliding"}})",
      R"({"model": {"quota_window": "none"}})",
      R"({"model": {"permanent": {"400": 0.6, "403": 0.6, "404": 0}}})",
      R"({"model": {"safety": {"borderline_share": 0.6, "prohibited_share": 0.6}}})",
      R"({"model": "day", "projects": {"studio": ["key-1", "key-2"]}})",
      R"({"model": {}, "episodes": []})",
      R"({"episodes": [{"answer": "no-such"}]})"};
  for (const std::string_view text : texts) seeds.add("scenario", "", text);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 64;
  Seeds seeds{arguments[2]};
  add_bodies(seeds, arguments[1]);
  add_answers(seeds);
  add_pastes(seeds);
  add_scenarios(seeds);
}
