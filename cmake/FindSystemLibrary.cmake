# tocsin_find(NAME HEADER h [LIBRARIES l...] [SUFFIX dir]): makes the target
# tocsin::dep::NAME for a library without a CMake or pkg-config file. SUFFIX is
# the subdirectory of the include and library paths which Debian chose; the
# library's directory then becomes part of the RPATH.
function(tocsin_find name)
  cmake_parse_arguments(arg "" "HEADER;SUFFIX" "LIBRARIES" ${ARGN})
  add_library(tocsin_dep_${name} INTERFACE)
  add_library(tocsin::dep::${name} ALIAS tocsin_dep_${name})
  if(arg_SUFFIX)
    find_path(${name}_INCLUDE ${arg_HEADER} PATH_SUFFIXES ${arg_SUFFIX}
              NO_DEFAULT_PATH PATHS /usr/include REQUIRED)
  else()
    find_path(${name}_INCLUDE ${arg_HEADER} REQUIRED)
  endif()
  if(NOT ${name}_INCLUDE STREQUAL "/usr/include")
    target_include_directories(tocsin_dep_${name} SYSTEM INTERFACE
                               "${${name}_INCLUDE}")
  endif()
  foreach(library IN LISTS arg_LIBRARIES)
    if(arg_SUFFIX)
      find_library(${name}_${library} ${library} NO_DEFAULT_PATH
        PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/${arg_SUFFIX}
              /usr/lib/${arg_SUFFIX} REQUIRED)
      get_filename_component(directory "${${name}_${library}}" DIRECTORY)
      target_link_options(tocsin_dep_${name} INTERFACE
                          "-Wl,-rpath,${directory}")
    else()
      find_library(${name}_${library} ${library} REQUIRED)
    endif()
    target_link_libraries(tocsin_dep_${name} INTERFACE
                          "${${name}_${library}}")
  endforeach()
endfunction()
