// Files of the host beside the firmware, and a model's inputs and outputs in them: raw tensors, in the model's order.
#pragma once

#include "boards/board.h"
#include "interpreter/interpreter.h"

namespace firmware {

constexpr int32_t kFailed = 1;

// Ends the run when the file cannot be opened.
inline int32_t open_file(const char* name, board::Mode mode) {
  const int32_t file = board::open(name, mode);
  if (file < 0) {
    board::print("cannot open ");
    board::print(name);
    board::print("\n");
    board::exit(kFailed);
  }
  return file;
}

inline size_t bytes_of(const arenite::Tensor& tensor) {
  return arenite::stored_bytes(tensor.type, static_cast<uint32_t>(tensor.count()));
}

// False at the end of the file.
inline bool read_inputs(int32_t file, const arenite::Interpreter& interpreter) {
  for (uint32_t i = 0; i < interpreter.input_count(); ++i) {
    const arenite::Tensor tensor = interpreter.input(i);
    if (!board::read(file, tensor.data, bytes_of(tensor))) return false;
  }
  return true;
}

inline bool write_outputs(int32_t file, const arenite::Interpreter& interpreter) {
  for (uint32_t i = 0; i < interpreter.output_count(); ++i) {
    const arenite::Tensor tensor = interpreter.output(i);
    if (!board::write(file, tensor.data, bytes_of(tensor))) return false;
  }
  return true;
}

}  // namespace firmware
