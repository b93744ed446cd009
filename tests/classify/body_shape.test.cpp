// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/classify/body_shape.hpp>

#include <string>
#include <string_view>

using namespace ductile;

TEST_CASE("A body is judged by its looks", "[classify]") {
  struct Case {
    std::string_view body;
    BodyShape shape;
  };
  for (const Case& c :
       {Case{"", BodyShape::empty}, Case{" \r\n\t ", BodyShape::empty}, Case{R"({"error":{}})", BodyShape::json},
        Case{"\n  [{\n\"error\": {", BodyShape::json}, Case{"\xEF\xBB\xBF{\"a\":1}", BodyShape::json},
        Case{"[429 Too Many Requests] Quota exceeded", BodyShape::text}, Case{"data: {\"candidates\":[]}\n\n", BodyShape::sse},
        Case{"event: error\ndata: {}", BodyShape::sse}, Case{"<!DOCTYPE html><html><title>Error 502</title>", BodyShape::html},
        Case{"<h3>What happened?</h3> <p>The owner</p>", BodyShape::html}, Case{"<HTML><BODY>Proxy</BODY></HTML>", BodyShape::html},
        Case{"upstream connect error or disconnect/reset", BodyShape::text}}) {
    CAPTURE(c.body);
    CHECK(body_shape(c.body) == c.shape);
  }
}

TEST_CASE("A page tells who wrote it", "[classify]") {
  CHECK(page_author("<title>Attention Required! | Cloudflare</title>") == PageAuthor::cloudflare);
  CHECK(page_author("<title>Error 502 (Server Error)!!1</title>") == PageAuthor::google);
  CHECK(page_author("<hr><center>nginx/1.22</center>") == PageAuthor::proxy);
  CHECK(page_author("<h1>Welcome to Hotel Wifi</h1>") == PageAuthor::unknown);
}

TEST_CASE("Only the first part of a long body is looked at", "[classify]") {
  std::string body(1 << 20, 'x');
  CHECK(body_shape(body) == BodyShape::text);
  body += "<html></html>";
  CHECK(body_shape(body) == BodyShape::text);
}
