// What picolibc wants of a board before host programs can run on it: standard output.
#include <stdio.h>

#include "boards/board.h"

namespace {

int put(char character, FILE*) {
  const char text[2] = {character, 0};
  board::print(text);
  return character;
}

FILE console = FDEV_SETUP_STREAM(put, nullptr, nullptr, _FDEV_SETUP_WRITE);

}  // namespace

FILE* const stdout = &console;
extern "C" [[noreturn]] void _exit(int code) { board::exit(code); }
