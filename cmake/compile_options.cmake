# arenite_add_library(<name> <optimization> <sources>...): static library arenite_<name>, alias arenite::<name>.
include_guard()

# Floating point is never contracted into fused operations: a float kernel gives the same bits on every core.
set(arenite_language_options -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections
    -ffp-contract=off -fno-math-errno)
# What gcc's -Os does for speed all the same: without these the core is about one percent smaller.
set(arenite_small_options $<$<CXX_COMPILER_ID:GNU>:-fno-move-loop-invariants;-fno-schedule-insns2;-fno-caller-saves;-fno-if-conversion>)
# The same for loops of little code that may be slow: ARENITE_OPTIMIZE=size.
set(arenite_least_options $<$<CXX_COMPILER_ID:GNU>:-fno-ivopts;-fno-guess-branch-probability>)
set(arenite_warning_options -Wall -Wextra -Wconversion -Wshadow)
if(ARENITE_WERROR)
  list(APPEND arenite_warning_options -Werror)
endif()
set(arenite_sanitize_options "")
if(ARENITE_SANITIZE)
  set(arenite_sanitize_options -fsanitize=${ARENITE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
endif()

function(arenite_add_library name optimization)
  set(target arenite_${name})
  add_library(${target} STATIC ${ARGN})
  add_library(arenite::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} CXX_EXTENSIONS OFF
    POSITION_INDEPENDENT_CODE ${ARENITE_PYTHON})
  target_compile_features(${target} PUBLIC cxx_std_17)
  target_compile_options(${target} PRIVATE ${arenite_language_options} ${arenite_warning_options}
    $<$<NOT:$<CONFIG:Debug>>:${optimization}>)
  if(optimization STREQUAL "-Os")
    target_compile_options(${target} PRIVATE "${arenite_small_options}")
  endif()
  target_compile_options(${target} PUBLIC $<BUILD_INTERFACE:${arenite_sanitize_options}>)
  target_link_options(${target} PUBLIC $<BUILD_INTERFACE:${arenite_sanitize_options}>)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/arenite>)
endfunction()
