// What verification costs: opens every model of the host's file models.bin (per model: a word with its bytes, then the
// file), a counted span each. Prints the bytes of stack of the deepest.
#include "boards/firmware/streams.h"
#include "interpreter/model.h"

namespace {

constexpr uint32_t kRoom = 512 << 10;
alignas(16) uint8_t content[kRoom];

// Where main() stands on the stack is not the verifier's doing.
[[gnu::noinline]] uint32_t stack_before() {
  board::repaint_stack();
  return board::stack_peak();
}

}  // namespace

int main() {
  const int32_t models = firmware::open_file("models.bin", board::Mode::kRead);
  uint32_t deepest = 0;
  for (uint32_t size; board::read(models, &size, sizeof size);) {
    if (size > kRoom || !board::read(models, content, size)) {
      board::print("models.bin ends within a model, or it is too large\n");
      return firmware::kFailed;
    }
    const uint32_t before = stack_before();
    arenite::Model model;
    arenite_count_start();
    arenite::Error error;
    const arenite::Status status = arenite::Model::open(content, size, &model, &error);
    arenite_count_stop();
    if (status != arenite::Status::kOk) {
      board::print("refused: status ");
      board::print_decimal(static_cast<uint32_t>(status));
      board::print(" detail ");
      board::print_decimal(error.detail);
      board::print("\n");
      return firmware::kFailed;
    }
    const uint32_t used = board::stack_peak() - before;
    if (used > deepest) deepest = used;
  }
  board::print("stack ");
  board::print_decimal(deepest);
  board::print("\n");
  return 0;
}
