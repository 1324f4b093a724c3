// How a kernel sees its operator: everything is looked up in the model when asked.
#include <cstring>

#include "interpreter/interpreter.h"
#include "schema/format.h"

namespace arenite {
namespace {

using flat::Table;
using flat::Vector;

Vector operands(const uint8_t* table, uint32_t field) { return Table(table).vector(field); }

// What a row window shows of an operand: no data, unless it is a constant. One named result, which the caller's memory
// holds at once: a board's stack is deepest here.
Tensor view(const Interpreter& interpreter, uint32_t index, bool windowed) {
  Tensor tensor = interpreter.tensor(index);
  if (windowed && !tensor.constant) tensor.data = nullptr;
  return tensor;
}

// A field of the options; false when it is absent. The structure check does not know the options' fields, so a field
// that leaves its table or is not aligned reads as absent too.
template <typename T>
bool read_option(const uint8_t* table, uint32_t id, T* value) {
  const Table options = Table(table).table(format::Operator::builtin_options);
  const uint8_t* at = options.field(id);
  if (at == nullptr) return false;
  const uint32_t offset = static_cast<uint32_t>(at - options.data());
  if (offset % sizeof(T) != 0 || offset + sizeof(T) > options.inline_size()) return false;
  *value = flat::load<T>(at);
  return true;
}

}  // namespace

int32_t Node::input_count() const { return static_cast<int32_t>(operands(table_, format::Operator::inputs).size()); }

int32_t Node::output_count() const { return static_cast<int32_t>(operands(table_, format::Operator::outputs).size()); }

Tensor Node::input(int32_t i) const { return operand(format::Operator::inputs, i); }

Tensor Node::output(int32_t i) const { return operand(format::Operator::outputs, i); }

Tensor Node::operand(uint32_t field, int32_t i) const {
  const Vector indices = operands(table_, field);
  if (i < 0 || static_cast<uint32_t>(i) >= indices.size()) return Tensor{};
  const int32_t index = indices.i32(static_cast<uint32_t>(i));
  if (index < 0) return Tensor{};
  return view(*interpreter_, static_cast<uint32_t>(index), window_ != nullptr);
}

bool Node::keeps_state() const {
  const Vector mutated = operands(table_, format::Operator::mutating_variable_inputs);
  bool keeps = mutated.size() == 0;
  for (uint32_t i = 0; i < mutated.size(); ++i) keeps = keeps || mutated.data()[i] != 0;
  return keeps;
}

int32_t Node::option_i32(uint32_t field, int32_t fallback) const {
  int32_t value;
  return read_option(table_, field, &value) ? value : fallback;
}

int32_t Node::option_i8(uint32_t field, int32_t fallback) const {
  int8_t value;
  return read_option(table_, field, &value) ? value : fallback;
}

float Node::option_f32(uint32_t field, float fallback) const {
  float value;
  return read_option(table_, field, &value) ? value : fallback;
}

Bytes Node::custom_options() const {
  const Vector options = Table(table_).vector(format::Operator::custom_options);
  return {options.data(), options.size()};
}

void* Node::scratch() const { return scratch_; }

const Kernel& Node::kernel() const {
  uint32_t index = 0;
  while (interpreter_->model().operator_table(index).data() != table_) ++index;
  return interpreter_->kernel(index);
}

}  // namespace arenite
