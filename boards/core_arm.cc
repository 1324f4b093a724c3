// Cortex-M: vector table, float unit, traps, memory protection, fault report, semihosting.
#include "boards/board.h"
#include "boards/core.h"

extern "C" {
void fault_handler();
}

namespace {

using board::address_of;
using board::print_register;

volatile uint32_t& scb(uint32_t offset) { return *reinterpret_cast<volatile uint32_t*>(0xE000ED00u + offset); }
constexpr uint32_t kCcr = 0x14;    // configuration and control
constexpr uint32_t kShcsr = 0x24;  // system handler control
constexpr uint32_t kCfsr = 0x28;   // configurable fault status (not on Armv6-M)
constexpr uint32_t kBfar = 0x38;   // bus fault address
constexpr uint32_t kCpacr = 0x88;  // coprocessor access

#if __ARM_ARCH >= 7
constexpr bool kHasFaultStatus = true;
#else
constexpr bool kHasFaultStatus = false;
#endif

void enable_fpu() {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  scb(kCpacr) = scb(kCpacr) | 0xFu << 20;  // full access to CP10 and CP11
  asm volatile("dsb\n isb" ::: "memory");
#endif
}

void enable_traps() {
  constexpr uint32_t kUnaligned = 1u << 3;
  constexpr uint32_t kDivideByZero = 1u << 4;
  if (!kHasFaultStatus) {
    scb(kCcr) = scb(kCcr) | kUnaligned;  // always so on Armv6-M; the emulated core may be a larger one
    return;
  }
  scb(kCcr) = scb(kCcr) | kDivideByZero;
  scb(kShcsr) = scb(kShcsr) | 7u << 16;  // usage, bus and memory faults have their own exceptions
}

// The stack's end: the kilobyte below it is inaccessible, or the core itself knows the limit (Armv8-M). Cores without
// an MPU have only the check after main().
constexpr uint32_t kMpuType = 0x90;
constexpr uint32_t kMpuControl = 0x94;
constexpr uint32_t kMpuRegion = 0x98;
constexpr uint32_t kMpuBase = 0x9C;
constexpr uint32_t kMpuAttributes = 0xA0;

#if __ARM_ARCH >= 8
constexpr uint32_t kMpuMemoryType = 0xC0;

void protect_flash_and_stack() {
  constexpr uint32_t kReadOnly = 3u << 1;
  constexpr uint32_t kEnable = 1;
  asm volatile("msr msplim, %0" ::"r"(__stack_limit));
  scb(kMpuMemoryType) = 0xFF;  // type 0: ordinary memory
  scb(kMpuRegion) = 0;
  scb(kMpuBase) = address_of(__flash_base) | kReadOnly;
  scb(kMpuAttributes) = ((address_of(__flash_base) + address_of(__flash_size) - 1) & ~31u) | kEnable;
}
#else
// size  bytes, a power of two >= 32 that divides base.
void set_region(uint32_t index, uint32_t base, uint32_t size, uint32_t access) {
  uint32_t log2 = 0;
  while (1u << log2 < size) ++log2;
  scb(kMpuRegion) = index;
  scb(kMpuBase) = base;
  scb(kMpuAttributes) = access << 24 | (log2 - 1) << 1 | 1;
}

void protect_flash_and_stack() {
  constexpr uint32_t kNoAccess = 0;
  constexpr uint32_t kReadOnly = 6;
  set_region(0, address_of(__stack_limit) - board::kStackGuard, board::kStackGuard, kNoAccess);
  set_region(1, address_of(__flash_base), address_of(__flash_size), kReadOnly);
}
#endif

bool stack_overflowed(const uint32_t* frame) {
  constexpr uint32_t kStackLimit = 1u << 20;  // Armv8-M's own finding
  if (kHasFaultStatus && (scb(kCfsr) & kStackLimit) != 0) return true;
  return frame <= __stack_limit || frame >= __stack_top;
}

}  // namespace

void board::prepare_core() {
  enable_fpu();
  enable_traps();
}

void board::protect_memory() {
  if ((scb(kMpuType) >> 8 & 0xFF) == 0) return;
  protect_flash_and_stack();
  scb(kMpuControl) = 1u << 2 | 1;  // the default map holds elsewhere
  asm volatile("dsb\n isb" ::: "memory");
}

int32_t board::semihosting_call(uint32_t operation, const void* arguments) {
  register uint32_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = arguments;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return static_cast<int32_t>(r0);
}

extern "C" {

// frame: r0-r3, r12, lr, pc, xpsr as the exception pushed them.
[[noreturn, gnu::used]] void report_fault(const uint32_t* frame, uint32_t exception) {
  static const char* const kNames[] = {"hard fault", "memory fault", "bus fault", "usage fault"};
  board::print("fault: ");
  board::print(exception >= 3 && exception <= 6 ? kNames[exception - 3] : "unexpected exception");
  if (stack_overflowed(frame)) {
    board::print(" stack overflow");
  } else {
    print_register(" pc=0x", frame[6]);
    print_register(" lr=0x", frame[5]);
  }
  if (kHasFaultStatus) {
    print_register(" cfsr=0x", scb(kCfsr));
    print_register(" bfar=0x", scb(kBfar));
  }
  board::print("\n");
  board::exit(board::kFaultExit);
}

// The stack may be what failed: report from its top.
[[gnu::naked]] void fault_handler() {
  asm volatile(
      "mrs r0, msp\n"
      "mrs r1, ipsr\n"
      "ldr r2, =__stack_top\n"
      "mov sp, r2\n"
      "b report_fault\n");
}

[[gnu::naked, gnu::noinline]] void arenite_count_start() { asm volatile("bx lr"); }
[[gnu::naked, gnu::noinline]] void arenite_count_stop() { asm volatile("bx lr"); }
[[gnu::naked, gnu::noinline]] void arenite_count_lap() { asm volatile("bx lr"); }

}  // extern "C"

namespace {

using Handler = void (*)();
struct Vectors {
  uint32_t* stack_top;
  Handler handlers[15];  // reset, then exceptions 2 to 15; no interrupt is ever
                         // enabled
};

[[gnu::section(".vectors"), gnu::used]] const Vectors kVectors = {
    __stack_top,
    {start, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
     fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler}};

}  // namespace
