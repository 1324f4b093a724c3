// Runs one model on every sample of the host's file inputs.bin and writes its outputs to outputs.bin: raw tensors, in
// the model's order, sample after sample. Prints `name value` lines. The first counted span is open and allocate, each
// further one is an invoke.
#include "boards/board.h"
#include "boards/firmware/model.h"
#include "interpreter/interpreter.h"
#include "interpreter/model.h"

namespace {

constexpr int32_t kFailed = 1;

void print_line(const char* name, uint32_t value) {
  board::print(name);
  board::print(" ");
  board::print_decimal(value);
  board::print("\n");
}

const char* name_of(arenite::Status status) {
  static const char* const kNames[] = {
#define STATUS_NAME(name, text) #name,
      ARENITE_STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
  };
  return kNames[static_cast<uint8_t>(status)];
}

[[noreturn]] void fail(const char* what, const arenite::Error& error) {
  board::print(what);
  board::print(" failed: status ");
  board::print(name_of(error.status));
  board::print("\n");
  print_line("subgraph", error.subgraph);
  print_line("node", error.node);
  print_line("detail", error.detail);
  board::exit(kFailed);
}

int32_t open_file(const char* name, board::Mode mode) {
  const int32_t file = board::open(name, mode);
  if (file < 0) {
    board::print("cannot open ");
    board::print(name);
    board::print("\n");
    board::exit(kFailed);
  }
  return file;
}

size_t bytes_of(const arenite::Tensor& tensor) {
  return static_cast<size_t>(tensor.count()) * arenite::type_size(tensor.type);
}

// False at the end of the file.
bool read_inputs(int32_t file, const arenite::Interpreter& interpreter) {
  for (uint32_t i = 0; i < interpreter.input_count(); ++i) {
    const arenite::Tensor tensor = interpreter.input(i);
    if (!board::read(file, tensor.data, bytes_of(tensor))) return false;
  }
  return true;
}

bool write_outputs(int32_t file, const arenite::Interpreter& interpreter) {
  for (uint32_t i = 0; i < interpreter.output_count(); ++i) {
    const arenite::Tensor tensor = interpreter.output(i);
    if (!board::write(file, tensor.data, bytes_of(tensor))) return false;
  }
  return true;
}

void open_model(arenite::Model* model) {
  arenite::Error error;
  const size_t size = static_cast<size_t>(arenite_model_end - arenite_model);
  if (arenite::Model::open(arenite_model, size, model, &error) != arenite::Status::kOk) fail("open", error);
}

void allocate(arenite::Interpreter* interpreter) {
  arenite::Error error;
  if (interpreter->allocate(&error) != arenite::Status::kOk) fail("allocate", error);
}

void invoke(arenite::Interpreter* interpreter) {
  arenite::Error error;
  const arenite::Status status = interpreter->invoke(&error);
  if (status != arenite::Status::kOk && status != arenite::Status::kNotDue) fail("invoke", error);
}

}  // namespace

int main() {
  arenite::Model model;
  arenite_count_start();
  open_model(&model);
  arenite::Interpreter interpreter(model, firmware::kResolver, firmware::arena, firmware::kArenaSize);
  allocate(&interpreter);
  arenite_count_stop();
  print_line("arena", interpreter.arena_used());
  print_line("stack_allocate", board::stack_peak());

  board::repaint_stack();
  const int32_t inputs = open_file("inputs.bin", board::Mode::kRead);
  const int32_t outputs = open_file("outputs.bin", board::Mode::kWrite);
  while (read_inputs(inputs, interpreter)) {
    arenite_count_start();
    invoke(&interpreter);
    arenite_count_stop();
    if (!write_outputs(outputs, interpreter)) {
      board::print("cannot write outputs.bin\n");
      return kFailed;
    }
  }
  board::close(outputs);
  print_line("stack_invoke", board::stack_peak());
  return 0;
}
