// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/rows/answers.hpp>  // image_answer
#include <ductile/mock/rows/row.hpp>      // ByteFault, Form, Row

#include <array>

namespace ductile::inline DUCTILE_VERSION::mock {

// clang-format off

/// What happens on the way. A name that does not resolve, a port where nothing listens and a connection that never opens happen before
/// there is a server: the mock shows the nearest thing that a client of it can see, a reset or silence.
inline constexpr std::array transport_fault_rows{
    Row{.id = "dns-failure", .form = Form::text, .fault = ByteFault::reset_before_head},
    Row{.id = "connect-refused", .form = Form::text, .fault = ByteFault::reset_before_head},
    Row{.id = "connect-timeout", .form = Form::text, .fault = ByteFault::silence},
    Row{.id = "tls-failure", .form = Form::text, .text = "\x15\x03\x03", .fault = ByteFault::garbage},  // as an alert record begins
    Row{.id = "reset-before-headers", .form = Form::text, .fault = ByteFault::reset_before_head},
    Row{.id = "reset-mid-body", .form = Form::answer, .text = image_answer, .fault = ByteFault::reset_in_body},
    Row{.id = "truncated-json", .form = Form::answer, .text = image_answer, .fault = ByteFault::cut_body},
    // A stream falls silent after its first event, whatever is in one piece at once.
    Row{.id = "idle-timeout", .form = Form::answer,
        .text = R"json([{"candidates": [{"content": {"role": "model", "parts": [{"text": "Here is "}]}, "index": 0}]}])json",
        .fault = ByteFault::stall},
    Row{.id = "client-deadline", .form = Form::text, .fault = ByteFault::silence},
    Row{.id = "slow-drip", .form = Form::answer, .text = image_answer, .fault = ByteFault::drip},
    Row{.id = "half-close-no-reply", .form = Form::text, .fault = ByteFault::close_before_head},
    Row{.id = "h2-goaway", .form = Form::text, .text = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .fault = ByteFault::garbage},
    Row{.id = "wrong-content-length", .form = Form::answer, .text = image_answer, .fault = ByteFault::close_in_body},
    Row{.id = "body-longer-than-announced", .form = Form::answer, .text = image_answer, .fault = ByteFault::short_length},
    Row{.id = "bad-chunk-size", .form = Form::answer, .text = image_answer, .fault = ByteFault::bad_chunk},
    Row{.id = "half-status-line", .form = Form::text, .fault = ByteFault::close_in_head},
    Row{.id = "gzip-that-is-not", .form = Form::answer, .text = image_answer, .header = "Content-Encoding: gzip"},
    Row{.id = "proxy-auth-407", .status = 407, .form = Form::html,
        .text = "<html><head><title>407 Proxy Authentication Required</title></head><body><h1>Proxy Authentication Required</h1></body></html>\n",
        .header = "Proxy-Authenticate: Basic realm=\"proxy\""},
    // To a page of the mock itself: a client that follows it must not carry its key out into the world.
    Row{.id = "redirect-3xx", .status = 301, .form = Form::html,
        .text = "<html><head><title>301 Moved</title></head><body><h1>301 Moved</h1>The document has moved "
                "<a href=\"/sorry/index\">here</a>.</body></html>\n",
        .header = "Location: /sorry/index"},
    Row{.id = "captive-200-html", .form = Form::html,
        .text = "<!DOCTYPE html>\n<html><head><title>Welcome to the guest network</title></head><body><form action=\"/login\">"
                "<p>Please accept the terms of use to go on.</p><button>Accept</button></form></body></html>\n"},
};

// clang-format on

}  // namespace ductile::inline DUCTILE_VERSION::mock
