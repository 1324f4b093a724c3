#include "interpreter/interpreter.h"

#include <cstring>

namespace arenite {
namespace {

constexpr size_t kMaxArena = 0x7FFFFFF0;

uint32_t bit_count(uint32_t word) {
  uint32_t count = 0;
  for (; word != 0; word &= word - 1) ++count;
  return count;
}

struct NoObserver {
  void begin(uint32_t) {}
  void end(uint32_t) {}
};

}  // namespace

Interpreter::Interpreter(const Model& model, OpResolver resolver, void* arena, size_t arena_size)
    : model_(&model),
      resolver_(resolver),
      arena_(static_cast<uint8_t*>(arena)),
      arena_size_(static_cast<uint32_t>(arena_size < kMaxArena ? arena_size : kMaxArena)) {}

// --- bookkeeping at the arena's end ----------------------------------------------------------------------------------

uint32_t Interpreter::persistent_bytes() const {
  const uint32_t nodes = model_->operator_count();
  return align_up(4 * (stored_tensors_ + nodes) + 4 * bitmap_words() + 2 * nodes);
}

// Position of a stored tensor among the stored ones.
uint32_t Interpreter::slot(uint32_t tensor) const {
  uint32_t count = bit_count(stored_bitmap_[tensor / 32] & ((1u << (tensor % 32)) - 1));
  for (uint32_t word = 0; word < tensor / 32; ++word) count += bit_count(stored_bitmap_[word]);
  return count;
}

Tensor Interpreter::tensor(uint32_t index) const {
  Tensor tensor = model_->tensor(index);
  if (!ready_ || tensor.constant) return tensor;
  const uint32_t offset = offsets_[slot(index)];
  if (offset != kUnplaced) tensor.data = arena_ + offset;
  return tensor;
}

Node Interpreter::node(uint32_t index) const {
  Node node;
  node.interpreter_ = this;
  node.table_ = model_->operator_table(index).data();
  if (!ready_) return node;
  const uint32_t offset = offsets_[stored_tensors_ + index];
  if (offset != kUnplaced) node.scratch_ = arena_ + offset;
  return node;
}

// --- running ---------------------------------------------------------------------------------------------------------

Status Interpreter::run(uint32_t index) const { return kernel(index).eval(node(index)); }

Status Interpreter::invoke(Error* error) {
  NoObserver observer;
  return invoke(observer, error);
}

// What a kernel's scratch holds is known to prepare alone, which has to see tensors without data.
void Interpreter::reset_states() {
  ready_ = false;
  for (uint32_t i = 0; i < model_->operator_count(); ++i) {
    uint32_t bytes = 0;
    if (!kernel(i).keeps_scratch || kernel(i).prepare(node(i), &bytes) != Status::kOk || bytes == 0) continue;
    std::memset(arena_ + offsets_[stored_tensors_ + i], 0, bytes);
  }
  ready_ = true;
}

void Interpreter::reset_variables() {
  if (!ready_) return;
  reset_states();
  for (uint32_t i = 0; i < model_->tensor_count(); ++i) {
    if (!model_->is_variable(i)) continue;
    const Tensor variable = tensor(i);
    const int32_t zero = variable.type == Type::kInt8 ? variable.zero_point : 0;  // TFLite's rule
    if (variable.data != nullptr) std::memset(variable.data, zero, model_->tensor_bytes(i));
  }
}

}  // namespace arenite
