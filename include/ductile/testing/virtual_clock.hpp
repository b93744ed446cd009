// SPDX-License-Identifier: BSL-1.0
#pragma once

// The clocks for tests, where tests look for them: `VirtualClock`, which passes when somebody waits, and `ScaledClock`, which runs faster
// than the computer's.
#include <ductile/core/clock.hpp>  // IWYU pragma: export
