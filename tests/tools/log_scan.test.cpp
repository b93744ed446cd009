// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/log_records.hpp>
#include <ductile/tools/log_scan.hpp>
#include <ductile/tools/log_scan_text.hpp>
#include <ductile/tools/scan_log.hpp>

#include "../support/catch.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile;
using namespace ductile::tools;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::string_view overload =
    R"({"error": {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}})";
constexpr std::string_view wrong_key =
    R"({"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}})";
constexpr std::string_view spent_day =
    R"({"error": {"code": 429, "message": "Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 20, model: gemini-2.5-flash-image", "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "20"}]}]}})";
constexpr std::string_view prohibited = R"({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})";

LogScan scanned(const std::string& log) {
  std::istringstream in{log};
  return scan_log(in);
}

std::string at(std::string_view time, std::string_view words) {
  return "2026-11-24 " + std::string{time} + " ERROR " + std::string{words} + "\n";
}

std::vector<std::string> signs_of(const LogScan& scan) {
  std::vector<std::string> signs;
  for (const SeenSign& seen : scan.signs()) signs.emplace_back(name(seen.sign));
  return signs;
}

}  // namespace

TEST_CASE("A log's record is a line that begins with a time, and what follows it", "[doctor]") {
  std::istringstream in{
      "2026-11-24T10:00:00.123Z first\n  at second\n\nthird\n[2026-11-24 10:00:01] fourth\n{\"ts\": \"2026-11-24 10:00:02\"}\n"};
  LogRecords records{in};
  const auto first = records.next();
  REQUIRE(first);
  CHECK(first->text == " first\n  at second\n\nthird");
  CHECK(first->line == 1);
  const auto second = records.next();
  REQUIRE(second);
  CHECK(second->text == " fourth");
  CHECK(second->line == 5);
  CHECK(*second->time - *first->time == std::chrono::seconds{1});
  const auto third = records.next();
  REQUIRE(third);
  CHECK(*third->time - *first->time == std::chrono::seconds{2});
  CHECK_FALSE(records.next());
}

TEST_CASE("What a program calls debugging is a failure only where it is more than a guess", "[doctor]") {
  CHECK(scanned("2026-11-24 10:00:00 DEBUG timeout=30 retries=3\n").failures() == 0);
  CHECK(scanned("2026-11-24 10:00:00 INFO retrying after 503 UNAVAILABLE. The model is overloaded.\n").failures() == 1);
  CHECK(scanned("2026-11-24 10:00:00 ERROR timeout\n").failures() == 1);
}

TEST_CASE("A line's time is read with its zone, and in the form of a web server's log", "[doctor]") {
  struct Row {
    std::string_view line;
    std::string_view text;
    int hour;
  };
  const Row rows[]{{"2026-11-24T10:00:00.5+02:00 words", " words", 8},
                   {"2026-11-24 10:00:00-0800 words", " words", 18},
                   {"2026-11-24 10:00:00 - words", " - words", 10},
                   {R"(192.0.2.1 - - [24/Nov/2026:10:00:00 +0100] "POST / HTTP/1.1" 503 1)",
                    R"(192.0.2.1 - - [24/Nov/2026:10:00:00 +0100] "POST / HTTP/1.1" 503 1)", 9},
                   {R"({"time": "2026-11-24T10:00:00+01:00"})", R"({"time": "2026-11-24T10:00:00+01:00"})", 9}};
  for (const Row& row : rows) {
    CAPTURE(row.line);
    std::istringstream in{std::string{row.line}};
    const auto record = LogRecords{in}.next();
    REQUIRE(record);
    REQUIRE(record->time);
    const auto day = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24};
    CHECK(std::chrono::floor<std::chrono::hours>(*record->time - WallTime{day}).count() == row.hour);
    CHECK(record->text == row.text);
  }
  std::istringstream in{"192.0.2.1 - - [24/Nix/2026:10:00:00 +0100] words"};
  CHECK_FALSE(LogRecords{in}.next()->time);
}

