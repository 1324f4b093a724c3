// The smallest firmware that runs a model once, startup included: what a whole image takes (benchmarks/figures.py). It
// prints nothing; the emulator's exit code says where it failed, or is 42. For Cortex-M.
#include <cstddef>
#include <cstdint>

#include "boards/firmware/model.h"
#include "interpreter/interpreter.h"

extern "C" {
extern uint32_t __stack_top[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern const uint32_t __data_image[];
[[noreturn]] void start();

// Smaller than the C library's, which are made for speed.
[[gnu::optimize("no-tree-loop-distribute-patterns")]] void* memcpy(void* to, const void* from, size_t size) {
  uint8_t* out = static_cast<uint8_t*>(to);
  const uint8_t* in = static_cast<const uint8_t*>(from);
  while (size-- != 0) *out++ = *in++;
  return to;
}

[[gnu::optimize("no-tree-loop-distribute-patterns")]] void* memset(void* to, int value, size_t size) {
  uint8_t* out = static_cast<uint8_t*>(to);
  while (size-- != 0) *out++ = static_cast<uint8_t>(value);
  return to;
}
}

namespace {

enum Outcome : uint32_t { kModel = 1, kArena = 2, kRun = 3, kFault = 4, kDone = 42 };

// Arm semihosting's exit with a code.
[[noreturn]] void finish(uint32_t outcome) {
  const uint32_t arguments[] = {0x20026, outcome};
  register uint32_t operation asm("r0") = 0x20;
  register const uint32_t* block asm("r1") = arguments;
  asm volatile("bkpt 0xab" ::"r"(operation), "r"(block) : "memory");
  for (;;) {
  }
}

[[noreturn]] void fault() { finish(kFault); }

uint32_t run_model() {
  arenite::Model model;
  const size_t size = static_cast<size_t>(arenite_model_end - arenite_model);
  if (arenite::Model::open(arenite_model, size, &model) != arenite::Status::kOk) return kModel;
  arenite::Interpreter interpreter(model, firmware::kResolver, firmware::arena, firmware::kArenaSize);
  if (interpreter.allocate() != arenite::Status::kOk) return kArena;
  interpreter.input(0).as<int8_t>()[0] = 1;
  return interpreter.invoke() == arenite::Status::kOk ? kDone : kRun;
}

}  // namespace

extern "C" [[noreturn]] void start() {
#if defined(__ARM_FP)
  *reinterpret_cast<volatile uint32_t*>(0xE000ED88u) |= 0xFu << 20;  // access to the float unit
  asm volatile("dsb\n isb" ::: "memory");
#endif
  const uint32_t* from = __data_image;
  for (uint32_t* to = __data_start; to < __data_end; ++to) *to = *from++;
  for (uint32_t* to = __bss_start; to < __bss_end; ++to) *to = 0;
  finish(run_model());
}

using Handler = void (*)();
[[gnu::section(".vectors"), gnu::used]] const struct {
  uint32_t* stack_top;
  Handler handlers[15];
} kVectors = {
    __stack_top,
    {start, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault}};
