// Runs a model with an operator of this program's own: its kernel stands in the resolver like any other.
#include <cstdio>
#include <cstring>

#include "interpreter/interpreter.h"
#include "kernels_cpp/kernels.h"
#include "peak_hold.h"

using namespace arenite;

extern "C" const uint8_t model_data[], model_data_end[];  // CMakeLists.txt embeds the file
static const Kernel* const kKernels[] = {&kernels::add, &kPeakHold};
alignas(16) static uint8_t arena[1024];

static int fail(const Error& error) {
  std::printf("node %d, detail %u: %s\n", error.node, unsigned(error.detail), status_text(error.status));
  return 1;
}

int main() {
  Model model;
  Error error;
  if (Model::open(model_data, size_t(model_data_end - model_data), &model, &error) != Status::kOk) return fail(error);
  Interpreter interpreter(model, kKernels, arena, sizeof(arena));
  if (interpreter.allocate(&error) != Status::kOk) return fail(error);
  for (int frame = 0; frame < 4; ++frame) {
    std::memset(interpreter.input(0).data, frame == 1 ? 50 : frame, size_t(interpreter.input(0).count()));
    if (interpreter.invoke(&error) != Status::kOk) return fail(error);
    std::printf("%d ", interpreter.output(0).as<int8_t>()[0]);
  }
  interpreter.reset_variables();  // what operators keep between calls starts anew
  std::memset(interpreter.input(0).data, -3, size_t(interpreter.input(0).count()));
  if (interpreter.invoke(&error) != Status::kOk) return fail(error);
  std::printf("%d\n", interpreter.output(0).as<int8_t>()[0]);
}
