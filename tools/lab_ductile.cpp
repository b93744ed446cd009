// SPDX-License-Identifier: BSL-1.0
// Our own client in the lab, once for the program.
#include <ductile/tools/lab/ductile_strategies_source.hpp>
