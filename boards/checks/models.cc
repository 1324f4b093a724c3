// Every kernel in one firmware: runs all models of the host's file models.bin, one after the other, each in an arena of
// the size that the host's interpreter needed, and writes to results.bin what came of it. Words of 32 bits and raw
// tensors; written by tests/python/board/packs.py.
//
//   models.bin   per model: bytes of the file, of the arena, runs, bytes of all inputs; the file; the inputs
//   results.bin  per model: status of open and allocate, bytes of arena used, bytes of stack of allocate; when that
//                is Ok, per run: status, its outputs when that is Ok; then bytes of stack of all runs
#include <cstring>

#include "boards/firmware/streams.h"
#include "examples/custom_operator/peak_hold.h"
#include "interpreter/model.h"
#include "interpreter/stepper.h"
#include "kernels_cpp/kernels.h"

namespace {

using arenite::Status;
using firmware::kFailed;

const arenite::Kernel* const kKernels[] = {
#define OP(name, code, max_version, options, signatures) &arenite::kernels::name,
#include "schema/ops.def"
#undef OP
    &kPeakHold};

constexpr size_t kRoom = 384 << 10;
constexpr uint32_t kIterations = 1000;
constexpr size_t kGuard = 64;
constexpr int kUnused = 0xA5;
alignas(16) uint8_t content[kRoom];
alignas(16) uint8_t arena[kRoom + kGuard];
alignas(16) uint8_t second[kRoom + kGuard];  // the arena's other part, of every fourth model

struct Header {
  uint32_t model_bytes;
  uint32_t arena_bytes;
  uint32_t runs;
  uint32_t input_bytes;  // of all runs
};

[[noreturn]] void fail(const char* what) {
  board::print(what);
  board::exit(kFailed);
}

void put(int32_t file, uint32_t word) {
  if (!board::write(file, &word, sizeof word)) fail("cannot write results.bin\n");
}

void skip(int32_t file, uint32_t bytes) {
  for (; bytes > kRoom; bytes -= kRoom) (void)board::read(file, content, kRoom);
  (void)board::read(file, content, bytes);
}

void check_guard(const uint8_t* memory, uint32_t bytes) {
  uint32_t differing = 0;
  for (size_t i = 0; i < kGuard; ++i) differing += memory[bytes + i] != kUnused ? 1 : 0;
  if (differing != 0) fail("something was written beyond the arena\n");
}

// A third of the runs go in steps of one operator, then of two, three …; the results are the same.
Status invoke(uint32_t number, arenite::Interpreter* interpreter) {
  if (number % 3 != 1) return interpreter->invoke();
  arenite::Stepper stepper(*interpreter);
  Status status;
  uint32_t operators = 1;
  do {
    status = stepper.invoke_step(operators++);
  } while (!stepper.done());
  return status;
}

void run(const Header& header, int32_t models, int32_t results, arenite::Interpreter* interpreter) {
  interpreter->set_iteration_limit(kIterations);
  board::repaint_stack();
  for (uint32_t i = 0; i < header.runs; ++i) {
    if (!firmware::read_inputs(models, *interpreter)) fail("models.bin ends within inputs\n");
    const Status status = invoke(i, interpreter);
    put(results, static_cast<uint32_t>(status));
    if (status == Status::kOk && !firmware::write_outputs(results, *interpreter)) {
      fail("cannot write results.bin\n");
    }
  }
  put(results, board::stack_peak());
}

// The same in half of the arena, and a second region. False where what lasts does not fit into the half.
bool run_in_parts(const Header& header, int32_t models, int32_t results, const arenite::Model& model) {
  arenite::Interpreter interpreter(model, kKernels, arena, header.arena_bytes / 2);
  arenite::Region region{second, header.arena_bytes};
  std::memset(second, kUnused, header.arena_bytes + kGuard);
  if (interpreter.allocate_in(&region, 1) != Status::kOk) return false;
  run(header, models, results, &interpreter);
  check_guard(second, header.arena_bytes);
  return true;
}

void open_and_run(const Header& header, int32_t models, int32_t results) {
  std::memset(arena, kUnused, header.arena_bytes + kGuard);
  board::repaint_stack();
  arenite::Model model;
  Status status = arenite::Model::open(content, header.model_bytes, &model);
  arenite::Interpreter interpreter(model, kKernels, arena, header.arena_bytes);
  if (status == Status::kOk) status = interpreter.allocate();
  put(results, static_cast<uint32_t>(status));
  put(results, status == Status::kOk ? interpreter.arena_used() : 0);
  put(results, board::stack_peak());
  static uint32_t number = 0;
  if (status != Status::kOk) {
    skip(models, header.input_bytes);
  } else if (++number % 4 != 0 || !run_in_parts(header, models, results, model)) {
    if (number % 4 == 0) (void)interpreter.allocate();
    run(header, models, results, &interpreter);
  }
  check_guard(arena, header.arena_bytes);
}

}  // namespace

int main() {
  const int32_t models = firmware::open_file("models.bin", board::Mode::kRead);
  const int32_t results = firmware::open_file("results.bin", board::Mode::kWrite);
  Header header;
  while (board::read(models, &header, sizeof header)) {
    if (header.model_bytes > kRoom || header.arena_bytes > kRoom) fail("models.bin holds a model that is too large\n");
    if (!board::read(models, content, header.model_bytes)) fail("models.bin ends within a model\n");
    open_and_run(header, models, results);
  }
  board::close(results);
  return 0;
}
