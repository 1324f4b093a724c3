// The contract between the interpreter and the kernels. Kernels include this file and nothing else of the interpreter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "interpreter/status.h"
#include "interpreter/tensor.h"
#include "schema/format.h"

namespace arenite {

// Rows of one image [H, W, C] (or of anything whose outermost axis is walked row by row). Row y starts at
// base + (y % ring) * stride, so that the same kernel reads a whole tensor (ring = H) or a line buffer (ring < H).
struct RowBuffer {
  uint8_t* base;
  int32_t stride;  // bytes of one row
  int32_t ring;    // rows that are kept
  template <typename T>
  T* row(int32_t y) const {
    return reinterpret_cast<T*>(base + static_cast<ptrdiff_t>(y < ring ? y : y % ring) * stride);
  }
};

// Output rows [begin, end) of one image.
struct RowRange {
  int32_t begin;
  int32_t end;
};

// A part of an operator: some output rows of one image, with line buffers instead of whole tensors.
struct RowWindow {
  RowRange range;
  RowBuffer input[2];
  RowBuffer output;
};

// Bytes of the model, read in place.
struct Bytes {
  const uint8_t* data;
  uint32_t size;
};

class Interpreter;
struct Invocation;
struct Kernel;
struct Planning;

// One operator as its kernel sees it. Cheap to make: it looks things up in the model when asked. Views are built on
// each call, so fetch a Tensor once into a local.
class Node {
 public:
  int32_t input_count() const;  // operands in the file, absent ones included
  int32_t output_count() const;
  // present == false when the operand is absent or i >= input_count().
  Tensor input(int32_t i) const;
  Tensor output(int32_t i) const;

  // False: its variables count as zero at the start of each run. (The file says that the operator mutates none.)
  bool keeps_state() const;

  // Fields of the operator's builtin options (ids in schema/format.h). Absent table or field: the default.
  int32_t option_i32(uint32_t field, int32_t fallback) const;
  int32_t option_i8(uint32_t field, int32_t fallback) const;  // also bool and byte enums
  float option_f32(uint32_t field, float fallback) const;

  // Options of a custom operator as the file has them, unchecked and at any address; empty when it has none.
  // kernels_cpp/option_map.h reads the FlexBuffers map that they usually are.
  Bytes custom_options() const;

  // Bytes asked for in prepare, 16-byte aligned, contents undefined at the start of each eval unless the kernel keeps
  // them. Only in eval.
  void* scratch() const;

  // For kernels that keep their scratch, in prepare: operand i is a resource. scratch() in eval will be that of the
  // VAR_HANDLE that names the variable, shared by all that use it: a word, then `bytes` > 0. BadShape when others gave
  // it another size, BadOption when no VAR_HANDLE can be found. Sets *scratch_bytes.
  Status bind_variable(int32_t i, uint32_t bytes, uint32_t* scratch_bytes) const;

  // The float16 constant that operand i is a DEQUANTIZE of; else operand i. For kernels that read float16 where it
  // lies, in prepare and eval; they say so in Kernel::traits.
  Tensor half_or_input(int32_t i) const;
  // For DEQUANTIZE of a float16 constant, in prepare: when all readers read the constant itself, the result takes no
  // room, and its data is null in eval.
  void spare_result() const;

  // Counts one round of a loop; TooManyIterations when the program allows no more. Only in eval.
  Status count_iteration() const;

  // Where the operator lies in the model: the same in every call, and of no other one. With kernel(), which searches
  // for it, for kernels that keep tables of their own behind their Kernel.
  const uint8_t* place() const { return table_; }
  const Kernel& kernel() const;

  // Null: compute the whole tensor. Else compute only these rows of image 0; whole tensors of input and output
  // operands do not exist then (their data is null).
  const RowWindow* window() const { return window_; }

 private:
  friend class Callee;
  friend class Interpreter;
  friend class RowRunner;
  struct VariableSearch;
  Tensor operand(uint32_t field, int32_t i) const;
  bool find_handle(int32_t i, VariableSearch* search) const;

