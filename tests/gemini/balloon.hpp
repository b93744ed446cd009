// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/request.hpp>  // ImageRequest

#include <string>

// What the tests of the clients ask, of which model, and with which key.
namespace ductile_test {

inline const ductile::gemini::ImageRequest balloon{.prompt = "a red balloon"};
inline const std::string model = "gemini-3-pro-image";
inline const std::string secret = "AIzaSyA-secret-of-the-test-0123456789";

}  // namespace ductile_test
