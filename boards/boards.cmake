# Reads one row of boards.csv, the only table of boards. Columns:
#
#   name                   what -DARENITE_BOARD= and arenite.board take
#   core                   the CPU, for people
#   family                 arm or riscv: core_<family>.cc, and what toolchain.cmake gives the compiler
#   tools                  prefix of the compiler's programs
#   emulator               QEMU's program
#   flags                  gcc's CPU, float ABI and FPU flags, separated by spaces
#   machine                QEMU's -M, and what else it needs to know of the machine
#   flash_base, flash_size bytes that the vector table, code, constants and the model go to
#   ram_base, ram_size     bytes of RAM; the stack lies at its bottom, so that an overflow leaves the RAM and faults

# Sets ARENITE_BOARD_<COLUMN> for board `name` in the caller's scope.
function(arenite_read_board name)
  file(STRINGS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/boards.csv" rows)
  list(POP_FRONT rows header)
  string(REPLACE "," ";" columns "${header}")
  set(known "")
  foreach(row IN LISTS rows)
    string(REPLACE "," ";" cells "${row}")
    list(GET cells 0 row_name)
    list(APPEND known "${row_name}")
    if(row_name STREQUAL name)
      foreach(column cell IN ZIP_LISTS columns cells)
        string(TOUPPER "ARENITE_BOARD_${column}" variable)
        set(${variable} "${cell}" PARENT_SCOPE)
      endforeach()
      return()
    endif()
  endforeach()
  list(JOIN known ", " known)
  message(FATAL_ERROR "ARENITE_BOARD is '${name}'; boards.csv has: ${known}")
endfunction()
