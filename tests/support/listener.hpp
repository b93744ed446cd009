// SPDX-License-Identifier: BSL-1.0
#pragma once

// For files that listen to the test run, in place of catch.hpp: what to derive from, under one name for both versions of Catch2.

#if __has_include(<catch2/reporters/catch_reporter_event_listener.hpp>)

#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>

using TestListener = Catch::EventListenerBase;

#else

#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>

using TestListener = Catch::TestEventListenerBase;

#endif
