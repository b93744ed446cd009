// SPDX-License-Identifier: BSL-1.0
//
// The cpp-httplib transport's definitions. Belongs to a program exactly once; the CMake target `ductile::httplib` sees to that.
#include <ductile/transports/httplib_source.hpp>