TEST_CASE("A time that no clock shows begins no record", "[doctor]") {
  for (const std::string_view time : {"1013-11-24 10:00:00", "2026-13-24 10:00:00", "2026-02-30 10:00:00", "9999-01-01 00:00:00"}) {
    CAPTURE(time);
    std::istringstream in{std::string{time} + " words\n"};
    const auto record = LogRecords{in}.next();
    REQUIRE(record);
    CHECK_FALSE(record->time);
    CHECK(record->text == std::string{time} + " words");
  }
}

TEST_CASE("A time that syslog writes is read, in the year that fits where it names none", "[doctor]") {
  using namespace std::chrono;
  const auto day_of = [](int of_year, unsigned of_month, unsigned day) {
    return WallTime{sys_days{year{of_year} / static_cast<int>(of_month) / static_cast<int>(day)}};
  };
  const WallTime now = day_of(2026, 11, 30) + 18h;
  struct Row {
    std::string_view line;
    std::string_view text;
    WallTime time;
  };
  const Row rows[]{
      {"Nov 30 10:00:05 host app[7]: words", " host app[7]: words", day_of(2026, 11, 30) + 10h + 5s},
      {"Nov  3 10:00:05 host app: words", " host app: words", day_of(2026, 11, 3) + 10h + 5s},
      {"<134>Nov 30 10:00:05 host words", " host words", day_of(2026, 11, 30) + 10h + 5s},
      {"Dec  1 09:00:00 another zone", " another zone", day_of(2026, 12, 1) + 9h},
      {"Dec 24 10:00:00 last year", " last year", day_of(2025, 12, 24) + 10h},
      {"Feb 29 10:00:00 a leap day", " a leap day", day_of(2024, 2, 29) + 10h},
      {"<165>1 2026-11-30T10:00:05.003+01:00 host app - ID47 - words", " host app - ID47 - words", day_of(2026, 11, 30) + 9h + 5s},
      {"2026/11/30 10:00:05 words", " words", day_of(2026, 11, 30) + 10h + 5s}};
  for (const Row& row : rows) {
    CAPTURE(row.line);
    std::istringstream in{std::string{row.line}};
    const auto record = LogRecords{in, now}.next();
    REQUIRE(record);
    REQUIRE(record->time);
    CHECK(record->text == row.text);
    CHECK((*record->time == row.time));
  }
  for (const std::string_view line :
       {"Nix 30 10:00:05 words", "Nov 31 10:00:05 words", "Nov 30 1000 words", "<abc>Nov 30 10:00:05", "<165>1 - host app"}) {
    CAPTURE(line);
    std::istringstream in{std::string{line}};
    const auto record = LogRecords{in, now}.next();
    REQUIRE(record);
    CHECK_FALSE(record->time);
    CHECK(record->text == line);
  }
  std::istringstream two{"Nov 30 10:00:05 host one\n  more of one\nNov 30 10:00:06 host two\n"};
  LogRecords records{two, now};
  CHECK(records.next()->text == " host one\n  more of one");
  CHECK(records.next()->text == " host two");
}

TEST_CASE("A JSON record's time may be counted from 1970, in any unit, as a number or a string", "[doctor]") {
  const auto ten = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 30}} + std::chrono::hours{10};
  for (const std::string_view count : {"1796032800", "1796032800.25", "1796032800250", "1796032800250.0", "1796032800250000",
                                       "1796032800250000000", "1.79603280025e9", "\"1796032800\"", "\"1796032800250\""}) {
    CAPTURE(count);
    std::istringstream in{"{\"level\": \"error\", \"ts\": " + std::string{count} + ", \"msg\": \"503\"}"};
    const auto record = LogRecords{in}.next();
    REQUIRE(record);
    REQUIRE(record->time);
    const auto late = *record->time - ten;
    CHECK((late == std::chrono::milliseconds{0} || late == std::chrono::milliseconds{250}));
    CHECK((late == std::chrono::milliseconds{0}) == (count.find("25") == count.npos));
  }
  for (const std::string_view count : {"17", "-1796032800", "99999999999", "7258118400", "1796032800x", "nan", "\"soon\"", "null", "{}"}) {
    CAPTURE(count);
    std::istringstream in{"{\"ts\": " + std::string{count} + "}"};
    CHECK_FALSE(LogRecords{in}.next()->time);
  }
}

