// From reset to main(): painted stack, .data and .bss, protection. A fault of any kind prints where
// it happened and ends the emulation with exit code 70; it never hangs and never goes on.
#include "boards/board.h"
#include "boards/core.h"

extern "C" {
extern const uint32_t __data_image[];
extern uint32_t __data_start[], __data_end[], __bss_start[], __bss_end[];

int main();
}

namespace {

constexpr uint32_t kPaint = 0xC5C5C5C5;

void initialize_data() {
  const uint32_t* from = __data_image;
  for (uint32_t* to = __data_start; to < __data_end; ++to) *to = *from++;
  for (uint32_t* to = __bss_start; to < __bss_end; ++to) *to = 0;
}

}  // namespace

[[gnu::noinline]] void board::repaint_stack() {
  const uint32_t* here = static_cast<const uint32_t*>(__builtin_frame_address(0)) - 16;
  for (volatile uint32_t* at = __stack_limit; at < here; ++at) *at = kPaint;
}

uint32_t board::stack_peak() {
  const uint32_t* at = __stack_limit;
  while (at < __stack_top && *at == kPaint) ++at;
  return address_of(__stack_top) - address_of(at);
}

void board::print_register(const char* name, uint32_t value) {
  print(name);
  print_hex(value);
}

[[noreturn]] void start() {
  board::prepare_core();
  board::repaint_stack();
  initialize_data();
  board::protect_memory();
  const int32_t result = main();
  if (*__stack_limit != kPaint) {
    board::print("fault: stack overflow\n");
    board::exit(board::kFaultExit);
  }
  board::exit(result);
}
