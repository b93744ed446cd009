// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/redacted_paste.hpp>

#include "../support/catch.hpp"

#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

using ductile::tools::redacted_paste;

TEST_CASE("A paste for others names no key, no image, no project and no person", "[doctor]") {
  struct Row {
    std::string given;
    std::string_view shown;
  };
  const std::string image(200, 'A');
  const Row rows[]{
      {"nothing to hide: 503 UNAVAILABLE", "nothing to hide: 503 UNAVAILABLE"},
      {"\"data\": \"" + image + "\"", "\"data\": \"[base64, 200 letters]\""},
      {"projects/my-own-project-1234/locations/global", "projects/[project]/locations/global"},
      {"has not been used in project 884411223344 before. Visit https://x/overview?project=884411223344 then retry.",
       "has not been used in project [project] before. Visit https://x/overview?project=[project] then retry."},
      {"the project 12 of the list", "the project 12 of the list"},
      {"\"consumer\": \"projects/123456789012\"", "\"consumer\": \"projects/[project]\""},
      {"mytool --project=my-project-1234 --project mine", "mytool --project=[project] --project [project]"},
      {"{\"project_id\": \"my-proj\", \"a\": 1}", "{\"project_id\": \"[project]\", \"a\": 1}"},
      {"GOOGLE_CLOUD_PROJECT=my-proj node x", "GOOGLE_CLOUD_PROJECT=[project] node x"},
      {"x-goog-user-project: my-proj", "x-goog-user-project: [project]"},
      {"ask jane.doe+x@example.com for it", "ask [address] for it"},
      {"@type: type.googleapis.com/google.rpc.Help", "@type: type.googleapis.com/google.rpc.Help"},
      {"https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro-image:generateContent",
       "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro-image:generateContent"},
  };
  for (const Row& row : rows) CHECK(redacted_paste(row.given) == row.shown);
  const std::string key = "AIzaSyA1234567890abcdefghijklmnopqrstuv";
  CHECK(redacted_paste("x-goog-api-key: " + key).find(key) == std::string::npos);
  CHECK(redacted_paste("my secret is s3cr3t-s3cr3t", "s3cr3t-s3cr3t").find("s3cr3t") == std::string::npos);
}

