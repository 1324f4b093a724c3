// Interpreter::allocate: checks each operator against its kernel, finds out when each tensor is needed, plans the
// arena.
#include <cstring>

#include "interpreter/interpreter.h"
#include "interpreter/signature.h"
#include "schema/format.h"

namespace arenite {
namespace {

using flat::Table;
using flat::Vector;

constexpr uint16_t kUnborn = 0xFFFF;

uint32_t max(uint32_t a, uint32_t b) { return a > b ? a : b; }

}  // namespace

Status Interpreter::allocate(Error* error, Sharing sharing) {
  Error where;
  ready_ = false;
  tensor_end_ = scratch_end_ = planning_end_ = 0;
  where.status = prepare_all(sharing, &where);
  ready_ = where.status == Status::kOk;
  if (ready_) reset_variables();
  if (error != nullptr) *error = where;
  return where.status;
}

Status Interpreter::prepare_all(Sharing sharing, Error* where) {
  ARENITE_CHECK(reinterpret_cast<uintptr_t>(arena_) % kArenaAlignment == 0, kMisaligned);
  ARENITE_TRY(reserve(where));
  index_tensors();
  ARENITE_TRY(check_operators(where));
  // The lists of the planner lie where tensors will lie when it is done.
  Allocation* items = reinterpret_cast<Allocation*>(arena_);
  ARENITE_TRY(find_lifetimes(items, where));
  ARENITE_TRY(ask_scratch(items, where));
  if (sharing == Sharing::kRetainAll) {
    retain_all(items);
  } else {
    ARENITE_TRY(read_plan(items));
  }
  return plan_arena(items, where);
}

// Room for the bookkeeping and the planner's lists.
Status Interpreter::reserve(Error* where) {
  stored_tensors_ = 0;
  for (uint32_t i = 0; i < model_->tensor_count(); ++i) stored_tensors_ += model_->is_constant(i) ? 0 : 1;
  ARENITE_CHECK(allocation_count() < 0xFFFF, kLimitExceeded);
  where->detail = align_up(allocation_count() * sizeof(Allocation)) + persistent_bytes();
  ARENITE_CHECK(where->detail <= arena_size_, kArenaTooSmall);
  where->detail = kNoDetail;
  const uint32_t at = (arena_size_ & ~(kArenaAlignment - 1)) - persistent_bytes();
  offsets_ = reinterpret_cast<uint32_t*>(arena_ + at);
  stored_bitmap_ = offsets_ + allocation_count();
  kernel_indices_ = reinterpret_cast<uint16_t*>(stored_bitmap_ + bitmap_words());
  return Status::kOk;
}

void Interpreter::index_tensors() {
  std::memset(stored_bitmap_, 0, 4 * bitmap_words());
  for (uint32_t i = 0; i < model_->tensor_count(); ++i) {
    if (!model_->is_constant(i)) stored_bitmap_[i / 32] |= 1u << (i % 32);
  }
}

// --- operators -------------------------------------------------------------------------------------------------------

Status Interpreter::check_operators(Error* where) {
  for (uint32_t i = 0; i < model_->operator_count(); ++i) {
    where->node = static_cast<uint16_t>(i);
    const uint32_t code = model_->operator_code(i);
    const uint16_t kernel_index = resolver_.find(code, model_->custom_code(i));
    where->detail = code;
    ARENITE_CHECK(kernel_index != OpResolver::kNone, kUnsupportedOp);
    where->detail = kNoDetail;
    kernel_indices_[i] = kernel_index;
    ARENITE_TRY(check_operator(i));
  }
  where->node = kNoNode;
  return Status::kOk;
}

// What the operator's row in ops.def says.
Status Interpreter::check_operator(uint32_t index) {
  const Kernel& kernel = this->kernel(index);
  const int32_t version = model_->operator_version(index);
  ARENITE_CHECK(version >= 1 && version <= kernel.max_version, kBadVersion);
  const uint8_t options = model_->operator_table(index).u8(format::Operator::builtin_options_type);
  ARENITE_CHECK(options == format::BuiltinOptions::NONE || options == kernel.options, kBadOption);
  return check_signatures(kernel.signatures, node(index));
}

Status Interpreter::ask_scratch(Allocation* items, Error* where) const {
  for (uint32_t i = 0; i < model_->operator_count(); ++i) {
    where->node = static_cast<uint16_t>(i);
    uint32_t bytes = 0;
    ARENITE_TRY(kernel(i).prepare(node(i), &bytes));
    ARENITE_CHECK(bytes < (1u << 31), kLimitExceeded);
    const bool keeps = kernel(i).keeps_scratch;
    const uint16_t first = keeps ? 0 : static_cast<uint16_t>(i);
    items[stored_tensors_ + i] = {bytes, kUnplaced, first, keeps ? last_node() : first, 0, false};
  }
  where->node = kNoNode;
  return Status::kOk;
}

// --- lifetimes -------------------------------------------------------------------------------------------------------

uint16_t Interpreter::last_node() const {
  const uint32_t count = model_->operator_count();
  return static_cast<uint16_t>(count == 0 ? 0 : count - 1);
}

// Time is the index of the running operator. Inputs live from the start, outputs to the end, variables always. Checks
// the order too: every tensor is produced once, before it is read, and constants never.
Status Interpreter::find_lifetimes(Allocation* items, Error* where) const {
  const uint16_t end = last_node();
  for (uint32_t i = 0; i < stored_tensors_; ++i) items[i] = {0, kUnplaced, kUnborn, 0, 0, false};
  const Vector inputs = model_->inputs();
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    where->detail = static_cast<uint32_t>(inputs.i32(i));
    ARENITE_TRY(begin_life(items, where->detail, 0));
  }
  for (uint32_t i = 0; i < model_->tensor_count(); ++i) {
    if (!is_stored(i) || !model_->is_variable(i)) continue;
    where->detail = i;
    ARENITE_TRY(begin_life(items, i, 0));
    items[slot(i)].last = end;
  }
  for (uint32_t i = 0; i < model_->operator_count(); ++i) {
    where->node = static_cast<uint16_t>(i);
    ARENITE_TRY(find_lifetimes_at(i, items, where));
  }
  where->node = kNoNode;
  const Vector outputs = model_->outputs();
  for (uint32_t i = 0; i < outputs.size(); ++i) {
    where->detail = static_cast<uint32_t>(outputs.i32(i));
    ARENITE_TRY(extend_life(items, where->detail, end));
  }
  where->detail = kNoDetail;
  return Status::kOk;
}

