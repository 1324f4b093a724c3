# arenite_select_isa(<list>): removes from <list> the sources of other processors than the one we compile for, and gives
# the rest their flags. A file's suffix names its ISA; files without such a suffix are portable.
include_guard()
include(CheckCXXSourceCompiles)

# suffix, condition on the compiler's predefined macros, flags beyond those of the whole project. -O2 also in debug
# builds: an inline function of a shared header that is not inlined there would be compiled for this ISA, and the linker
# could choose it for everybody.
set(arenite_isa_table
    "x86|defined(__x86_64__)|"
    "avx2|defined(__x86_64__)|-O2 -mavx2"
    "avx512vnni|defined(__x86_64__)|-O2 -mavx2 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni"
    "dsp|defined(__arm__) && defined(__ARM_FEATURE_DSP)|"
    "v7m|defined(__arm__) && defined(__thumb2__) && !defined(__ARM_FEATURE_DSP)|"
    "mve|defined(__ARM_FEATURE_MVE)|"
    "neon|defined(__aarch64__)|")

macro(arenite_select_isa list)
  foreach(row IN LISTS arenite_isa_table)
    string(REGEX MATCH "^([^|]*)\\|([^|]*)\\|(.*)$" row "${row}")
    set(suffix ${CMAKE_MATCH_1})
    set(condition "${CMAKE_MATCH_2}")
    separate_arguments(flags UNIX_COMMAND "${CMAKE_MATCH_3}")
    check_cxx_source_compiles("#if !(${condition})\n#error\n#endif\nint main() { return 0; }" ARENITE_HAS_${suffix})
    set(sources ${${list}})
    list(FILTER sources INCLUDE REGEX "_${suffix}\\.cc$")
    if(NOT ARENITE_HAS_${suffix} AND sources)
      list(REMOVE_ITEM ${list} ${sources})
    elseif(sources)
      set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "${flags}")
    endif()
  endforeach()
endmacro()