TEST_CASE("A secret is masked by its name, wherever a paste has it", "[doctor]") {
  for (const std::string_view paste : {
           "x-goog-api-key: S3CRET",
           "GEMINI_API_KEY=S3CRET node app.js",
           "{'Authorization': 'Basic S3CRET', 'a': 1}",
           "Cookie: SID=S3CRET; HSID=S3CRET",
           "set-cookie: [ 'a=S3CRET; Path=/' ]",
           R"({"headers":[{"name":"x-goog-api-key","value":"S3CRET"}]})",
           R"({"cookies":[{"name":"SID","value":"S3CRET"},{"name":"b","value":"S3CRET","path":"/"}]})",
           R"({\"apiKey\": \"S3CRET\"})",
           "https://h/v1beta/models?key=S3CRET&alt=sse",
           "https://h/o?alt=media&token=S3CRET",
           R"("client_secret" : "S3CRET")",
           R"("queryString":[{"name":"key","value":"S3CRET"}])",
           "{\n            \"name\": \"Cookie\",\n            \"value\": \"a=S3CRET\"\n          }",
           R"("queryString":[{"name":"access_token", "value":"S3CRET"}])",
           R"("private_key": "-----BEGIN PRIVATE KEY-----\nS3CRET\n-----END PRIVATE KEY-----\n")",
           "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDS3CRETbcdefghij\nS3CRET==\n-----END PRIVATE "
           "KEY-----\n",
           "-----BEGIN RSA PRIVATE KEY----- MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQD S3CRET... and more",
           "aws_secret_access_key=S3CRET",
           "AoIBAQDS3CRET\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDS3CRETbcdefgh\nS3CRET==\n-----END PRIVATE KEY-----\n",
           "and its end:\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDS3CRETbcdefgh\nS3CRET==\n503 overloaded",
           R"(...xyz\nS3CRET==\n-----END PRIVATE KEY-----\n", "a": 1)",
           "S3CRET== -----END CERTIFICATE-----",
           "[('x-goog-api-key', 'S3CRET'), ('accept', 'x')]",
           "rawHeaders: [ 'x-api-key', 'S3CRET' ]",
           "mytool --token S3CRET --out x",
           "token=\"S3CRET and S3CRET\"",
           "session=S3CRET; path=/",
           "X-Api-Key S3CRET12345 was refused",
           "<apiKey>S3CRET</apiKey>",
           "\x1B[31mx-goog-api-key\x1B[0m: S3CRET",
           "HTTPS_PROXY=bob:S3CRET@proxy.corp:3128",
           "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDS3CRETbcdefghhhhhhhhhhhhh\nS3CRETabcdefghijklmnopqrstuvwxyz1234\n",
           "curl -u bob:S3CRET https://h/",
           "curl -sS https://h/ -ubob:S3CRET",
           "curl --user 'bob:S3CRET with blanks' https://h/",
           "curl https://h/ \\\n  --proxy-user=bob:S3CRET",
           "curl -x http://h:3128 -U bob:S3CRET https://h/",
           "Authorization: Basic Ym9iOlMzQ1JFVA== and S3CRET",
           "proxy wants Basic S3CRETpibzpi here",
           "clientSecret: 'S3CRET'",
           "\"private_key_id\": \"S3CRET\"",
           "mytool --api-key S3CRET --out x",
           "mytool --api-key=S3CRET --out x",
           "api_key:\n  S3CRET\nmodel: x\n",
           "api_key: |\n  S3CRET\n",
           "{\n  \"api_key\":\n    \"S3CRET\"\n}",
           "http://bob:S3CRET@localhost:3128",
           "Proxy https://alice:S3CRET@proxy.corp:3128 refused",
           "ghp_S3CRET7e42F292c6912E7710c838347Ae178B4a 503 overloaded",
           "xoxb-123456789012-S3CRETgHiJkLmNoPq",
           "https://storage.googleapis.com/b/o?X-Goog-Signature=S3CRETabcd&x=1",
           // a blank of any sort, and any number of them
           "x-goog-api-key:\tmykeyS3CRET",
           "password:\thunter2S3CRET",
           "{\"password\":\n\n  \"S3CRET\"}",
           "{\n\t\"password\":\n\t\"S3CRET and S3CRET\"\n}",
           "{\"apiKey\" :\r\n\t\"S3CRET and S3CRET\"}",
           "{\"apiKey\"\n: \"S3CRET\"}",
           "api_key: >-\r\n  S3CRET\r\n",
           // a quote within the value
           "Cookie: lang=\"en\"; PHPSESSID=S3CRET",
           R"({"name":"Cookie","value":"lang=\"en\"; PHPSESSID=S3CRET"})",
           R"({"password":"ab\"cdS3CRET"})",
           R"("{\"password\":\"ab\\\"cdS3CRET\"}")",
           "Authorization: Digest username=\"me\", realm=\"x\", response=\"S3CRET\"",
           R"({"raw":"GET / HTTP/1.1\r\nCookie: lang=\"en\"; SID=S3CRET\r\nHost: h\r\n"})",
           "curl -H 'cookie: a=\"b\"; SID=S3CRET' -H 'accept: x'",
           R"(curl -H 'cookie: a='\''b'\''; SID=S3CRET' -H 'accept: x')",
           R"(curl -H $'cookie: a=\'b\'; SID=S3CRET')",
           "password='it''s S3CRET'",
           R"x(password = """S3CRET" and S3CRET""")x",
           R"("{""password"": ""S3CRET and S3CRET""}")",
           "{&quot;password&quot;:&quot;S3CRET and S3CRET&quot;}",
           "{\xE2\x80\x9Cpassword\xE2\x80\x9D: \xE2\x80\x9CS3CRET and S3CRET\xE2\x80\x9D}",
           // what a browser, a shell, a library or a cluster makes of it
           "curl 'https://h/' -b 'NID=S3CRET; __Secure-1PSID=S3CRET'",
           "curl https://h/ -bNID=S3CRET",
           "curl --cookie \"NID=S3CRET\" https://h/",
           "curl -su me:S3CRET https://h/",
           "curl -d '{\n  \"a\": 1}' -u me:S3CRET https://h/",
           "receive_response_headers.complete (b'HTTP/1.1', 200, b'OK', [(b'Set-Cookie', b'NID=S3CRET')])",
           "(b'x-goog-api-key', b'S3CRET')",
           R"($session.Cookies.Add((New-Object System.Net.Cookie("NID", "S3CRET", "/", ".google.com"))))",
           "os.environ['GEMINI_API_KEY'] = 'S3CRET'",
           "headers[\"x-goog-api-key\"] = \"S3CRET\"",
           "        - name: GEMINI_API_KEY\n          value: S3CRET with blanks\n        - name: b\n",
           "- value: S3CRET\n  name: GEMINI_API_KEY\n",
           "setx GEMINI_API_KEY \"S3CRET1234\"",
           "set -gx GEMINI_API_KEY S3CRET",
           R"({"value":"S3CRET","name":"x-goog-api-key"})",
           R"({"name":"x-goog-api-key","comment":"","value":"S3CRET"})",
           R"({"value":"a {S3CRET} b","name":"x-goog-api-key"})",
           R"x(<Header name="x-goog-api-key" value="S3CRET"/>)x",
           R"x(<add value="S3CRET" key="x-goog-api-key"/>)x",
           R"x(<string name="api_key">S3CRET</string>)x",
           "<RequestsCookieJar[<Cookie SID=S3CRET for .example.com/>]>",
           "Cookie(version=0, name='SID', value='S3CRET', port=None)",
           "const apiKey: string = \"S3CRET and S3CRET\";",
           "api_key=SecretStr('S3CRET')",
           "api_key = gemini::ApiKey{\"S3CRET\"};",
           "gemini.api.key=S3CRET",
           R"(client.withApiKey("S3CRET"))",
           R"(curl ^"https://h/^" ^-b ^"a=^\^"b^\^"; NID=S3CRET^" ^-H ^"cookie: a=^\^"b^\^"; SID=S3CRET^" ^-H ^"accept: x^")",
           R"(http.Header{"X-Goog-Api-Key":[]string{"S3CRET", "S3CRET"}})",
           "<key>API_KEY</key>\n\t<string>S3CRET</string>",
           R"x(<tr><td class="e">GEMINI_API_KEY </td><td class="v">S3CRET </td></tr>)x",
           "api_keys: [S3CRET, S3CRET]",
           "GEMINI_API_KEYS=S3CRET,S3CRET",
           "secret_key_base: S3CRET",
           "token = \"S3CRET\"",
           "token = abcdefS3CRET123",
           "HF_TOKEN = S3CRET",
           "{\"$GEMINI_API_KEY\", \"S3CRET\"}",
           "__Secure-1PSID=S3CRET",
           "a=b%26password%3DS3CRET%26c=d",
           // a bracket within a list
           R"({"cookies":[{"name":"cookie[three]","value":"S3CRET"},{"name":"SID2","value":"S3CRET"}]})",
           R"({"set-cookie":["prefs=S3CRET[1]; Path=/","PHPSESSID=S3CRET"]})",
           R"("cookies": {"SID": "S3CRET", "b": "S3CRET"})",
           "cookies={'SID': 'S3CRET'}",
           "set-cookie:[a=S3CRET; Path=/]",
           // what was masked before, and what begins with a brace
           "Cookie: [redacted]; PHPSESSID=S3CRET",
           "password=[redacted]S3CRET",
           "password={abcS3CRET}",
           "password=abc,S3CRET&S3CRET",
           // names
           "Ocp-Apim-Subscription-Key: 0123456789abcdefS3CRET0123456789",
           "X-Auth-Key: 0123456789abcdefS3CRET0123456789",
           "X-Functions-Key: 0123456789abcdefS3CRET0123456789==",
           "REPLICATE_API_TOKEN=S3CRET",
           "HF_TOKEN=S3CRET",
           "GITHUB_TOKEN=S3CRET",
           "X-Amz-Security-Token: IQoJb3JpZ2luS3CRET",
           "https://h/?X-Amz-Signature=S3CRET",
           "passphrase: correct horse S3CRET",
           "DB_PASS=S3CRET",
           "DB_PWD=S3CRET",
           R"({"token":"abcdefS3CRET0123456789"})",
           R"({"token":"S3CRET"})",
           "stripe sk_live_S3CRETabcdefghijklmn1",
           "gsk_S3CRETabcdefghijklmn1",
           "xai-S3CRETabcdefghijklmn1",
           "ASIAS3CRETABCDEFGHIJ1",
           "http://user:p#S3CRET@proxy:3128",
           "http://user:p/S3CRET?x@proxy:3128",
       }) {
    CAPTURE(paste);
    CHECK(redacted_paste(paste).find("S3CRET") == std::string::npos);
    CHECK(redacted_paste(paste).find("[redacted]") != std::string::npos);
    CHECK(redacted_paste(redacted_paste(paste)) == redacted_paste(paste));
  }
  CHECK(redacted_paste(R"({"set-cookie":["prefs=[1]; Path=/","PHPSESSID=S"],"a":1})") ==
        R"({"set-cookie":["[redacted]","[redacted]"],"a":1})");
  CHECK(redacted_paste("curl -H 'cookie: SID=S' -H 'accept: x'") == "curl -H 'cookie: [redacted]' -H 'accept: x'");
  CHECK(redacted_paste("https://h?key=S&alt=sse, twice") == "https://h?key=[redacted]&alt=sse, twice");
  CHECK(redacted_paste("{api_key=S, model=x}") == "{api_key=[redacted], model=x}");
  CHECK(redacted_paste("[HTTP/2] [1] [x-goog-api-key: S]") == "[HTTP/2] [1] [x-goog-api-key: [redacted]]");
  CHECK(redacted_paste("{\"log\":{\"cookies\":[],\"headers\":[{\"name\":\"a\",\"value\":\"b\"}]}}") ==
        "{\"log\":{\"cookies\":[],\"headers\":[{\"name\":\"a\",\"value\":\"b\"}]}}");
  CHECK(redacted_paste("token eyJhbGciOiJSUzI1NiIsImtpZCI6.eyJpc3MiOiJodHRwcyJ9.c2lnbmF0dXJl end") == "token [redacted] end");
  CHECK(redacted_paste("thoughtSignature: CiQB0e2Kb7Xv3nQm9Lr4Tz8Wc1Yd5Gf6Hj2Ks0Pa7Bn3VmQ1w2E3r4").find("Bn3Vm") == std::string::npos);
}

