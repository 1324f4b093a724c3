// Between startup.cc, which is the same everywhere, and the file of the processor family (core_arm.cc, core_riscv.cc).
#pragma once

#include <cstdint>

extern "C" {
// Placed by link.ld; the address of __flash_size is the size.
extern const uint8_t __flash_base[], __flash_size[];
extern uint32_t __stack_limit[], __stack_top[];

// From reset to main(), with the stack pointer set; it is the reset handler of a family that needs no more.
[[noreturn]] void start();
}

namespace board {

constexpr int32_t kFaultExit = 70;
constexpr uint32_t kStackGuard = 1024;  // bytes below the stack that nothing may touch

inline uint32_t address_of(const void* pointer) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer)); }

void print_register(const char* name, uint32_t value);

// --- the family's own ---

// Float unit and traps on.
void prepare_core();

// Makes flash read-only, as on silicon (the emulator's is RAM), and the stack's end a wall, where the
// core can: else there is only the check after main().
void protect_memory();

// The instruction that an emulator or a debug probe answers. RISC-V took over
// the operations of Arm's.
int32_t semihosting_call(uint32_t operation, const void* arguments);

}  // namespace board
