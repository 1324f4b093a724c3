// Code whose length is known by counting its lines: 1 + 1000 * 2 + 1
// instructions from one marker call to the other, and the 2 that board.h adds.
// Then a CRC over .data and .bss, which startup must have set.
#include "boards/board.h"

namespace {

uint32_t initialized[4] = {1, 2, 3, 4};
uint32_t zeroed[4];

[[gnu::naked, gnu::noinline]] void known_length() {
#if defined(__riscv)
  asm volatile(
      "addi sp, sp, -16\n"
      "sw ra, 12(sp)\n"
      "jal arenite_count_start\n"
      "li t0, 500\n"          // 1
      "slli t0, t0, 1\n"      // 1: t0 = 1000
      "1: addi t0, t0, -1\n"  // 1000
      "bnez t0, 1b\n"         // 1000
      "jal arenite_count_stop\n"
      "lw ra, 12(sp)\n"
      "addi sp, sp, 16\n"
      "ret\n");
#else
  asm volatile(
      ".syntax unified\n"
      "push {r4, lr}\n"
      "bl arenite_count_start\n"
      "movs r4, #250\n"       // 1
      "lsls r4, r4, #2\n"     // 1: r4 = 1000
      "1: subs r4, r4, #1\n"  // 1000
      "bne 1b\n"              // 1000
      "bl arenite_count_stop\n"
      "pop {r4, pc}\n");
#endif
}

}  // namespace

int main() {
  known_length();
  known_length();
  uint32_t sum = 0;
  for (int i = 0; i < 4; ++i) sum += initialized[i] + zeroed[i];
  board::print("sum ");
  board::print_decimal(sum);
  board::print(" stack ");
  board::print_decimal(board::stack_peak());
  board::print("\n");
  return sum == 10 ? 0 : 1;
}
