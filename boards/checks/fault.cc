// Each way to fail must end the run with an error. Which one is read from the
// file "fault" in the current directory.
#include "boards/board.h"

namespace {

#pragma GCC diagnostic ignored "-Winfinite-recursion"
[[gnu::noinline]] uint32_t recurse(volatile uint32_t* outer) {
  volatile uint32_t frame[64];
  frame[0] = *outer + 1;
  return recurse(frame) + frame[0];
}

}  // namespace

int main() {
  char which = 0;
  const int32_t file = board::open("fault", board::Mode::kRead);
  if (file < 0 || !board::read(file, &which, 1)) return 2;
  volatile uint32_t zero = 0;
  switch (which) {
    case 'n':  // nothing
      return 0;
    case 'r':  // a result that is not zero
      return 3;
    case 'd':  // division by zero
      return static_cast<int>(100u / zero);
    case 'u':  // undefined instruction
      asm volatile("udf #0");
      return 0;
    case 'm':  // memory that does not exist
      return static_cast<int>(*reinterpret_cast<volatile uint32_t*>(0xF0000000u + zero));
    case 'a': {  // several words at an odd address, which no core loads
      uintptr_t odd = reinterpret_cast<uintptr_t>(&main) | 1;
      asm volatile("ldmia %0!, {r2, r3}" : "+l"(odd)::"r2", "r3");
      return 0;
    }
    case 'w': {  // one word at an odd address: a fault on Armv6-M only
      const volatile uint32_t words[2] = {0, 0};
      uint32_t word = 0;
      asm volatile("ldr %0, [%1]" : "=l"(word) : "l"(reinterpret_cast<uintptr_t>(words) + 1), "m"(words));
      return static_cast<int>(word);
    }
    case 'f':  // a write to flash
      *reinterpret_cast<volatile uint32_t*>(reinterpret_cast<uintptr_t>(&main) & ~3u) = 0;
      return 0;
    case 's':  // endless recursion
      return static_cast<int>(recurse(&zero));
    case 'o':  // signed overflow: a fault only in checked builds
      return static_cast<int>(zero) + 0x7FFFFFFF + (zero == 0 ? 1 : 0) < 0 ? 0 : 4;
    case 'h':  // hang
      while (zero == 0) {
      }
      return 0;
    default:
      return 2;
  }
}
