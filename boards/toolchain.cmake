# CMake toolchain for a row of boards.csv:
#   cmake --toolchain boards/toolchain.cmake -DARENITE_BOARD=cortex-m4 -DCMAKE_BUILD_TYPE=Release|MinSizeRel ...
# Release is -O2 (speed), MinSizeRel is -Os (size). -DARENITE_TRAPS=ON turns undefined behaviour into faults,
# -DARENITE_DEBUG_INFO=ON adds what a debugger needs to show source lines.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ARENITE_BOARD ARENITE_TRAPS ARENITE_DEBUG_INFO)

include("${CMAKE_CURRENT_LIST_DIR}/boards.cmake")
arenite_read_board("${ARENITE_BOARD}")
set(CMAKE_SYSTEM_PROCESSOR ${ARENITE_BOARD_FAMILY})
set(CMAKE_C_COMPILER ${ARENITE_BOARD_TOOLS}-gcc)
set(CMAKE_CXX_COMPILER ${ARENITE_BOARD_TOOLS}-g++)
set(CMAKE_ASM_COMPILER ${ARENITE_BOARD_TOOLS}-gcc)

if(ARENITE_BOARD_FAMILY STREQUAL "arm")
  set(arenite_family_flags "-mthumb")
  set(arenite_link_flags "--specs=nano.specs")
else()  # Debian's RISC-V compiler comes without a C++ library: the driver for C++ would link it, the one for C does not
  set(arenite_family_flags "--specs=picolibc.specs -isystem ${CMAKE_CURRENT_LIST_DIR}/cxx")
  string(CONCAT CMAKE_CXX_LINK_EXECUTABLE "<CMAKE_C_COMPILER> <FLAGS> <CMAKE_CXX_LINK_FLAGS> <LINK_FLAGS> <OBJECTS> "
         "-o <TARGET> <LINK_LIBRARIES> -lm")
endif()

# -fno-builtin (and so -ffreestanding) is left out on purpose: it would turn each memcpy of four bytes into a call.
set(arenite_target_flags "${ARENITE_BOARD_FLAGS} ${arenite_family_flags} -ffunction-sections -fdata-sections -fno-common")
if(ARENITE_TRAPS)  # misaligned pointers too; loads by the C library's memcpy stay free to be unaligned
  string(APPEND arenite_target_flags " -fsanitize=undefined -fsanitize-undefined-trap-on-error")
endif()
if(ARENITE_DEBUG_INFO)
  string(APPEND arenite_target_flags " -g")
endif()
set(CMAKE_C_FLAGS_INIT "${arenite_target_flags}")
set(CMAKE_ASM_FLAGS_INIT "${ARENITE_BOARD_FLAGS} ${arenite_family_flags}")
string(CONCAT CMAKE_CXX_FLAGS_INIT "${arenite_target_flags} -fno-exceptions -fno-rtti -fno-threadsafe-statics "
       "-fno-use-cxa-atexit -fno-unwind-tables -fno-asynchronous-unwind-tables")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles ${arenite_link_flags} -Wl,--gc-sections -Wl,--fatal-warnings")
foreach(language C CXX)
  set(CMAKE_${language}_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "")
  set(CMAKE_${language}_FLAGS_MINSIZEREL "-Os -DNDEBUG" CACHE STRING "")
endforeach()

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
