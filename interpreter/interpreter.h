// Runs subgraph 0 of a model inside one arena that the caller owns.
//
//   arena:  0 | tensors, sharing room over time; scratch of one node at a time | free | bookkeeping | arena_size
//
// Bookkeeping is 32-bit offsets, never pointers: a 64-bit host and a 32-bit board use the same number of bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "interpreter/arena/planner.h"
#include "interpreter/kernel.h"
#include "interpreter/model.h"
#include "interpreter/resolver.h"

namespace arenite {

// Bytes of the arena; their sum is Interpreter::arena_used().
struct ArenaUse {
  uint32_t tensors;     // activations, inputs, outputs, variables
  uint32_t scratch;     // what scratch adds to the peak
  uint32_t planning;    // what the planner's lists add to the peak, in small models only
  uint32_t persistent;  // bookkeeping at the arena's end
};

enum class Sharing : uint8_t {
  kReuse,      // tensors take the room of others that are no longer needed
  kRetainAll,  // every tensor keeps its value until the next invoke; for looking at layers, on a host
};

class Interpreter {
 public:
  // Refers to all of its arguments. `arena` is a multiple of 16, arena_size in bytes.
  Interpreter(const Model& model, OpResolver resolver, void* arena, size_t arena_size);

  // Checks every operator against its kernel, plans the arena, zeroes the variables. May be called again, also after a
  // failure. Exactly arena_used() bytes are enough; with ArenaTooSmall error->detail says how many are needed, exactly
  // unless the arena could not even hold the planner's lists.
  Status allocate(Error* error = nullptr, Sharing sharing = Sharing::kReuse);

  // Computes the outputs from the inputs. An input's memory may be reused: set all inputs before each call.
  Status invoke(Error* error = nullptr);
  // The same; calls observer.begin(node) and observer.end(node) around each operator (interpreter/profiler.h).
  template <typename Observer>
  Status invoke(Observer& observer, Error* error = nullptr);

  // Sets what is kept between calls of invoke to real zero: variable tensors, the scratch of kernels that keep it.
  void reset_variables();

  uint32_t input_count() const { return model_->inputs().size(); }
  uint32_t output_count() const { return model_->outputs().size(); }
  // i < input_count() or output_count(), in the file's order; data is null before allocate.
  Tensor input(uint32_t i) const { return tensor(static_cast<uint32_t>(model_->inputs().i32(i))); }
  Tensor output(uint32_t i) const { return tensor(static_cast<uint32_t>(model_->outputs().i32(i))); }
  // index < model.tensor_count(). data is null too when no operator uses the tensor.
  Tensor tensor(uint32_t index) const;

  bool ready() const { return ready_; }
  uint32_t arena_used() const { return tensor_end_ + scratch_end_ + planning_end_ + persistent_bytes(); }
  ArenaUse arena_use() const { return {tensor_end_, scratch_end_, planning_end_, persistent_bytes()}; }
  const Kernel& kernel(uint32_t node) const { return resolver_.kernel(kernel_indices_[node]); }

  // For reports: fills items[0, allocation_count()) as the planner saw them, with the offsets that are in force.
  // Tensors come first, by ascending index without the constants; then one scratch per node. Only when ready().
  uint32_t allocation_count() const { return stored_tensors_ + model_->operator_count(); }
  Status describe_plan(Allocation* items, Error* error = nullptr);

 private:
  friend class Node;
  friend class RowRunner;

  uint32_t bitmap_words() const { return (model_->tensor_count() + 31) / 32; }
  uint32_t persistent_bytes() const;
  uint32_t slot(uint32_t tensor) const;
  uint32_t stored_tensor(uint32_t slot) const;
  bool is_stored(uint32_t tensor) const { return ((stored_bitmap_[tensor / 32] >> (tensor % 32)) & 1) != 0; }
  Node node(uint32_t index) const;
  uint16_t last_node() const;

  // Steps of allocate; each leaves in *where the place of what it refuses.
  Status prepare_all(Sharing sharing, Error* where);
  Status reserve(Error* where);
  void index_tensors();
  Status check_operators(Error* where);
  Status check_operator(uint32_t index);
  Status find_lifetimes(Allocation* items, Error* where) const;
  Status find_lifetimes_at(uint32_t index, Allocation* items, Error* where) const;
  Status begin_life(Allocation* items, uint32_t tensor, uint16_t time) const;
  Status extend_life(Allocation* items, uint32_t tensor, uint16_t time) const;
  Status ask_scratch(Allocation* items, Error* where) const;
  Status read_plan(Allocation* items) const;
  Status plan_arena(Allocation* items, Error* where);
  void retain_all(Allocation* items) const;
  Status run(uint32_t index) const;
  void reset_states();

  const Model* model_;
  OpResolver resolver_;
  uint8_t* arena_;
  uint32_t arena_size_;
  uint32_t* offsets_ = nullptr;        // [stored_tensors_] of tensors, [operator_count] of scratch
  uint32_t* stored_bitmap_ = nullptr;  // bit i: tensor i lies in the arena
  uint16_t* kernel_indices_ = nullptr;
  uint32_t stored_tensors_ = 0;  // tensors that are not constants
  uint32_t tensor_end_ = 0;      // ends of the parts of the arena's lower region, each as bytes beyond the one before
  uint32_t scratch_end_ = 0;
  uint32_t planning_end_ = 0;
  bool ready_ = false;
};

template <typename Observer>
Status Interpreter::invoke(Observer& observer, Error* error) {
  Error where;
  if (!ready_) where.status = Status::kNotReady;
  const uint32_t count = model_->operator_count();
  for (uint32_t i = 0; i < count && where.status == Status::kOk; ++i) {
    where.node = static_cast<uint16_t>(i);
    observer.begin(i);
    where.status = run(i);
    observer.end(i);
  }
  if (error != nullptr) *error = where;
  return where.status;
}

}  // namespace arenite