TEST_CASE("What only looks like a secret stays: names of quotas, paths, and words about keys", "[doctor]") {
  for (const std::string_view paste :
       {"quotaId: GenerateContentPaidTierInputTokensPerModelPerMinute-PaidTier2-FreeTier",
        "API key not valid. Please pass a valid API key.",
        "/usr/lib/python3/dist-packages/google/genai/Client3/models2/errors1.py",
        "the cookie was refused, and the password too",
        "--api-key --out x",
        "API_KEY_INVALID: API key expired",
        "https://h:8080/a@b and https://h/x:y@z",
        "maxOutputTokens: 12",
        "x-goog-api-key:\nHTTP/1.1 503 Service Unavailable",
        "Method doesn't allow unregistered callers (no authorization)",
        "docker run -u 1000:1000 x",
        "nextPageToken: abcdef",
        "the token was refused",
        "an unexpected token, and a session that ended",
        "api_key and model",
        "proxy=on, mail=off",
        "curl -u bob https://h/",
        "a basic question: which one",
        "-----END of it, and more",
        "Basic authentication is off",
        "hf_hub_download_from_cache of ghs_something_without_a_figure",
        "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
        "unexpected token: 'const1234'",
        R"({"nextPageToken":"CAESBWFiYw1234567890"})",
        "pass=12 fail=3",
        "PWD=/srv/app",
        "model_key: gemini-3-pro-image-preview",
        R"({"a":{"name":"model","value":"x"},"password":null,"apiKey":{"type":"string"}})",
        "headers: {'x-goog-api-key': undefined}",
        "error[E0433]: crate::password::Hash",
        "curl https://h/\ndocker run -u 1000:1000 x",
        "http://localhost:8080/a?b=c@d",
        "- name: MODEL\n  value: gemini-3-pro-image\n",
        R"x(<Header name="accept" value="text/html"/>)x",
        "the project: it is new",
        "what follows `projects/` and `project=`, and `password=`; `?project=`, `&password=`. `apiKey`: the key",
        "keys of a project: `projects` in the scenario",
        "const auto token = query_field(request); entry.signature = 0; project = hash(x);",
        "said.tokens = 90; password=*** key=...",
        "`pass`, `again_now`; 'session', 'ended'",
        R"("thoughtSignature": "2Y4BO2+kVDw6ESREHY3/vn3sdkMAaJXPM+0Y...")"}) {
    CAPTURE(paste);
    CHECK(redacted_paste(paste) == paste);
  }
}

