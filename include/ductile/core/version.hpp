// SPDX-License-Identifier: BSL-1.0
#pragma once

// The one macro of the library: the inline namespace that everything lives in, so that two versions can be linked into one program.
// The CMake project takes its version from this line.
#define DUCTILE_VERSION v0_1
