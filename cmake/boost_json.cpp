// SPDX-License-Identifier: BSL-1.0
//
// Boost.JSON's definitions, for programs whose Boost has no compiled Boost.JSON. Belongs to a program exactly once; the CMake target
// `ductile::boost_json` sees to that.
#include <boost/json/src.hpp>
