// Runs a model inside one arena that the caller owns: subgraph 0, and those that its operators call.
//
//   arena:  0 | tensors, sharing room over time; scratch of one node at a time | free | bookkeeping | arena_size
//
// Subgraphs are laid into one plan: what an operator calls lives inside that operator's time, so the tensors of a
// subgraph take the room that its caller leaves, and the branches of an IF take the same room.
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

// Calls inside calls: the deepest nesting of IF, WHILE and CALL_ONCE. A file whose subgraphs call each other in a
// circle exceeds it.
constexpr uint32_t kMaxCallDepth = 8;

// Iterations that all loops of a model may make together in one invoke, unless the program sets another limit.
constexpr uint32_t kDefaultIterationLimit = 1000000;

struct Span;

// What an operator shares during one invoke with the subgraphs that it calls.
struct Invocation {
  Error where;
  uint32_t iterations_left;
};

enum class Sharing : uint8_t {
  kReuse,      // tensors take the room of others that are no longer needed
  kRetainAll,  // every tensor keeps its value until the next invoke; for looking at layers, on a host
};

// A part of the arena. data: a multiple of 16; size, used: bytes.
struct Region {
  void* data;
  size_t size;
  uint32_t used = 0;  // what the model needs of it
};

class Interpreter {
 public:
  // Refers to all of its arguments. `arena` is a multiple of 16, arena_size in bytes.
  Interpreter(const Model& model, OpResolver resolver, void* arena, size_t arena_size);

  // Checks every operator against its kernel, plans the arena, zeroes the variables. May be called again, also after a
  // failure. Exactly arena_used() bytes are enough; with ArenaTooSmall error->detail says how many are needed, exactly
  // unless the arena could not even hold the planner's lists.
  Status allocate(Error* error = nullptr, Sharing sharing = Sharing::kReuse);

  // The arena in parts: it stays the first region, and goes on in `more`, the faster ones first: `count` < 4. The arena
  // holds the bookkeeping and what keeps its value from one invoke to the next; each region, the arena first, what is
  // used for the shortest time, as far as there is room. So the others may be shared: models that never run at the same
  // time may be given the same memory in `more`, inputs and outputs then last until another one runs. Sets
  // more[i].used. A plan that the file carries is for one region and not followed. ArenaTooSmall: error->detail is the
  // bookkeeping's size, or that of a tensor that finds no room. The planner's lists take the largest region, in models
  // that call subgraphs the arena. On 64-bit hosts all regions lie within 2 GB of the arena's start.
  Status allocate_in(Region* more, uint32_t count, Error* error = nullptr);

  // Computes the outputs from the inputs. An input's memory may be reused: set all inputs before each call. NotDue is
  // no error: an operator waits for more input, and the outputs mean nothing until a call gives Ok.
  Status invoke(Error* error = nullptr);
  // The same; calls observer.begin(node) and observer.end(node) around each operator of subgraph 0
  // (interpreter/profiler.h). What an operator calls is part of that operator.
  template <typename Observer>
  Status invoke(Observer& observer, Error* error = nullptr);

  // Back to the state after allocate: tensors that keep their value between calls of invoke become 0 (int8: their zero
  // point), variables are unassigned, subgraphs that run once run again.
  void reset_variables();

  // From the next invoke on, TooManyIterations when the loops of the model go round more than `limit` times in all.
  void set_iteration_limit(uint32_t limit) { iteration_limit_ = limit; }

  uint32_t input_count() const { return model_->inputs().size(); }
  uint32_t output_count() const { return model_->outputs().size(); }
  // i < input_count() or output_count(), in the file's order; data is null before allocate.
  Tensor input(uint32_t i) const { return tensor(static_cast<uint32_t>(model_->inputs().i32(i))); }
  Tensor output(uint32_t i) const { return tensor(static_cast<uint32_t>(model_->outputs().i32(i))); }
  // index < model.tensor_count(). data is null too when no operator uses the tensor, or all read the float16 constant
  // that it is made of.
  Tensor tensor(uint32_t index) const;

  bool ready() const { return ready_; }
  uint32_t arena_used() const { return tensor_end_ + scratch_end_ + planning_end_ + persistent_; }
  ArenaUse arena_use() const { return {tensor_end_, scratch_end_, planning_end_, persistent_}; }
  const Kernel& kernel(uint32_t node) const { return resolver_.kernel(kernel_indices_[node]); }

  // For reports: fills items[0, allocation_count()) as the planner saw them, with the offsets that are in force; times
  // are ticks (planning.h). Tensors of subgraph 0 come first, by ascending index without the constants; then one
  // scratch per node; then the same of each subgraph that is called, in the order of the first calls. Only when
  // ready().
  uint32_t allocation_count() const { return allocation_count_; }
  Status describe_plan(Allocation* items, Error* error = nullptr);