TEST_CASE("A body below its dated line belongs to it, however it is printed", "[doctor]") {
  const std::string pretty =
      "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"The model is overloaded.\",\n    \"status\": \"UNAVAILABLE\"\n  }\n}\n";
  std::string log;
  for (const std::string_view time : {"10:00:00", "10:20:00", "10:40:00"}) log += at(time, "HTTP 503 from gemini:") + pretty;
  const LogScan scan = scanned(log);
  CHECK(scan.records() == 3);
  CHECK(scan.failures() == 3);
  REQUIRE(scan.rows().size() == 1);
  CHECK(scan.rows()[0].id == "overloaded");
  CHECK(signs_of(scan) == std::vector<std::string>{"half_an_hour"});
  CHECK(scanned(at("10:00:00", "words") + std::string{overload} + "\n").records() == 1);
  CHECK(scanned(at("10:00:00", "words") + "{\"ts\": \"2026-11-24T10:00:01Z\", \"a\": 1}\n").records() == 2);
}

TEST_CASE("One object a line is a log of its own, whatever dated line stands before it", "[doctor]") {
  std::string log = "2026-11-24 10:00:00 INFO start\n";
  for (int i = 0; i < 6; ++i) log += std::string{overload} + "\n";
  const LogScan scan = scanned(log);
  CHECK(scan.records() == 6);
  CHECK(scan.failures() == 6);
}

TEST_CASE("Of lines that a collector dated one by one those that go on belong to the one before them", "[doctor]") {
  const std::vector<std::string> lines{
      "ERROR gemini failed", "{", "  \"error\": {", "    \"code\": 503,", "    \"message\": \"The model is overloaded.\"", "  }", "}"};
  for (const std::string head : {"2026-11-30T10:00:00.1Z stderr F ", "Nov 30 10:00:00 host painter[17]: "}) {
    CAPTURE(head);
    std::string log;
    for (int failures = 0; failures < 3; ++failures)
      for (const std::string& line : lines) log += head + line + "\n";
    const LogScan scan = scanned(log);
    CHECK(scan.records() == 3);
    CHECK(scan.failures() == 3);
    REQUIRE(scan.rows().size() == 1);
    CHECK(scan.rows()[0].id == "overloaded");
  }
  const std::string lines_of_json = R"(2026-11-30T10:00:00Z stdout F {"error":{"code":503,"message":"The model is overloaded."}})";
  CHECK(scanned(lines_of_json + "\n" + lines_of_json + "\n").records() == 2);
  CHECK(scanned("Nov 30 10:00:00 host painter: a\nNov 30 10:00:00 host painter:   b\n").records() == 2);
  CHECK(scanned("2026-11-30T10:00:00Z a\n2026-11-30T10:00:00Z   b\n").records() == 2);
}

TEST_CASE("A time without a day begins a record, where no line has one with a day", "[doctor]") {
  const std::string trace = "10:00:00.123 [main] ERROR gemini failed\nServerException: 503 The model is overloaded.\nCaused by: 503\n";
  const LogScan scan = scanned(trace + trace + trace);
  CHECK(scan.records() == 3);
  CHECK(scan.failures() == 3);
  CHECK_FALSE(scan.first());
  CHECK(scanned("2026-11-30T10:00:00Z ERROR 503 overloaded\n10:00:00 of a table\n").records() == 1);
}

