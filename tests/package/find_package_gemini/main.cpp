// SPDX-License-Identifier: BSL-1.0
#include <boost/json/parse.hpp>

int parsed_elsewhere();

int main() { return boost::json::parse("3").as_int64() == parsed_elsewhere() ? 0 : 1; }
