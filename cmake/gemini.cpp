// SPDX-License-Identifier: BSL-1.0
//
// The Gemini adapter's definitions. Belongs to a program exactly once; the CMake target `ductile::gemini` sees to that.
#include <ductile/gemini/source.hpp>
