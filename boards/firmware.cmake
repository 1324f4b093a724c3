# arenite_add_firmware(<name> <sources>...): an ELF for the board of the toolchain file, with our startup, linker script
# and semihosting (boards/board.h). The sources define `int main()`; what it returns becomes QEMU's exit code.
# Options, as CMake variables: ARENITE_STACK_SIZE, bytes, default 8192.
include_guard()
include("${CMAKE_CURRENT_LIST_DIR}/boards.cmake")
set(ARENITE_STACK_SIZE 8192 CACHE STRING "Bytes reserved for the stack of a firmware")
set(arenite_boards_dir "${CMAKE_CURRENT_LIST_DIR}")

function(arenite_add_firmware name)
  arenite_read_board("${ARENITE_BOARD}")
  arenite_add_image(${name} ${ARGN} "${arenite_boards_dir}/startup.cc"
    "${arenite_boards_dir}/core_${ARENITE_BOARD_FAMILY}.cc" "${arenite_boards_dir}/semihosting.cc")
endfunction()

# The same without our startup: the sources have their own.
function(arenite_add_image name)
  arenite_read_board("${ARENITE_BOARD}")
  set(script "${arenite_boards_dir}/link.ld")
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES SUFFIX ".elf" LINK_DEPENDS "${script}")
  target_compile_features(${name} PRIVATE cxx_std_17)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:C,CXX>:-Wconversion>)
  target_include_directories(${name} PRIVATE "${arenite_boards_dir}/..")
  target_link_options(${name} PRIVATE -T "${script}" LINKER:--emit-relocs "LINKER:-Map=$<TARGET_FILE:${name}>.map"
    "LINKER:--defsym=__flash_base=${ARENITE_BOARD_FLASH_BASE},--defsym=__flash_size=${ARENITE_BOARD_FLASH_SIZE}"
    "LINKER:--defsym=__ram_base=${ARENITE_BOARD_RAM_BASE},--defsym=__ram_size=${ARENITE_BOARD_RAM_SIZE}"
    "LINKER:--defsym=__stack_size=${ARENITE_STACK_SIZE}")
endfunction()
