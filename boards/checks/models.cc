// Every kernel in one firmware: runs all models of the host's file models.bin, one after the other, each in an arena of
// the size that the host's interpreter needed, and writes to results.bin what came of it. Words of 32 bits and raw
// tensors; written by tests/python/board/packs.py.
//
//   models.bin   per model: bytes of the file, of the arena, runs, bytes of all inputs, bytes of the arena's parts (0
//                for none); the file; the inputs
//   results.bin  per model: status of open and allocate, bytes of arena used, bytes of stack of allocate; when that
//                is Ok: for an arena in parts, status of allocate_in, bytes used of each, a number that says what lies
//                where; per run: status, its outputs when that is Ok; then bytes of stack of all runs
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
constexpr uint32_t kMoreRegions = 2;
alignas(16) uint8_t content[kRoom];
alignas(16) uint8_t arena[kRoom + kGuard];
alignas(16) uint8_t others[kMoreRegions][kRoom + kGuard];  // the arena's other parts
arenite::Allocation plan[1024];

struct Header {
  uint32_t model_bytes;
  uint32_t arena_bytes;
  uint32_t runs;
  uint32_t input_bytes;  // of all runs
  uint32_t region_bytes[1 + kMoreRegions];
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

// Which region an offset from the arena's start lies in; *offset counts from there then.
uint32_t region_of(const Header& header, uint32_t* offset) {
  uint32_t region = kMoreRegions;
  for (; region > 0; --region) {
    const uint32_t from =
        static_cast<uint32_t>(reinterpret_cast<uintptr_t>(others[region - 1]) - reinterpret_cast<uintptr_t>(arena));
    if (*offset - from >= header.region_bytes[region]) continue;
    *offset -= from;
    break;
  }
  return region;
}

// FNV-1a over region, offset and size of all that has a place.
uint32_t placement(const Header& header, arenite::Interpreter* interpreter) {
  uint32_t number = 0x811C9DC5;
  if (interpreter->allocation_count() > sizeof plan / sizeof plan[0]) fail("a model has too large a plan\n");
  if (interpreter->describe_plan(plan) != Status::kOk) fail("a plan cannot be described\n");
  for (uint32_t i = 0; i < interpreter->allocation_count(); ++i) {
    if (plan[i].bytes == 0) continue;
    uint32_t offset = plan[i].offset;
    const uint32_t region = region_of(header, &offset);
    const uint32_t words[] = {region, offset, plan[i].bytes};
    for (const uint32_t word : words) number = (number ^ word) * 0x01000193;
  }
  return number;
}

void put_regions(int32_t results, Status status, uint32_t first, const arenite::Region* more, uint32_t place) {
  put(results, static_cast<uint32_t>(status));
  put(results, first);
  for (uint32_t i = 0; i < kMoreRegions; ++i) put(results, more[i].used);
  put(results, place);
}

// False where a piece finds no room: then the arena is one again.
bool run_in_regions(const Header& header, int32_t models, int32_t results, const arenite::Model& model) {
  arenite::Region more[kMoreRegions] = {{others[0], header.region_bytes[1]}, {others[1], header.region_bytes[2]}};
  for (uint32_t i = 0; i < kMoreRegions; ++i) std::memset(others[i], kUnused, more[i].size + kGuard);
  arenite::Interpreter interpreter(model, kKernels, arena, header.region_bytes[0]);
  const Status status = interpreter.allocate_in(more, header.region_bytes[2] != 0 ? 2 : 1);
  const bool good = status == Status::kOk;
  put_regions(results, status, good ? interpreter.arena_used() : 0, more, good ? placement(header, &interpreter) : 0);
  if (good) run(header, models, results, &interpreter);
  for (uint32_t i = 0; i < kMoreRegions; ++i) check_guard(others[i], header.region_bytes[1 + i]);
  return good;
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
  const bool in_regions = header.region_bytes[0] != 0;
  if (status != Status::kOk) {
    skip(models, header.input_bytes);
  } else if (!in_regions || !run_in_regions(header, models, results, model)) {
    if (in_regions) (void)interpreter.allocate();
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
