# SPDX-License-Identifier: BSL-1.0
#
#   find_package(ductile)                     ductile::ductile and ductile::testing; needs Boost's headers
#   find_package(ductile COMPONENTS mock)     that and ductile::mock, with ductile::gemini and ductile::httplib, on which it stands
#
# Components: core testing asio beast httplib curl gemini mock tools. One whose dependency is not there is not found, and the message says what is missing.

cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/DuctileDependencies.cmake)

# In the order in which they stand on each other.
set(ductile_known core testing asio beast httplib curl gemini mock tools)
set(ductile_wanted core testing ${ductile_FIND_COMPONENTS})
if("tools" IN_LIST ductile_wanted)
  list(APPEND ductile_wanted mock)
endif()
if("beast" IN_LIST ductile_wanted)
  list(APPEND ductile_wanted asio)
endif()
if("mock" IN_LIST ductile_wanted)
  list(APPEND ductile_wanted gemini httplib)
endif()

set(ductile_problems "")
foreach(ductile_component IN LISTS ductile_FIND_COMPONENTS)
  if(NOT ductile_component IN_LIST ductile_known)
    set(ductile_${ductile_component}_FOUND FALSE)
    if(ductile_FIND_REQUIRED_${ductile_component})
      string(APPEND ductile_problems "\n  There is no component '${ductile_component}'; there are: ${ductile_known}.")
    endif()
  endif()
endforeach()

foreach(ductile_component IN LISTS ductile_known)
  if(ductile_component IN_LIST ductile_wanted)
    cmake_language(CALL ductile_find_${ductile_component})
    set(ductile_targets ${CMAKE_CURRENT_LIST_DIR}/ductile-${ductile_component}-targets.cmake)
    if(NOT ductile_${ductile_component}_MISSING AND NOT EXISTS ${ductile_targets})
      set(ductile_${ductile_component}_MISSING "to be installed with it: what it stands on was not there when ductile was installed")
    endif()
    if(ductile_${ductile_component}_MISSING)
      set(ductile_${ductile_component}_FOUND FALSE)
      if(ductile_FIND_REQUIRED_${ductile_component} OR ductile_component STREQUAL "core")
        string(APPEND ductile_problems "\n  Component '${ductile_component}' needs ${ductile_${ductile_component}_MISSING}.")
      endif()
    else()
      include(${ductile_targets})
      set(ductile_${ductile_component}_FOUND TRUE)
    endif()
  endif()
endforeach()

if(ductile_problems)
  set(ductile_FOUND FALSE)
  string(REPLACE ";" " " ductile_NOT_FOUND_MESSAGE "${ductile_problems}")
endif()
