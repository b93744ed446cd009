// SPDX-License-Identifier: BSL-1.0

// In a unit of its own, so that no compiler can see through it.
int operation(int argument) { return argument + 1; }