TEST_CASE("A time is found behind what a container, a level or a name puts before it", "[doctor]") {
  for (const std::string_view line :
       {"app-1  | 2026-11-24T10:00:00Z words", "[pod/x-1/app] 2026-11-24T10:00:00Z words", "ERROR 2026-11-24 10:00:00 words",
        "ERROR    [2026-11-24 10:00:00] words", "time=\"2026-11-24T10:00:00Z\" level=error msg=words",
        "level=error ts=2026-11-24T10:00:00Z words", "\x1B[31m2026-11-24 10:00:00 \x1B[0mwords"}) {
    CAPTURE(line);
    std::istringstream in{std::string{line}};
    const auto record = LogRecords{in}.next();
    REQUIRE(record);
    REQUIRE(record->time);
    CHECK(*record->time == WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + 10h);
    CHECK(record->text.find("words") != std::string::npos);
    CHECK(record->text.find('\x1B') == std::string::npos);
  }
  for (const std::string_view line : {"built on 2026-11-24 10:00:00 by us", "  at x 2026-11-24 10:00:00", "ERRORS 2026-11-24 10:00:00"}) {
    CAPTURE(line);
    std::istringstream in{std::string{line}};
    CHECK_FALSE(LogRecords{in}.next()->time);
  }
}

TEST_CASE("A scan that finds no time says what it could not look for", "[doctor]") {
  const std::string words = "what half an hour or a minute would tell is not looked for";
  CHECK_THAT(log_scan_text(scanned(std::string{overload} + "\n")), ContainsSubstring(words));
  CHECK_THAT(log_scan_text(scanned(at("10:00:00", overload))), !ContainsSubstring(words));
}

TEST_CASE("Without times each line of a log is a record", "[doctor]") {
  const LogScan scan = scanned("one\ntwo\n\n" + std::string{overload} + "\n");
  CHECK(scan.records() == 3);
  CHECK(scan.failures() == 1);
  CHECK(scan.rows().front().id == "overloaded");
  CHECK(scan.rows().front().first.line == 4);
}

TEST_CASE("A scan counts each failure, and says when it was first and last seen", "[doctor]") {
  const LogScan scan = scanned(at("10:00:00", overload) + at("10:00:05", "request done in 503.2 ms") + at("10:01:00", wrong_key) +
                               at("10:02:00", overload) + at("10:03:00", overload));
  CHECK(scan.records() == 5);
  CHECK(scan.failures() == 4);
  const std::vector<LogFailure> rows = scan.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].id == "overloaded");
  CHECK(rows[0].count == 3);
  CHECK(*rows[0].last.time - *rows[0].first.time == std::chrono::minutes{3});
  CHECK(rows[0].useless == 0);
  CHECK(rows[1].id == "api-key-invalid");
}

TEST_CASE("Repeats of what no repeat cures are in vain, until something was well", "[doctor]") {
  const std::string well = R"(POST /v1beta/models/gemini-3-pro-image:generateContent HTTP/1.1" 200 812345)";
  const LogScan in_vain = scanned(at("10:00:00", wrong_key) + at("10:00:01", wrong_key) + at("10:00:02", wrong_key));
  CHECK(in_vain.rows().front().useless == 2);
  const LogScan mended = scanned(at("10:00:00", wrong_key) + at("10:00:01", well) + at("10:00:02", wrong_key));
  CHECK(mended.rows().front().useless == 0);
}

TEST_CASE("Another tier is said to help with its limits, never with overload or what was withheld", "[doctor]") {
  const LogScan scan = scanned(at("10:00:00", spent_day) + at("10:05:00", overload) + at("10:10:00", prohibited));
  for (const LogFailure& row : scan.rows()) CHECK(row.is_of_tier == (row.kind == Kind::quota));
  const std::string text = log_scan_text(scan);
  CHECK_THAT(text, ContainsSubstring("would help with 1, which are limits of this one; not with the 1 for want of room, which every tier "
                                     "gets; not with the 1 withheld"));
}

TEST_CASE("Three signs say stop", "[doctor]") {
  CHECK(signs_of(scanned(at("10:00:00", overload) + at("10:29:00", overload))).empty());
  CHECK(signs_of(scanned(at("10:00:00", overload) + at("10:30:00", overload))) == std::vector<std::string>{"half_an_hour"});
  CHECK(signs_of(scanned(at("10:00:00", prohibited))) == std::vector<std::string>{"prohibited"});
  CHECK(signs_of(scanned(at("10:00:00", overload) + at("10:00:20", wrong_key) + at("10:00:59", spent_day))) ==
        std::vector<std::string>{"several_kinds"});
  CHECK(signs_of(scanned(at("10:00:00", overload) + at("10:00:20", wrong_key) + at("10:01:21", spent_day))).empty());
}

