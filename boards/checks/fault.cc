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

#if defined(__riscv)
void undefined_instruction() { asm volatile("unimp"); }
void load_two_words(uintptr_t at) { asm volatile("lw t0, 0(%0)\nlw t1, 4(%0)" ::"r"(at) : "t0", "t1"); }
uint32_t load_word(uintptr_t at) {
  uint32_t word;
  asm volatile("lw %0, 0(%1)" : "=r"(word) : "r"(at) : "memory");
  return word;
}
#else
void undefined_instruction() { asm volatile("udf #0"); }
void load_two_words(uintptr_t at) { asm volatile("ldmia %0!, {r2, r3}" : "+l"(at)::"r2", "r3"); }
uint32_t load_word(uintptr_t at) {
  uint32_t word;
  asm volatile("ldr %0, [%1]" : "=l"(word) : "l"(at) : "memory");
  return word;
}
#endif

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
      return 100u / zero == 1 ? 5 : 0;
    case 'u':  // undefined instruction
      undefined_instruction();
      return 0;
    case 'm':  // memory that does not exist
      return static_cast<int>(*reinterpret_cast<volatile uint32_t*>(0xF0000000u + zero));
    case 'a':  // several words at an odd address, which no Cortex-M loads
      load_two_words(reinterpret_cast<uintptr_t>(&main) | 1);
      return 0;
    case 'w': {  // one word at an odd address: a fault on Armv6-M only
      const volatile uint32_t words[2] = {0, 0};
      return static_cast<int>(load_word(reinterpret_cast<uintptr_t>(words) + 1));
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