  // Does `step` for subgraph 0 and each that is called, in the order of the first calls. It is given an interpreter
  // that sees that subgraph, as long as the step runs; the allocations of its model() begin at first_allocation().
  using Step = void (*)(const Interpreter& subgraph, void* context);
  void for_each_subgraph(Step step, void* context) const;
  const Model& model() const { return *model_; }
  uint32_t first_allocation() const { return first_allocation_; }

 private:
  friend class Node;
  friend class Callee;
  friend class RowRunner;
  friend class Stepper;

  // An address, not an element: regions may lie before the arena too.
  uint8_t* at(uint32_t offset) const {
    return reinterpret_cast<uint8_t*>(reinterpret_cast<uintptr_t>(arena_) + sign_extended(offset));
  }
  static uintptr_t sign_extended(uint32_t offset) {
    return static_cast<uintptr_t>(static_cast<intptr_t>(static_cast<int32_t>(offset)));
  }

  uint32_t bitmap_words() const { return (model_->tensor_count() + 31) / 32; }
  static void reset_subgraph(const Interpreter& subgraph, void*);
  static void keep_offsets(const Interpreter& subgraph, void* items);
  static void show_offsets(const Interpreter& subgraph, void* items);

  uint32_t own_allocations() const { return stored_tensors_ + model_->operator_count(); }
  uint32_t own_bookkeeping() const;
  uint32_t slot(uint32_t tensor) const;
  uint32_t stored_tensor(uint32_t slot) const;
  bool is_stored(uint32_t tensor) const { return ((stored_bitmap_[tensor / 32] >> (tensor % 32)) & 1) != 0; }
  Node node(uint32_t index) const;

  // Steps of allocate; each leaves in *where the place of what it refuses.
  Status prepare_all(Planning* planning);
  Status reserve(Planning* planning, uint32_t header_bytes);
  void place_bookkeeping(uint8_t* at);
  void index_tensors();
  Status check_operators(Error* where);
  Status check_operator(uint32_t index);
  Status walk(Planning* planning) const;
  Status walk_operator(uint32_t index, Planning* planning) const;
  Status extend_lives(flat::Vector tensors, uint16_t time, Planning* planning) const;
  Status begin_variables(Planning* planning) const;
  Status begin_life(uint32_t tensor, Planning* planning) const;
  Status extend_life(uint32_t tensor, uint16_t time, Planning* planning) const;
  Status read_plan(Allocation* items) const;
  Status plan_arena(Planning* planning);
  Status prepare_regions(Region* more, uint32_t count, Error* where);
  Status find_lives(Error* where);
  Status plan_in(Span* spans, uint32_t count, Interpreter* work, Error* where) const;
  void take_over(const Interpreter& work);
  Status run(uint32_t index, Invocation* invocation) const;

  const Model* model_;
  OpResolver resolver_;
  uint8_t* arena_;
  uint32_t arena_size_;
  uint32_t* offsets_ = nullptr;        // [stored_tensors_] of tensors, [operator_count] of scratch
  uint32_t* stored_bitmap_ = nullptr;  // bit i: tensor i lies in the arena
  uint16_t* kernel_indices_ = nullptr;
  uint32_t stored_tensors_ = 0;    // tensors that are not constants
  uint32_t first_allocation_ = 0;  // of the subgraph, among the allocations of all
  uint32_t allocation_count_ = 0;  // of all subgraphs
  uint32_t persistent_ = 0;        // bytes of bookkeeping of all subgraphs
  uint32_t callees_ = 0;           // arena offset of the first called subgraph's bookkeeping; 0: none
  // Code that only programs hold whose kernels call subgraphs; null until an operator has called one.
  void (*for_each_callee_)(const Interpreter& root, Step step, void* context) = nullptr;
  uint32_t iteration_limit_ = kDefaultIterationLimit;
  uint32_t tensor_end_ = 0;  // ends of the parts of the arena's lower region, each as bytes beyond the one before
  uint32_t scratch_end_ = 0;
  uint32_t planning_end_ = 0;
  bool ready_ = false;
};

template <typename Observer>
Status Interpreter::invoke(Observer& observer, Error* error) {
  Invocation invocation{Error(), iteration_limit_};
  Error& where = invocation.where;
  if (!ready_) where.status = Status::kNotReady;
  const uint32_t count = model_->operator_count();
  for (uint32_t i = 0; i < count && where.status == Status::kOk; ++i) {
    where.node = static_cast<uint16_t>(i);
    observer.begin(i);
    where.status = run(i, &invocation);
    observer.end(i);
  }
  if (error != nullptr) *error = where;
  return where.status;
}

}  // namespace arenite
