# SPDX-License-Identifier: BSL-1.0
#
# Checks one half of a compile-fail test:
#
#   cmake -D SOURCE=<file> -D HALF=compiles -P CompileFail.cmake -- <compiler> <flag>...
#   cmake -D SOURCE=<file> -D HALF=refused  -P CompileFail.cmake -- <compiler> <flag>...
#
# The file begins with `// expect: <part of a sentence>`. As it stands it must compile: so the mistake alone is what is refused. With
# MISUSE defined it must be refused with exactly one error, and the line of that error must hold the sentence.
#
# A second line `// shown: <sentence>` is for what no compiler puts into the line of the error, such as the arguments of a constexpr call: it
# must stand anywhere in the output.

cmake_minimum_required(VERSION 3.23)

set(compiler "")
set(is_compiler FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(index RANGE ${last})
  if(is_compiler)
    list(APPEND compiler "${CMAKE_ARGV${index}}")
  elseif(CMAKE_ARGV${index} STREQUAL "--")
    set(is_compiler TRUE)
  endif()
endforeach()

file(READ "${SOURCE}" text)
if(NOT text MATCHES "(^|\n)// expect: ([^\n]+)")
  message(FATAL_ERROR "No line '// expect: <part of a sentence>' in\n  ${SOURCE}")
endif()
set(expect "${CMAKE_MATCH_2}")

set(misuse "")
if(HALF STREQUAL "refused")
  set(misuse -DMISUSE)
elseif(NOT HALF STREQUAL "compiles")
  message(FATAL_ERROR "HALF must be 'compiles' or 'refused', not '${HALF}'")
endif()

set(ENV{LC_ALL} C) # compilers translate the word "error", too
execute_process(
  COMMAND ${compiler} ${misuse} -fsyntax-only "${SOURCE}"
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output
  RESULT_VARIABLE result)
string(REPLACE "\n" "\n  " shown "\n${output}") # indented, or CMake fills the lines anew

if(HALF STREQUAL "compiles")
  if(NOT result STREQUAL "0")
    message(FATAL_ERROR "The right form must compile and does not:${shown}")
  endif()
  return()
endif()

if(result STREQUAL "0")
  message(FATAL_ERROR "The misuse must not compile and does.${shown}")
endif()

# Counted by length: messages hold semicolons, at which CMake would take a list of matches apart.
set(mark " error:")
string(REPLACE "${mark}" "" without_marks "${output}")
string(LENGTH "${output}" length)
string(LENGTH "${without_marks}" length_without_marks)
string(LENGTH "${mark}" mark_length)
math(EXPR errors "(${length} - ${length_without_marks}) / ${mark_length}")
if(NOT errors EQUAL 1)
  message(FATAL_ERROR "The misuse must give one error and gives ${errors}:${shown}")
endif()

string(FIND "${output}" "${mark}" begin)
string(SUBSTRING "${output}" ${begin} -1 line)
string(FIND "${line}" "\n" end)
string(SUBSTRING "${line}" 0 ${end} line)
string(FIND "${line}" "${expect}" found)
if(found EQUAL -1)
  message(FATAL_ERROR "The error must say\n  ${expect}\nand says\n ${line}${shown}")
endif()

if(text MATCHES "\n// shown: ([^\n]+)")
  set(sentence "${CMAKE_MATCH_1}")
  string(FIND "${output}" "${sentence}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "The output must show\n  ${sentence}${shown}")
  endif()
endif()