TEST_CASE("Every known secret is masked, whatever it looks like, also where a cut has left a piece of it", "[doctor]") {
  const std::vector<std::string_view> both{"first/key's=own", "second,key"};
  const ductile::tools::KnownSecrets secrets{both};
  CHECK(redacted_paste("apiKey: first/key's=own, then second,key.", secrets) == "apiKey: [redacted], then [redacted].");
  CHECK(redacted_paste("it said second,k...", secrets) == "it said [redacted]...");
}

TEST_CASE("Whatever stands behind a name, nothing breaks", "[doctor]") {
  for (const std::string_view paste : {"Cookie:=\\r\\n=b'str = </- '",
                                       "Cookie: ",
                                       "cookies=",
                                       "password:\n",
                                       "password:\n\"",
                                       "token: '",
                                       "x-api-key",
                                       "password(",
                                       "<password>",
                                       "<password",
                                       "\"password\",",
                                       "{\"value\":",
                                       "{\"name\":\"password\",\"value\":",
                                       "password %3D",
                                       "password: str = ",
                                       "curl -u",
                                       "curl -b \\",
                                       "://",
                                       "-----BEGIN ",
                                       "-----END "}) {
    CAPTURE(paste);
    CHECK(redacted_paste(paste) == paste);
  }
}