TEST_CASE("A scan is a histogram with first and last, what was in vain and its price, and each sign with its next step", "[doctor]") {
  const std::string well = R"(POST /v1beta/models/gemini-3-pro-image:generateContent HTTP/1.1" 200 812345)";
  std::string log;
  for (int i = 0; i < 3; ++i) log += at("10:0" + std::to_string(i) + ":00", wrong_key);
  log += at("10:04:00", well) + at("10:05:00", prohibited) + at("10:05:10", prohibited) + at("10:05:20", overload) +
         at("10:05:30", spent_day) + at("10:40:00", overload);
  const LogScan scan = scanned(log);
  const std::string text = log_scan_text(scan);
  CAPTURE(text);
  CHECK_THAT(text, ContainsSubstring("9 records, 8 failures of 4 sorts, 2026-11-24T10:00:00Z to 2026-11-24T10:40:00Z"));
  CHECK_THAT(text, ContainsSubstring("3        2026-11-24T10:00:00Z  2026-11-24T10:02:00Z  api-key-invalid"));
  CHECK_THAT(text, ContainsSubstring("2        2026-11-24T10:05:20Z  2026-11-24T10:40:00Z  overloaded"));
  CHECK_THAT(text, ContainsSubstring("3 of them repeat what no repeat cures; 1 count against the quota, 1 may be charged:"));
  CHECK_THAT(text,
             ContainsSubstring("overloaded for half an hour, with nothing well in between, from 2026-11-24T10:05:20Z\n            Wait"));
  CHECK_THAT(text, ContainsSubstring("Send no such prompt again; the project may be suspended."));
  CHECK_THAT(text, ContainsSubstring("three kinds of failure within a minute"));
  CHECK_THAT(text, ContainsSubstring("Stop sending, and try one cheap call by hand"));
  const boost::json::value json = boost::json::parse(log_scan_json(scan));
  CHECK(json.at("useless") == 3);
  CHECK(json.at("useless_billed") == 1);
  CHECK(json.at("higher_tier_helps_with") == 1);
  CHECK(json.at("stop").as_array().size() == 3);
}

TEST_CASE("A scan is one JSON object, and says nothing that looks like a key", "[doctor]") {
  const LogScan scan =
      scanned(at("10:00:00", std::string{overload} + " key=AIzaSyA-1234567890abcdefghijklmnopqrstuvw") + at("10:30:00", overload));
  const std::string json = log_scan_json(scan);
  const boost::json::value parsed = boost::json::parse(json);
  CHECK(parsed.at("records").as_int64() == 2);
  CHECK(parsed.at("rows").at(0).at("id").as_string() == "overloaded");
  CHECK(parsed.at("stop").at(0).at("sign").as_string() == "half_an_hour");
  CHECK(json.find("AIza") == std::string::npos);
  CHECK(log_scan_text(scan).find("AIza") == std::string::npos);
}

TEST_CASE("Long numbers do not make a record another one, and codes do", "[doctor]") {
  std::string log;
  for (int i = 0; i < 50; ++i)
    log += at("10:00:00", "WinError 1006" + std::to_string(i % 2) + ", request 123456789" + std::to_string(100 + i));
  const LogScan scan = scanned(log);
  const std::vector<LogFailure> rows = scan.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].count == 25);
  CHECK(rows[1].count == 25);
}

TEST_CASE("A record that never ends is cut, and the scan goes on", "[doctor]") {
  std::string log = at("10:00:00", overload);
  for (int i = 0; i < 3000; ++i) log += std::string(100, 'x') + "\n";
  log += at("10:00:01", overload);
  const LogScan scan = scanned(log);
  CHECK(scan.records() == 2);
  CHECK(scan.rows().front().count == 2);
}

namespace {

std::string entry_at(std::string_view time, int status, std::string_view body) {
  return boost::json::serialize(boost::json::object{
      {"startedDateTime", time},
      {"request", {{"method", "POST"}, {"url", "https://example.invalid/v1beta/models/gemini-3-pro-image:generateContent"}}},
      {"response", {{"status", status}, {"headers", boost::json::array{}}, {"content", {{"text", body}}}}}});
}

}  // namespace

