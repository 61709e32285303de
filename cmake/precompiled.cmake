# The headers from outside that most files read, read once: parsing them was a third of a build. g++ alone; clang, for the
# fuzzers and for clang-tidy, reads every header where it is included, and so finds an include that is missing.
set(KIDOBAN_PRECOMPILED
    <algorithm> <array> <chrono> <expected> <functional> <map> <memory> <mutex> <optional> <ranges> <set> <span> <string>
    <string_view> <thread> <unordered_map> <utility> <variant> <vector> <boost/json.hpp>)

# kidoban_precompile(target): it reads them from there, too.
function(kidoban_precompile target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_precompile_headers(${target} REUSE_FROM kidoban_precompiled)
  endif()
endfunction()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  find_package(Boost 1.81 REQUIRED COMPONENTS json)
  # What is defined must be the same wherever they are used.
  add_compile_definitions(BOOST_JSON_DYN_LINK BOOST_JSON_NO_LIB BOOST_CONTAINER_DYN_LINK BOOST_CONTAINER_NO_LIB)
  add_library(kidoban_precompiled OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
  target_precompile_headers(kidoban_precompiled PRIVATE ${KIDOBAN_PRECOMPILED})
  # A compiled header differs from one folder to the next; ccache knows it by what it is made of.
  list(JOIN KIDOBAN_PRECOMPILED " " made_of)
  file(WRITE ${CMAKE_BINARY_DIR}/CMakeFiles/kidoban_precompiled.dir/cmake_pch.hxx.gch.sum
       "${made_of} ${CMAKE_CXX_COMPILER_VERSION} ${Boost_VERSION_STRING}")
endif()
