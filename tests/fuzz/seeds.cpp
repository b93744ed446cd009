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

void add_scenarios(Seeds& seeds) {
  for (
      const std::string_view text :
      {R"({"name": "bad-day", "tier": "tier1", "starts_at": "2026-11-24T10:00:00Z"})",
       R"({"name": "lunch", "model": "calm", "tier": {"name": "mine", "rpm": 60, "tpm": 250000, "ipm": 10, "rpd": 250}, "cast": 24, "withheld_by": 10, "hopeless_at_most": 4, "episodes": [{"answer": "high-demand", "match": {"model": "gemini-3-pro-image", "prompt": "cat"}, "after": 2, "calls": 3, "latency_s": 1.5}, {"answer": "overloaded", "from_s": 60, "until_s": 1860}]})",
       R"({"model": "day", "projects": {"a-key": "a"}})", R"({"model": {}, "episodes": []})", R"({"episodes": [{"answer": "no-such"}]})"})
    seeds.add("scenario", "", text);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 64;
  Seeds seeds{arguments[2]};
  add_bodies(seeds, arguments[1]);
  add_answers(seeds);
  add_scenarios(seeds);
}