Status Interpreter::find_lifetimes_at(uint32_t index, Allocation* items, Error* where) const {
  const Table op = model_->operator_table(index);
  const uint16_t time = static_cast<uint16_t>(index);
  const Vector inputs = op.vector(format::Operator::inputs);
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    if (inputs.i32(i) < 0) continue;
    where->detail = static_cast<uint32_t>(inputs.i32(i));
    ARENITE_TRY(extend_life(items, where->detail, time));
  }
  const Vector outputs = op.vector(format::Operator::outputs);
  for (uint32_t i = 0; i < outputs.size(); ++i) {
    where->detail = static_cast<uint32_t>(outputs.i32(i));
    ARENITE_TRY(begin_life(items, where->detail, time));
  }
  return Status::kOk;
}

Status Interpreter::begin_life(Allocation* items, uint32_t tensor, uint16_t time) const {
  ARENITE_CHECK(is_stored(tensor), kBadIndex);
  Allocation& item = items[slot(tensor)];
  ARENITE_CHECK(item.first == kUnborn, kBadOrder);
  item.bytes = model_->tensor_bytes(tensor);
  item.first = time;
  if (item.last < time) item.last = time;
  return Status::kOk;
}

Status Interpreter::extend_life(Allocation* items, uint32_t tensor, uint16_t time) const {
  if (!is_stored(tensor)) return Status::kOk;
  Allocation& item = items[slot(tensor)];
  // A tensor without elements needs no producer.
  ARENITE_CHECK(item.first != kUnborn || model_->tensor_bytes(tensor) == 0, kBadOrder);
  if (item.last < time) item.last = time;
  return Status::kOk;
}

void Interpreter::retain_all(Allocation* items) const {
  for (uint32_t i = 0; i < stored_tensors_; ++i) {
    items[i].first = 0;
    items[i].last = last_node();
  }
}

// --- plan ------------------------------------------------------------------------------------------------------------

// The plan that the file may carry, in TFLite Micro's format: int32 version (0 or 1), subgraph, tensor count, then for
// each tensor its offset, or -1 when the runtime shall choose.
Status Interpreter::read_plan(Allocation* items) const {
  const Vector entry = model_->metadata("OfflineMemoryAllocation");
  if (entry.size() == 0) return Status::kOk;
  ARENITE_CHECK(entry.size() >= 12 && entry.i32(0) >> 1 == 0 && entry.i32(1) == 0, kBadPlan);
  const uint32_t count = model_->tensor_count();
  ARENITE_CHECK(static_cast<uint32_t>(entry.i32(2)) == count && entry.size() == 12 + 4 * count, kBadPlan);
  for (uint32_t i = 0; i < count; ++i) {
    const int32_t offset = entry.i32(3 + i);
    ARENITE_CHECK(offset >= -1, kBadPlan);
    if (is_stored(i)) items[slot(i)].offset = static_cast<uint32_t>(offset);
  }
  return Status::kOk;
}

// The inverse of slot().
uint32_t Interpreter::stored_tensor(uint32_t slot) const {
  for (uint32_t i = 0; i < model_->tensor_count(); ++i) {
    if (is_stored(i) && slot-- == 0) return i;
  }
  return kNoDetail;
}

Status Interpreter::plan_arena(Allocation* items, Error* where) {
  uint32_t total = 0;
  const Status status = plan(items, allocation_count(), &total, &where->detail);
  if (status != Status::kOk) where->detail = stored_tensor(where->detail);
  ARENITE_TRY(status);
  const uint32_t lists = align_up(allocation_count() * sizeof(Allocation));
  for (uint32_t i = 0; i < stored_tensors_; ++i) {
    if (items[i].bytes != 0) tensor_end_ = max(tensor_end_, align_up(items[i].offset + items[i].bytes));
  }
  scratch_end_ = total - tensor_end_;
  planning_end_ = max(lists, total) - total;
  where->detail = arena_used();
  ARENITE_CHECK(where->detail <= arena_size_, kArenaTooSmall);
  where->detail = kNoDetail;
  for (uint32_t i = 0; i < allocation_count(); ++i) offsets_[i] = items[i].bytes == 0 ? kUnplaced : items[i].offset;
  return Status::kOk;
}

Status Interpreter::describe_plan(Allocation* items, Error* error) {
  Error where;
  if (ready_) {
    ready_ = false;  // kernels are asked as allocate asked them: tensors have no data
    where.status = find_lifetimes(items, &where);
    if (where.status == Status::kOk) where.status = ask_scratch(items, &where);
    ready_ = true;
    for (uint32_t i = 0; i < allocation_count(); ++i) items[i].offset = offsets_[i];
  } else {
    where.status = Status::kNotReady;
  }
  if (error != nullptr) *error = where;
  return where.status;
}

}  // namespace arenite
