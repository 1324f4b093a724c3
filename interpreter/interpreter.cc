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

uint32_t Interpreter::own_bookkeeping() const {
  const uint32_t nodes = model_->operator_count();
  return align_up(4 * (stored_tensors_ + nodes) + 4 * bitmap_words() + 2 * nodes);
}

void Interpreter::place_bookkeeping(uint8_t* at) {
  offsets_ = reinterpret_cast<uint32_t*>(at);
  stored_bitmap_ = offsets_ + own_allocations();
  kernel_indices_ = reinterpret_cast<uint16_t*>(stored_bitmap_ + bitmap_words());
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
  if (offset != kUnplaced) tensor.data = at(offset);
  return tensor;
}

Node Interpreter::node(uint32_t index) const {
  Node node;
  node.interpreter_ = this;
  node.table_ = model_->operator_table(index).data();
  if (!ready_) return node;
  const uint32_t offset = offsets_[stored_tensors_ + index];
  if (offset != kUnplaced) node.scratch_ = at(offset);
  return node;
}

// --- running ---------------------------------------------------------------------------------------------------------

Status Interpreter::run(uint32_t index, Invocation* invocation) const {
  Node node = this->node(index);
  node.invocation_ = invocation;
  return kernel(index).eval(node);
}

Status Interpreter::invoke(Error* error) {
  NoObserver observer;
  return invoke(observer, error);
}

void Interpreter::for_each_subgraph(Step step, void* context) const {
  step(*this, context);
  if (for_each_callee_ != nullptr) for_each_callee_(*this, step, context);
}

// Without tensors' data: prepare alone knows what a kernel's scratch holds, and it has to see none.
void Interpreter::reset_variables() {
  if (!ready_) return;
  ready_ = false;
  for_each_subgraph(reset_subgraph, nullptr);
  ready_ = true;
}

void Interpreter::reset_subgraph(const Interpreter& subgraph, void*) {
  const Model& model = *subgraph.model_;
  for (uint32_t i = 0; i < model.tensor_count(); ++i) {
    if (!model.is_variable(i)) continue;
    const Tensor variable = model.tensor(i);
    const uint32_t offset = subgraph.offsets_[subgraph.slot(i)];
    const int32_t zero = variable.type == Type::kInt8 ? variable.zero_point : 0;  // TFLite's rule
    if (offset != kUnplaced) std::memset(subgraph.at(offset), zero, model.tensor_bytes(i));
  }
  for (uint32_t i = 0; i < model.operator_count(); ++i) {
    uint32_t bytes = 0;
    const Kernel& kernel = subgraph.kernel(i);
    if ((kernel.traits & kKeepsScratch) == 0 || kernel.prepare(subgraph.node(i), &bytes) != Status::kOk || bytes == 0)
      continue;
    std::memset(subgraph.at(subgraph.offsets_[subgraph.stored_tensors_ + i]), 0, bytes);
  }
}

}  // namespace arenite