TEST_CASE("An archive of exchanges is scanned as a log is, its entries with their times", "[doctor]") {
  const std::string page = R"({"startedDateTime": "2026-11-24T09:00:00Z", "request": {"url": "https://example.invalid/"},
    "response": {"status": 200, "headers": [], "content": {"text": "quota exceeded? ask us"}}})";
  const std::string entries =
      page + "," + entry_at("2026-11-24T11:00:00.250+01:00", 429, spent_day) + "," + entry_at("2026-11-24T11:20:00+01:00", 429, spent_day) +
      "," + entry_at("2026-11-24T11:31:00+01:00", 429, spent_day) + "," + entry_at("2026-11-24T11:32:00+01:00", 503, overload);
  const char* const forms[] = {"{\"log\":{\"version\":\"1.2\",\"entries\":[", "\xEF\xBB\xBF{\n  \"log\" : {\n    \"entries\" : [\n"};
  for (const std::string form : forms) {
    CAPTURE(form);
    const LogScan scan = scanned(form + entries + "]}}");
    CHECK(scan.records() == 4);  // the page is no exchange with a model
    const std::vector<LogFailure> rows = scan.rows();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].id == "rpd-free");
    CHECK(rows[0].count == 3);
    CHECK(rows[0].useless == 2);
    CHECK(rows[0].first.line == 1);
    CHECK(rows[0].last.line == 3);
    CHECK(rows[1].id == "overloaded");
    CHECK(signs_of(scan) == std::vector<std::string>{"half_an_hour"});
    REQUIRE(scan.first());
    CHECK(*scan.first() ==
          WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + std::chrono::hours{10} + std::chrono::milliseconds{0});
  }
}

TEST_CASE("What a browser asks beside the call, and what went well beside it, is no failure of an archive", "[doctor]") {
  const auto entry = [](std::string_view method, std::string_view path, int status, std::string_view body) {
    return boost::json::serialize(
        boost::json::object{{"startedDateTime", "2026-11-24T10:00:00Z"},
                            {"request", {{"method", method}, {"url", "https://example.invalid/v1beta/models" + std::string{path}}}},
                            {"response", {{"status", status}, {"headers", boost::json::array{}}, {"content", {{"text", body}}}}}});
  };
  const std::string beside = entry("OPTIONS", "/m:generateContent", 200, "") + "," + entry("OPTIONS", "/m:generateContent", 204, "") + "," +
                             entry("GET", "", 200, R"({"models":[]})") + "," + entry("GET", "", 304, "") + "," +
                             entry("POST", "/m:countTokens", 200, R"({"totalTokens":5})");
  const LogScan scan = scanned("{\"log\":{\"entries\":[" + beside + "," + entry("POST", "/m:generateContent", 503, overload) + "," +
                               entry("GET", "", 400, wrong_key) + "]}}");
  CHECK(scan.records() == 2);
  CHECK(scan.failures() == 2);
}

TEST_CASE("One entry of an archive is scanned as the archive is", "[doctor]") {
  const LogScan scan = scanned(entry_at("2026-11-24T11:00:00Z", 503, overload));
  CHECK(scan.failures() == 1);
  REQUIRE(scan.first());
  CHECK(*scan.first() == WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + std::chrono::hours{11});
}

TEST_CASE("An archive that is cut off, and what only begins like one, is read line by line", "[doctor]") {
  const LogScan cut = scanned("{\"log\": {\"entries\": [\n" + entry_at("2026-11-24T11:00:00Z", 503, overload) + ",\n");
  CHECK(cut.records() == 2);
  REQUIRE(cut.rows().size() == 1);
  CHECK(cut.rows()[0].id == "overloaded");
  const LogScan lines =
      scanned("{\"log\": \"x\", \"level\": \"error\", \"message\": \"503 The model is overloaded. Please try again later.\"}\n");
  CHECK(lines.records() == 1);
  CHECK(lines.rows().size() == 1);
  CHECK(scanned("").records() == 0);
}
