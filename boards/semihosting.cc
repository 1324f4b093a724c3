// Semihosting: an operation number and a block of arguments, which the emulator (or a debug probe) answers. Operations:
// "Semihosting for AArch32 and AArch64", Arm Ltd; RISC-V has the same.
#include <cstring>

#include "boards/board.h"
#include "boards/core.h"

namespace board {
namespace {

constexpr uint32_t kOpen = 0x01;
constexpr uint32_t kClose = 0x02;
constexpr uint32_t kWrite0 = 0x04;
constexpr uint32_t kWrite = 0x05;
constexpr uint32_t kRead = 0x06;
constexpr uint32_t kExitExtended = 0x20;
constexpr uint32_t kApplicationExit = 0x20026;  // the reason that comes with an exit code

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

void print(const char* text) { semihosting_call(kWrite0, text); }

void print_decimal(uint32_t value) { print_digits(value, 10); }

void print_hex(uint32_t value) { print_digits(value, 16); }

int32_t open(const char* path, Mode mode) {
  const uint32_t arguments[] = {address_of(path), static_cast<uint32_t>(mode), static_cast<uint32_t>(strlen(path))};
  return semihosting_call(kOpen, arguments);
}

// Both transfers answer with the number of bytes that were NOT transferred.
bool read(int32_t file, void* to, size_t bytes) {
  const uint32_t arguments[] = {static_cast<uint32_t>(file), address_of(to), static_cast<uint32_t>(bytes)};
  return semihosting_call(kRead, arguments) == 0;
}

bool write(int32_t file, const void* from, size_t bytes) {
  const uint32_t arguments[] = {static_cast<uint32_t>(file), address_of(from), static_cast<uint32_t>(bytes)};
  return semihosting_call(kWrite, arguments) == 0;
}

void close(int32_t file) {
  const uint32_t arguments[] = {static_cast<uint32_t>(file)};
  semihosting_call(kClose, arguments);
}

[[noreturn]] void exit(int32_t code) {
  const uint32_t arguments[] = {kApplicationExit, static_cast<uint32_t>(code)};
  semihosting_call(kExitExtended, arguments);
  for (;;) {
  }
}

}  // namespace board