TEST_CASE("A large paste is masked in a time that grows as it does", "[doctor]") {
  const auto repeated = [](std::string_view line, std::size_t letters) {
    std::string text;
    while (text.size() < letters) text += line;
    return text;
  };
  // Where a search went to the end for each hit, or the rest was moved for each, some of these took minutes.
  constexpr std::size_t letters = 200'000;
  constexpr double most_seconds = 5;  // of processor time, without optimisation
  for (const std::string_view line : {"503 by http://user:pass@proxy:3128\n",
                                      "\"cookies\":[ ",
                                      "\"set-cookie\":[ \"a\", ",
                                      "cookies:",
                                      "token:",
                                      "value:",
                                      "password:{",
                                      "-----BEGIN A-----",
                                      "-----BEGIN A----- ",
                                      "-----END A",
                                      "curl -u 'a",
                                      "key=abcdefgh ",
                                      "AIzaSyA1234567890abcdefghij ",
                                      "://a:b/",
                                      "\"Cookie: a ",
                                      "<Cookie a= ",
                                      "\"password\">",
                                      "token: '\\",
                                      "\"name\":\"password\",",
                                      "password:\n\n",
                                      "a,b;&,;&",
                                      "{\"value\":\"{"}) {
    CAPTURE(line);
    const std::string text = repeated(line, letters);
    const std::clock_t begun = std::clock();
    CHECK_FALSE(redacted_paste(text).empty());
    CHECK(static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC < most_seconds);
  }
}
