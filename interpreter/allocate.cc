// Interpreter::allocate: checks each operator against its kernel, finds out when each tensor is needed, plans the
// arena. The steps work on one subgraph; interpreter/callee.cc takes them for those that operators call.
#include <cstring>

#include "interpreter/interpreter.h"
#include "interpreter/planning.h"
#include "interpreter/signature.h"
#include "schema/format.h"

namespace arenite {
namespace {

using flat::Table;
using flat::Vector;

uint32_t max(uint32_t a, uint32_t b) { return a > b ? a : b; }

void extend(Allocation* item, uint16_t time) {
  if (item->last < time) item->last = time;
}

// What lives for ever has no beginning either: it keeps its value from one invoke to the next.
void begin(Allocation* item, uint32_t bytes, uint16_t time, bool forever) {
  item->bytes = bytes;
  item->first = forever ? 0 : time;
  extend(item, forever ? kForever : time);
}

}  // namespace

Status Interpreter::allocate(Error* error, Sharing sharing) {
  Error where;
  Planning planning{this, reinterpret_cast<Allocation*>(arena_), &where, sharing == Sharing::kRetainAll};
  ready_ = false;
  tensor_end_ = scratch_end_ = planning_end_ = allocation_count_ = persistent_ = callees_ = 0;
  for_each_callee_ = nullptr;
  where.status = prepare_all(&planning);
  ready_ = where.status == Status::kOk;
  if (ready_) reset_variables();
  if (error != nullptr) *error = where;
  return where.status;
}

// The lists of the planner lie where tensors will lie when it is done.
Status Interpreter::prepare_all(Planning* planning) {
  ARENITE_CHECK(reinterpret_cast<uintptr_t>(arena_) % kArenaAlignment == 0, kMisaligned);
  ARENITE_TRY(reserve(planning, 0));
  ARENITE_TRY(check_operators(planning->where));
  ARENITE_TRY(walk(planning));
  if (!planning->retain) ARENITE_TRY(read_plan(planning->items));
  return plan_arena(planning);
}

// Room for the subgraph's bookkeeping, behind header_bytes of its caller's, and for the planner's lists.
Status Interpreter::reserve(Planning* planning, uint32_t header_bytes) {
  Interpreter& root = *planning->root;
  stored_tensors_ = 0;
  for (uint32_t i = 0; i < model_->tensor_count(); ++i) stored_tensors_ += model_->is_constant(i) ? 0 : 1;
  first_allocation_ = root.allocation_count_;
  root.allocation_count_ += own_allocations();
  root.persistent_ += header_bytes + own_bookkeeping();
  ARENITE_CHECK(root.allocation_count_ < 0xFFFF, kLimitExceeded);
  planning->where->detail = align_up(root.allocation_count_ * sizeof(Allocation)) + root.persistent_;
  ARENITE_CHECK(planning->where->detail <= arena_size_, kArenaTooSmall);
  planning->where->detail = kNoDetail;
  place_bookkeeping(arena_ + (arena_size_ & ~(kArenaAlignment - 1)) - root.persistent_ + header_bytes);
  index_tensors();
  for (uint32_t i = first_allocation_; i < root.allocation_count_; ++i) {
    planning->items[i] = {0, kUnplaced, kUnborn, 0, 0, false};
  }
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

// --- lifetimes -------------------------------------------------------------------------------------------------------

// Goes through the operators in order, as eval will. Inputs live from the start, outputs to the end, variables always.
// Checks the order too: every tensor is produced once, before it is read, and constants never.
Status Interpreter::walk(Planning* planning) const {
  Error& where = *planning->where;
  const uint16_t start = planning->time;
  ARENITE_TRY(extend_lives(model_->inputs(), kUnborn, planning));
  ARENITE_TRY(begin_variables(planning));
  for (uint32_t i = 0; i < model_->operator_count(); ++i) {
    where.node = static_cast<uint16_t>(i);
    ARENITE_TRY(walk_operator(i, planning));
  }
  where.node = kNoNode;
  if (planning->time == start) ++planning->time;
  return extend_lives(model_->outputs(), static_cast<uint16_t>(planning->time - 1), planning);
}

// prepare may walk other subgraphs: the operator's operands live as long as they run.
Status Interpreter::walk_operator(uint32_t index, Planning* planning) const {
  const Table op = model_->operator_table(index);
  const Vector inputs = op.vector(format::Operator::inputs), outputs = op.vector(format::Operator::outputs);
  const uint16_t start = planning->time;
  ARENITE_CHECK(start < kForever, kLimitExceeded);
  ARENITE_TRY(extend_lives(inputs, start, planning));
  ARENITE_TRY(extend_lives(outputs, kUnborn, planning));
  Node node = this->node(index);
  node.planning_ = planning;
  uint32_t bytes = 0;
  ARENITE_TRY(kernel(index).prepare(node, &bytes));
  ARENITE_CHECK(bytes < (1u << 31), kLimitExceeded);
  if (planning->time == start) ++planning->time;
  const uint16_t end = static_cast<uint16_t>(planning->time - 1);
  ARENITE_TRY(extend_lives(inputs, end, planning));
  ARENITE_TRY(extend_lives(outputs, end, planning));
  if (bytes == 0) return Status::kOk;
  Allocation& scratch = planning->items[first_allocation_ + stored_tensors_ + index];
  if (scratch.first == kUnborn) begin(&scratch, bytes, start, (kernel(index).traits & kKeepsScratch) != 0);
  extend(&scratch, end);
  return Status::kOk;
}

// To `time`, or kUnborn: they begin now. One function with few arguments, because the stack is deep here.
Status Interpreter::extend_lives(Vector tensors, uint16_t time, Planning* planning) const {
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    if (tensors.i32(i) < 0) continue;
    const uint32_t tensor = static_cast<uint32_t>(tensors.i32(i));
    planning->where->detail = tensor;
    ARENITE_TRY(time == kUnborn ? begin_life(tensor, planning) : extend_life(tensor, time, planning));
  }
  planning->where->detail = kNoDetail;
  return Status::kOk;
}

Status Interpreter::begin_variables(Planning* planning) const {
  for (uint32_t i = 0; i < model_->tensor_count(); ++i) {
    if (!is_stored(i) || !model_->is_variable(i)) continue;
    planning->where->detail = i;
    ARENITE_TRY(begin_life(i, planning));
  }
  return Status::kOk;
}

Status Interpreter::begin_life(uint32_t tensor, Planning* planning) const {
  ARENITE_CHECK(is_stored(tensor), kBadIndex);
  Allocation& item = planning->items[first_allocation_ + slot(tensor)];
  if (planning->again) {  // the order has been checked, and the room is taken since the first call
    extend(&item, planning->time);
    return Status::kOk;
  }
  ARENITE_CHECK(item.first == kUnborn, kBadOrder);
  begin(&item, model_->tensor_bytes(tensor), planning->time, planning->retain || model_->is_variable(tensor));
  return Status::kOk;
}

Status Interpreter::extend_life(uint32_t tensor, uint16_t time, Planning* planning) const {
  if (!is_stored(tensor)) return Status::kOk;
  Allocation& item = planning->items[first_allocation_ + slot(tensor)];
  if (item.first == kUnborn) {  // a tensor without elements needs no producer
    ARENITE_CHECK(model_->tensor_bytes(tensor) == 0, kBadOrder);
    begin(&item, 0, time, false);
  }
  extend(&item, time);
  return Status::kOk;
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

Status Interpreter::plan_arena(Planning* planning) {
  Allocation* const items = planning->items;
  Error& where = *planning->where;
  uint32_t total = 0;
  const Status status = plan(items, allocation_count(), &total, &where.detail);
  if (status != Status::kOk) where.detail = stored_tensor(where.detail);
  ARENITE_TRY(status);
  const uint32_t lists = align_up(allocation_count() * sizeof(Allocation));
  for (uint32_t i = 0; i < allocation_count(); ++i) {
    if (i >= stored_tensors_ && i < own_allocations()) continue;  // scratch
    if (items[i].bytes != 0) tensor_end_ = max(tensor_end_, align_up(items[i].offset + items[i].bytes));
  }
  scratch_end_ = total - tensor_end_;
  planning_end_ = max(lists, total) - total;
  where.detail = arena_used();
  ARENITE_CHECK(where.detail <= arena_size_, kArenaTooSmall);
  where.detail = kNoDetail;
  for_each_subgraph(keep_offsets, items);
  return Status::kOk;
}

// context: the allocations of all subgraphs.
void Interpreter::keep_offsets(const Interpreter& subgraph, void* context) {
  const Allocation* const items = static_cast<const Allocation*>(context);
  const Allocation* const own = items + subgraph.first_allocation_;
  for (uint32_t i = 0; i < subgraph.own_allocations(); ++i) {
    const Allocation& item = own[i].bytes == 0 && own[i].last == kAlias ? items[own[i].first] : own[i];
    // Without elements: anywhere in the arena, so that kernels may count and copy from there.
    const uint32_t anywhere = item.first == kUnborn ? kUnplaced : 0;
    subgraph.offsets_[i] = item.bytes == 0 ? anywhere : item.offset;
  }
}

// The inverse, for describe_plan.
void Interpreter::show_offsets(const Interpreter& subgraph, void* context) {
  Allocation* const own = static_cast<Allocation*>(context) + subgraph.first_allocation_;
  for (uint32_t i = 0; i < subgraph.own_allocations(); ++i) own[i].offset = subgraph.offsets_[i];
}

Status Interpreter::describe_plan(Allocation* items, Error* error) {
  Error where;
  if (ready_) {
    Planning planning{this, items, &where, false};
    for (uint32_t i = 0; i < allocation_count(); ++i) items[i] = {0, kUnplaced, kUnborn, 0, 0, false};
    ready_ = false;  // kernels are asked as allocate asked them: tensors have no data
    where.status = walk(&planning);
    ready_ = true;
    for (uint32_t i = 0; i < allocation_count(); ++i) {
      if (items[i].last == kForever) items[i].last = static_cast<uint16_t>(planning.time - 1);
    }
    for_each_subgraph(show_offsets, items);
  } else {
    where.status = Status::kNotReady;
  }
  if (error != nullptr) *error = where;
  return where.status;
}

}  // namespace arenite
