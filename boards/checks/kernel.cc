// What one kernel costs: an interpreter whose resolver names ARENITE_CHECK_KERNEL alone, or nothing. Linked, never run.
#include "boards/board.h"
#include "interpreter/interpreter.h"
#include "interpreter/model.h"
#include "kernels_cpp/kernels.h"

namespace {

alignas(16) uint8_t content[64];
alignas(16) uint8_t arena[64];

#if defined(ARENITE_CHECK_KERNEL)
const arenite::Kernel* const kKernels[] = {&arenite::kernels::ARENITE_CHECK_KERNEL};
const arenite::OpResolver kResolver(kKernels, 1);
#else
const arenite::OpResolver kResolver(nullptr, 0);
#endif

}  // namespace

int main() {
  arenite::Model model;
  if (arenite::Model::open(content, sizeof content, &model, nullptr) != arenite::Status::kOk) return 1;
  arenite::Interpreter interpreter(model, kResolver, arena, sizeof arena);
  if (interpreter.allocate() != arenite::Status::kOk) return 1;
  return interpreter.invoke() == arenite::Status::kOk ? 0 : 1;
}
