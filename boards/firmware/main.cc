// Runs one model on every sample of the host's file inputs.bin and writes its outputs to outputs.bin: raw tensors, in
// the model's order, sample after sample. Prints `name value` lines. The first counted span is open and allocate, each
// further one is an invoke.
#include "boards/board.h"
#include "boards/firmware/model.h"
#include "boards/firmware/streams.h"
#include "interpreter/interpreter.h"
#include "interpreter/model.h"

namespace {

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
  board::exit(firmware::kFailed);
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
  const int32_t inputs = firmware::open_file("inputs.bin", board::Mode::kRead);
  const int32_t outputs = firmware::open_file("outputs.bin", board::Mode::kWrite);
  while (firmware::read_inputs(inputs, interpreter)) {
    arenite_count_start();
    invoke(&interpreter);
    arenite_count_stop();
    if (!firmware::write_outputs(outputs, interpreter)) {
      board::print("cannot write outputs.bin\n");
      return firmware::kFailed;
    }
  }
  board::close(outputs);
  print_line("stack_invoke", board::stack_peak());
  return 0;
}
