// SPDX-License-Identifier: BSL-1.0
// expect: ductile: link the CMake target ductile::httplib
#define CPPHTTPLIB_OPENSSL_SUPPORT  // a guess at the flags, which may differ in the next unit: the mistake
#ifndef MISUSE
#define DUCTILE_HTTPLIB_FROM_TARGET 1  // as the target says it
#endif
#include <ductile/transports/httplib_source.hpp>

int main() {}
