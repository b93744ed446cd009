// SPDX-License-Identifier: BSL-1.0
#pragma once

// What reads and judges the service's answers, and writes its requests. Belongs to a program exactly once: the CMake target
// ductile::gemini sees to that; who builds without it includes this header in one unit. It is most of what the adapter costs to compile.
#include <ductile/gemini/classifier_source.hpp>
#include <ductile/gemini/request_source.hpp>
#include <ductile/gemini/response_source.hpp>
#include <ductile/gemini/stream_reader_source.hpp>
