// RISC-V, machine mode only: traps, physical memory protection, fault report, semihosting.
#include "boards/board.h"
#include "boards/core.h"

extern "C" {
void reset_handler();
void trap_handler();
}

namespace {

#define WRITE_CSR(name, value) \
  asm volatile(".option push\n.option arch, +zicsr\ncsrw " name ", %0\n.option pop" ::"r"(value) : "memory")

uint32_t read_cause() {
  uint32_t value;
  asm volatile(".option push\n.option arch, +zicsr\ncsrr %0, mcause\n.option pop" : "=r"(value));
  return value;
}

uint32_t read_place() {
  uint32_t value;
  asm volatile(".option push\n.option arch, +zicsr\ncsrr %0, mepc\n.option pop" : "=r"(value));
  return value;
}

uint32_t read_address() {
  uint32_t value;
  asm volatile(".option push\n.option arch, +zicsr\ncsrr %0, mtval\n.option pop" : "=r"(value));
  return value;
}

// pmpaddr of a region of `size` bytes, a power of two >= 8 that divides base.
uint32_t power_of_two_region(uint32_t base, uint32_t size) { return base >> 2 | ((size >> 3) - 1); }

const char* name_of(uint32_t cause) {
  switch (cause) {
    case 1:
      return "instruction access fault";
    case 2:
      return "illegal instruction";
    case 3:
      return "breakpoint";
    case 4:
    case 6:
      return "misaligned access";
    case 5:
      return "load access fault";
    case 7:
      return "store access fault";
    default:
      return "unexpected trap";
  }
}

bool is_in_guard(uint32_t address) {
  const uint32_t limit = board::address_of(__stack_limit);
  return address < limit && limit - address <= board::kStackGuard;
}

}  // namespace

void board::prepare_core() { WRITE_CSR("mtvec", &trap_handler); }

// Locked entries bind machine mode too.
void board::protect_memory() {
  constexpr uint32_t kLocked = 0x80, kPowerOfTwo = 0x18, kRead = 1, kExecute = 4;
  const uint32_t guard = address_of(__stack_limit) - kStackGuard;
  WRITE_CSR("pmpaddr0", power_of_two_region(guard, kStackGuard));
  WRITE_CSR("pmpaddr1", power_of_two_region(address_of(__flash_base), address_of(__flash_size)));
  WRITE_CSR("pmpcfg0", (kLocked | kPowerOfTwo | kRead | kExecute) << 8 | kLocked | kPowerOfTwo);
}

// The three instructions are one mark: none of them compressed, in one page.
[[gnu::naked, gnu::noinline, gnu::aligned(16)]] int32_t board::semihosting_call(uint32_t, const void*) {
  asm volatile(
      ".option push\n"
      ".option norvc\n"
      "slli zero, zero, 0x1f\n"
      "ebreak\n"
      "srai zero, zero, 7\n"
      ".option pop\n"
      "ret\n");
}

extern "C" {

[[noreturn, gnu::used]] void report_trap() {
  board::print("fault: ");
  board::print(name_of(read_cause()));
  if (is_in_guard(read_address())) {
    board::print(" stack overflow");
  } else {
    board::print_register(" pc=0x", read_place());
  }
  board::print_register(" address=0x", read_address());
  board::print("\n");
  board::exit(board::kFaultExit);
}

// The stack may be what failed: report from its top. mtvec wants a multiple of four.
[[gnu::naked, gnu::aligned(4)]] void trap_handler() {
  asm volatile(
      "la sp, __stack_top\n"
      "j report_trap\n");
}

// The first of flash, where the emulator starts.
[[gnu::naked, gnu::used, gnu::section(".vectors")]] void reset_handler() {
  asm volatile(
      ".option push\n"
      ".option norelax\n"
      "la gp, __global_pointer$\n"
      ".option pop\n"
      "la sp, __stack_top\n"
      "la tp, __tls_base\n"
      "j start\n");
}

[[gnu::naked, gnu::noinline]] void arenite_count_start() { asm volatile("ret"); }
[[gnu::naked, gnu::noinline]] void arenite_count_stop() { asm volatile("ret"); }
[[gnu::naked, gnu::noinline]] void arenite_count_lap() { asm volatile("ret"); }

}  // extern "C"
