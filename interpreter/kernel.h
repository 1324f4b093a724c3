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

class Interpreter;
class Model;

// One operator as its kernel sees it. Cheap to make: it looks things up in the model when asked. Views are built on
// each call, so fetch a Tensor once into a local.
class Node {
 public:
  int32_t input_count() const;  // operands in the file, absent ones included
  int32_t output_count() const;
  // present == false when the operand is absent or i >= input_count().
  Tensor input(int32_t i) const;
  Tensor output(int32_t i) const;

  // Fields of the operator's builtin options (ids in schema/format.h). Absent table or field: the default.
  int32_t option_i32(uint32_t field, int32_t fallback) const;
  int32_t option_i8(uint32_t field, int32_t fallback) const;  // also bool and byte enums
  float option_f32(uint32_t field, float fallback) const;

  // Bytes asked for in prepare, 16-byte aligned, contents undefined at the start of each eval. Only in eval.
  void* scratch() const;

  // Null: compute the whole tensor. Else compute only these rows of image 0; whole tensors of input and output
  // operands do not exist then (their data is null).
  const RowWindow* window() const { return window_; }

 private:
  friend class Interpreter;
  friend class RowRunner;
  const Interpreter* interpreter_ = nullptr;
  const RowWindow* window_ = nullptr;
  const uint8_t* table_ = nullptr;  // the Operator table in the model
  void* scratch_ = nullptr;
};

// An operator's body. Rows of schema/ops.def become objects of this type, one per kernels_cpp/<name>.cc.
struct Kernel {
  // Checks what the operator's row cannot say: options, ranks, output shapes (recomputed and compared), quantization.
  // Sets the scratch bytes that eval wants: a pure function of shapes and types, the same for every ISA, so that the
  // host states the arena of every board. Runs once, during Interpreter::allocate. Tensors that are not constant have
  // no data yet.
  Status (*prepare)(const Node& node, uint32_t* scratch_bytes);
  // Computes the outputs. Stateless: what can be derived from the model is derived again, nothing is kept in RAM.
  Status (*eval)(const Node& node);
  const char* signatures;  // as in ops.def
  uint8_t code;            // BuiltinOperator
  uint8_t max_version;
  uint8_t options = 0;  // BuiltinOptions: the table that the operator's options must be, if it has some
};

}  // namespace arenite
