# A folder of src/ is one library. What stands in it decides what it is made of:
#   *.cpp            the library            *_test.cpp   one test program, run by ctest
#   *_fuzz.cpp       a fuzzer each (with KIDOBAN_FUZZ)
#   migrations/*.sql, *.mustache, words.*.json, static/*   built in, as kidoban::<folder>::resources()
#
# kidoban_folder(login DEPS http store LIBS OpenSSL::Crypto RESOURCES)
#   DEPS: other folders, LIBS: libraries from outside, RESOURCES: it has files to build in.
# RECURSE takes the folders below it too (store/sqlite). src/deps.txt says who may include whom.

function(kidoban_folder path)
  cmake_parse_arguments(F "RESOURCES;RECURSE" "" "DEPS;LIBS;TEST_LIBS" ${ARGN})
  string(REPLACE "/" "_" name ${path})
  set(dir ${CMAKE_SOURCE_DIR}/src/${path})
  if(F_RECURSE)
    file(GLOB_RECURSE all CONFIGURE_DEPENDS ${dir}/*.cpp)
  else()
    file(GLOB all CONFIGURE_DEPENDS ${dir}/*.cpp)
  endif()
  set(sources ${all})
  set(tests ${all})
  set(fuzzers ${all})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_bench|/main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")

  if(F_RESOURCES)
    file(GLOB files CONFIGURE_DEPENDS RELATIVE ${dir} ${dir}/migrations/*.sql ${dir}/*.mustache
         ${dir}/words.*.json ${dir}/static/*)
    set(generated ${CMAKE_BINARY_DIR}/resources/${name}.cpp)
    string(REPLACE "/" "::" namespace ${path})
    set(absolute ${files})
    list(TRANSFORM absolute PREPEND ${dir}/)
    list(JOIN files "," file_list)
    add_custom_command(OUTPUT ${generated}
      COMMAND ${CMAKE_COMMAND} -DOUT=${generated} -DDIR=${dir} -DNAMESPACE=${namespace}
              "-DFILES=${file_list}" -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
      DEPENDS ${absolute} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
    set_source_files_properties(${generated} PROPERTIES OBJECT_DEPENDS "${absolute}")
    list(APPEND sources ${generated})
  endif()

  if(NOT sources) # headers alone
    add_library(kidoban_${name} INTERFACE)
    target_include_directories(kidoban_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    foreach(dep IN LISTS F_DEPS)
      string(REPLACE "/" "_" dep ${dep})
      target_link_libraries(kidoban_${name} INTERFACE kidoban_${dep})
    endforeach()
    target_link_libraries(kidoban_${name} INTERFACE ${F_LIBS})
    return()
  endif()
  add_library(kidoban_${name} STATIC ${sources})
  target_include_directories(kidoban_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  foreach(dep IN LISTS F_DEPS)
    string(REPLACE "/" "_" dep ${dep})
    target_link_libraries(kidoban_${name} PUBLIC kidoban_${dep})
  endforeach()
  target_link_libraries(kidoban_${name} PUBLIC ${F_LIBS} Threads::Threads)

  if(tests AND NOT KIDOBAN_FUZZ)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE kidoban_${name} kidoban_test_main ${F_TEST_LIBS})
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  endif()
  if(KIDOBAN_FUZZ)
    foreach(fuzzer IN LISTS fuzzers)
      get_filename_component(fuzz_name ${fuzzer} NAME_WE)
      add_executable(${fuzz_name} ${fuzzer})
      target_link_libraries(${fuzz_name} PRIVATE kidoban_${name} -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY KIDOBAN_FUZZERS ${fuzz_name})
    endforeach()
  endif()
endfunction()
