// What newlib wants of a board before host tests can run on it: a heap, and standard output.
#include <sys/stat.h>

#include "boards/board.h"

namespace {

alignas(16) char heap[1 << 20];
size_t heap_used = 0;

}  // namespace

extern "C" {

void* _sbrk(ptrdiff_t bytes) {
  char* const start = heap + heap_used;
  heap_used += static_cast<size_t>(bytes);
  if (heap_used > sizeof heap) board::exit(71);
  return start;
}

int _write(int, const char* text, int count) {
  for (int i = 0; i < count; ++i) {
    const char one[2] = {text[i], 0};
    board::print(one);
  }
  return count;
}

int _read(int, char*, int) { return 0; }
int _close(int) { return 0; }
int _fstat(int, struct stat* status) {
  status->st_mode = S_IFCHR;
  return 0;
}
int _lseek(int, int, int) { return 0; }
int _isatty(int) { return 1; }
int _getpid() { return 1; }
int _kill(int, int) { return -1; }
[[noreturn]] void _exit(int code) { board::exit(code); }

}  // extern "C"
