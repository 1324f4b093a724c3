// Runs a model that lies in flash, inside one static arena, with the kernels that it names and no others.
#include <cstdio>
#include <cstring>

#include "interpreter/interpreter.h"
#include "kernels_cpp/kernels.h"

using namespace arenite;

extern "C" const uint8_t model_data[], model_data_end[];  // CMakeLists.txt embeds the file
static const Kernel* const kKernels[] = {&kernels::conv_2d, &kernels::fully_connected, &kernels::relu,
                                         &kernels::softmax};
alignas(16) static uint8_t arena[32 * 1024];

static int fail(const Error& error) {
  std::printf("node %d, detail %u: %s\n", error.node, unsigned{error.detail}, status_text(error.status));
  return 1;
}

int main() {
  Model model;
  Error error;
  if (Model::open(model_data, size_t(model_data_end - model_data), &model, &error) != Status::kOk) return fail(error);
  Interpreter interpreter(model, kKernels, arena, sizeof(arena));
  if (interpreter.allocate(&error) != Status::kOk) return fail(error);
  std::memset(interpreter.input(0).data, 1, size_t(interpreter.input(0).count()));
  if (interpreter.invoke(&error) != Status::kOk) return fail(error);
  const Tensor output = interpreter.output(0);
  for (int i = 0; i < output.count(); ++i) std::printf("%d ", output.as<int8_t>()[i]);
  std::printf("\narena %u of %u bytes\n", unsigned{interpreter.arena_used()}, unsigned{sizeof(arena)});
}