  const Interpreter* interpreter_ = nullptr;
  const RowWindow* window_ = nullptr;
  const uint8_t* table_ = nullptr;  // the Operator table in the model
  void* scratch_ = nullptr;
  Planning* planning_ = nullptr;      // in prepare; null when it is asked for the bytes of scratch alone
  Invocation* invocation_ = nullptr;  // in eval
};

// A subgraph that an operator calls. Made anew in prepare and in eval.
class Callee {
 public:
  // The subgraph's input i belongs to the operator's operand first_operand + i. Refers to `caller`.
  Callee(const Node& caller, int32_t subgraph, uint32_t first_operand);

  // In prepare: checks the subgraph's operators and lays its tensors into the plan, inside the caller's time. Before
  // the other calls. BadIndex when there is no such subgraph, LimitExceeded when calls are nested too deep.
  Status plan();
  // In eval: runs its operators. Its inputs are the caller's to set before each run.
  Status run() const;

  int32_t input_count() const;
  int32_t output_count() const;
  // data is null during prepare when it is not a constant. i < input_count() or output_count().
  Tensor input(int32_t i) const;
  Tensor output(int32_t i) const;

 private:
  friend class Node;
  class View;
  struct Header;
  static Header* at(const Interpreter& any, uint32_t offset);
  static void for_each(const Interpreter& root, void (*step)(const Interpreter& subgraph, void* context),
                       void* context);
  const Interpreter& list_holder() const;
  Header* header() const;
  Status walk() const;
  void append(const View& view) const;

  const Node& caller_;
  const Callee* outer_ = nullptr;  // the call that the caller is part of
  const uint32_t subgraph_;
  const uint32_t first_operand_;
};

// Traits of a kernel. The scratch belongs to this operator alone and keeps its contents from one eval to the next;
// zeroes at the start.
constexpr uint8_t kKeepsScratch = 1;
// It looks at no window(): rows alone cannot be asked for.
constexpr uint8_t kWholeTensors = 2;
// From this bit on, one for each operand: it is read by Node::half_or_input.
constexpr uint32_t kHalfOperands = 2;

// An operator's body. Rows of schema/ops.def become objects of this type, one per kernels_cpp/<name>.cc.
struct Kernel {
  // Checks what the operator's row cannot say: options, ranks, output shapes (recomputed and compared), quantization.
  // Sets the scratch bytes that eval wants: a pure function of shapes and types, the same for every ISA, so that the
  // host states the arena of every board. Runs once, during Interpreter::allocate. Tensors that are not constant have
  // no data yet.
  Status (*prepare)(const Node& node, uint32_t* scratch_bytes);
  // Computes the outputs. What can be derived from the model is derived again; nothing is kept in RAM but the scratch
  // of a kernel that says so.
  Status (*eval)(const Node& node);
  const char* signatures;  // as in ops.def
  uint8_t code;            // BuiltinOperator
  uint8_t max_version;
  uint8_t options = 0;                // BuiltinOptions: the table that the operator's options must be, if it has some
  uint8_t traits = 0;                 // kKeepsScratch | kWholeTensors | operands << kHalfOperands
  const char* custom_code = nullptr;  // the operator's name in the file when code is kCustomOperator
};

constexpr uint8_t kCustomOperator = 32;  // BuiltinOperator CUSTOM

// The kernel of an operator of your own, for your resolver: `custom_code` is its name in the file, `signatures` lists
// the operand types that it takes, as in schema/ops.def.
constexpr Kernel custom_kernel(const char* custom_code, const char* signatures,
                               Status (*prepare)(const Node& node, uint32_t* scratch_bytes),
                               Status (*eval)(const Node& node), bool keeps_scratch = false) {
  return {prepare, eval, signatures, kCustomOperator, 1, 0, keeps_scratch ? kKeepsScratch : uint8_t{0}, custom_code};
}

}  // namespace arenite
