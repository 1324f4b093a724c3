// What a firmware costs before Arenite: the same startup, files and printing as firmware/main.cc, no interpreter.
#include "boards/board.h"

namespace {

uint8_t sample[16];

}  // namespace

int main() {
  board::repaint_stack();
  const int32_t inputs = board::open("inputs.bin", board::Mode::kRead);
  const int32_t outputs = board::open("outputs.bin", board::Mode::kWrite);
  while (board::read(inputs, sample, sizeof sample)) {
    arenite_count_start();
    arenite_count_stop();
    if (!board::write(outputs, sample, sizeof sample)) return 1;
  }
  board::close(outputs);
  board::print("stack ");
  board::print_decimal(board::stack_peak());
  board::print("\n");
  return 0;
}
