// What a firmware's main() may use of the board: text and files of the host by
// semihosting, the stack's high-water mark, and the two places between which
// the emulator counts instructions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace board {

// Prints to the host's standard output.
void print(const char* text);
void print_decimal(uint32_t value);
void print_hex(uint32_t value);

// A file of the host, relative to the directory in which the emulator was
// started; -1 when it cannot be opened.
enum class Mode : uint32_t { kRead = 1, kWrite = 5, kAppend = 9 };
int32_t open(const char* path, Mode mode);
// True when exactly `bytes` were transferred.
bool read(int32_t file, void* to, size_t bytes);
bool write(int32_t file, const void* from, size_t bytes);
void close(int32_t file);

// Ends the emulation; the emulator exits with `code`.
[[noreturn]] void exit(int32_t code);

// Bytes of stack that have been used at most since it was painted: startup does that, and repaint_stack() again for
// the part that is free then.
uint32_t stack_peak();
void repaint_stack();

}  // namespace board

extern "C" {
// One `bx lr` each; the emulator logs its instruction counter whenever one of
// them is entered. `--count start:stop` reports the instructions executed from
// the first one of arenite_count_start to the last one before
// arenite_count_stop: the code between the two calls plus 2 (this bx and the bl
// that follows).
void arenite_count_start();
void arenite_count_stop();
// The same for code in between, for instance the end of each operator:
// `--count` lists the part up to each call.
void arenite_count_lap();
}
