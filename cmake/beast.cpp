// SPDX-License-Identifier: BSL-1.0
//
// The Beast transport's definitions. Belongs to a program exactly once; the CMake target `ductile::beast` sees to that.
#include <ductile/transports/beast_source.hpp>
