// SPDX-License-Identifier: BSL-1.0
#include <boost/json/parse.hpp>

int parsed_elsewhere();
int parsed_elsewhere() { return static_cast<int>(boost::json::parse("3").as_int64()); }
