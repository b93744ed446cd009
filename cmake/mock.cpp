// SPDX-License-Identifier: BSL-1.0
//
// The mock server's definitions. Belongs to a program exactly once; the CMake target `ductile::mock` sees to that.
#include <ductile/mock/server_source.hpp>
