# SPDX-License-Identifier: BSL-1.0
#
# The libraries: all of headers, one target for each dependency that a user may not want. None carries a flag of ours.

include(GNUInstallDirs)
set(include_dir ${PROJECT_SOURCE_DIR}/include)
set(ductile_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/ductile)

# ductile_library(<component> HEADERS <glob>... [EXCEPT <regex>] LINK <target>...)
# Makes `ductile::<component>`, for the core `ductile::ductile`, if all that it needs is there. Else says what is missing, and the component
# is left out.
function(ductile_library component)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXCEPT" "HEADERS;LINK")
  cmake_language(CALL ductile_find_${component})
  if(ductile_${component}_MISSING)
    message(STATUS "ductile: without ${component}; it needs ${ductile_${component}_MISSING}")
    return()
  endif()

  set(name ${component})
  set(target ductile_${component})
  if(component STREQUAL "core")
    set(name ductile)
    set(target ductile)
  endif()
  list(TRANSFORM arg_HEADERS PREPEND ${include_dir}/ductile/)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${arg_HEADERS})
  if(arg_EXCEPT)
    list(FILTER headers EXCLUDE REGEX "${arg_EXCEPT}")
  endif()

  add_library(${target} INTERFACE)
  add_library(ductile::${name} ALIAS ${target})
  target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS ${include_dir} FILES ${headers})
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_link_libraries(${target} INTERFACE ${arg_LINK})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})

  if(DUCTILE_INSTALL)
    # An export set for each component, so that the package can leave out those whose dependencies its user has not.
    install(TARGETS ${target} EXPORT ductile-${component} FILE_SET HEADERS)
    install(
      EXPORT ductile-${component}
      NAMESPACE ductile::
      FILE ductile-${component}-targets.cmake
      DESTINATION ${ductile_package_dir})
  endif()
endfunction()

ductile_library(
  core
  HEADERS ductile.hpp fwd.hpp core/*.hpp backoff/*.hpp policies/*.hpp classify/*.hpp drivers/*.hpp observe/*.hpp stores/*.hpp
          transports/*.hpp detail/*.hpp
  EXCEPT "/transports/(detail/)?(httplib|beast|curl)|/drivers/(detail/)?asio"
  LINK Boost::headers)
if(NOT TARGET ductile)
  message(FATAL_ERROR "ductile: nothing can be built without its core")
endif()

# Boost.JSON's definitions, compiled once for the whole build where Boost has them only as headers. Users of the installed package, which
# holds no binary, get the source instead.
add_library(ductile_boost_json STATIC EXCLUDE_FROM_ALL ${ductile_boost_json_SOURCE})
target_compile_features(ductile_boost_json PRIVATE cxx_std_20)
target_link_libraries(ductile_boost_json PRIVATE Boost::headers)
set_target_properties(ductile_boost_json PROPERTIES POSITION_INDEPENDENT_CODE ON)

ductile_library(asio HEADERS drivers/asio*.hpp LINK ductile::ductile Threads::Threads)

# The transport's one unit, compiled once for the whole build. Users of the installed package, which holds no binary, get the source instead.
find_package(OpenSSL QUIET)
if(TARGET ductile_asio AND TARGET OpenSSL::SSL)
  add_library(ductile_beast_unit STATIC EXCLUDE_FROM_ALL ${ductile_beast_SOURCE})
  target_link_libraries(ductile_beast_unit PRIVATE ductile::asio OpenSSL::SSL)
  set_target_properties(ductile_beast_unit PROPERTIES POSITION_INDEPENDENT_CODE ON)
endif()
ductile_library(beast HEADERS transports/*beast*.hpp LINK ductile::asio ductile::beast_transport)

add_library(ductile_httplib_unit STATIC EXCLUDE_FROM_ALL ${ductile_httplib_SOURCE})
target_link_libraries(ductile_httplib_unit PRIVATE ductile::ductile ductile::cpp_httplib)
set_target_properties(ductile_httplib_unit PROPERTIES POSITION_INDEPENDENT_CODE ON)
ductile_library(httplib HEADERS transports/*httplib*.hpp LINK ductile::ductile ductile::cpp_httplib ductile::httplib_transport)
ductile_library(curl HEADERS transports/curl.hpp LINK ductile::ductile CURL::libcurl)

# The adapter's one unit, likewise.
add_library(ductile_gemini_unit STATIC EXCLUDE_FROM_ALL ${ductile_gemini_SOURCE})
target_link_libraries(ductile_gemini_unit PRIVATE ductile::ductile ductile::boost_json)
set_target_properties(ductile_gemini_unit PROPERTIES POSITION_INDEPENDENT_CODE ON)
ductile_library(gemini HEADERS gemini/*.hpp LINK ductile::ductile ductile::gemini_adapter ductile::boost_json)

# The mock server's one unit, likewise.
find_package(PNG QUIET)
if(TARGET ductile_gemini AND TARGET ductile_httplib AND TARGET PNG::PNG)
  add_library(ductile_mock_unit STATIC EXCLUDE_FROM_ALL ${ductile_mock_SOURCE})
  target_link_libraries(ductile_mock_unit PRIVATE ductile::gemini ductile::httplib PNG::PNG)
  set_target_properties(ductile_mock_unit PROPERTIES POSITION_INDEPENDENT_CODE ON)
endif()
ductile_library(mock HEADERS mock/*.hpp LINK ductile::gemini ductile::httplib ductile::mock_server)
ductile_library(tools HEADERS tools/*.hpp LINK ductile::mock)
ductile_library(testing HEADERS testing/*.hpp LINK ductile::ductile)

# What was found here must be seen from the project that has this one as a subdirectory.
get_property(found_targets DIRECTORY PROPERTY IMPORTED_TARGETS)
foreach(target IN LISTS found_targets)
  set_property(TARGET ${target} PROPERTY IMPORTED_GLOBAL TRUE)
endforeach()

if(DUCTILE_INSTALL)
  include(CMakePackageConfigHelpers)
  write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/ductile-config-version.cmake
    COMPATIBILITY SameMinorVersion # until 1.0 a new minor version may break
    ARCH_INDEPENDENT)
  install(
    FILES ${PROJECT_BINARY_DIR}/ductile-config-version.cmake cmake/ductile-config.cmake cmake/DuctileDependencies.cmake
          cmake/boost_json.cpp cmake/beast.cpp cmake/gemini.cpp cmake/httplib.cpp cmake/mock.cpp
    DESTINATION ${ductile_package_dir})
endif()
