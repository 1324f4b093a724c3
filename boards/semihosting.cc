// Arm semihosting: an operation number and a block of arguments, then `bkpt
// 0xab`, which the emulator (or a debug probe) answers. Operations:
// "Semihosting for AArch32 and AArch64", Arm Ltd.
#include <cstring>

#include "boards/board.h"

namespace board {
namespace {

constexpr uint32_t kOpen = 0x01;
constexpr uint32_t kClose = 0x02;
constexpr uint32_t kWrite0 = 0x04;
constexpr uint32_t kWrite = 0x05;
constexpr uint32_t kRead = 0x06;
constexpr uint32_t kExitExtended = 0x20;
constexpr uint32_t kApplicationExit = 0x20026;  // the reason that comes with an exit code

int32_t call(uint32_t operation, const void* arguments) {
  register uint32_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = arguments;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return static_cast<int32_t>(r0);
}

uint32_t word(const void* pointer) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer)); }

void print_digits(uint32_t value, uint32_t base) {
  char text[11];
  char* next = text + sizeof text - 1;
  *next = 0;
  do {
    *--next = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  print(next);
}

}  // namespace

void print(const char* text) { call(kWrite0, text); }

void print_decimal(uint32_t value) { print_digits(value, 10); }

void print_hex(uint32_t value) { print_digits(value, 16); }

int32_t open(const char* path, Mode mode) {
  const uint32_t arguments[] = {word(path), static_cast<uint32_t>(mode), static_cast<uint32_t>(strlen(path))};
  return call(kOpen, arguments);
}

// Both transfers answer with the number of bytes that were NOT transferred.
bool read(int32_t file, void* to, size_t bytes) {
  const uint32_t arguments[] = {static_cast<uint32_t>(file), word(to), static_cast<uint32_t>(bytes)};
  return call(kRead, arguments) == 0;
}

bool write(int32_t file, const void* from, size_t bytes) {
  const uint32_t arguments[] = {static_cast<uint32_t>(file), word(from), static_cast<uint32_t>(bytes)};
  return call(kWrite, arguments) == 0;
}

void close(int32_t file) {
  const uint32_t arguments[] = {static_cast<uint32_t>(file)};
  call(kClose, arguments);
}

[[noreturn]] void exit(int32_t code) {
  const uint32_t arguments[] = {kApplicationExit, static_cast<uint32_t>(code)};
  call(kExitExtended, arguments);
  for (;;) {
  }
}

}  // namespace board
