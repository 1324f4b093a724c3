// What this build's kernels are made for: which types have bodies, and whether the least code counts.
#pragma once

#include "interpreter/kernel.h"

// 0 leaves every float32 body out of the kernels: a float model is then refused with BadType when it is opened, and an
// int8 firmware does not link them. quantize and dequantize stay.
#ifndef ARENITE_FLOAT
#define ARENITE_FLOAT 1
#endif

// 0 leaves every int16 body and signature out in the same way.
#ifndef ARENITE_INT16
#define ARENITE_INT16 1
#endif

// 0 leaves out operators whose operands and results are plain int32 or int64.
#ifndef ARENITE_INT32
#define ARENITE_INT32 1
#endif

// 0 leaves out float activations with integer weights.
#ifndef ARENITE_HYBRID
#define ARENITE_HYBRID 1
#endif

// 0 leaves out int4 weights.
#ifndef ARENITE_INT4
#define ARENITE_INT4 1
#endif

// 0 leaves out weights of float16 beside activations of float32.
#ifndef ARENITE_FLOAT16
#define ARENITE_FLOAT16 ARENITE_FLOAT
#endif

namespace arenite {

// ARENITE_OPTIMIZE=size: what is there for speed alone is left out, and so are rows.
#if defined(ARENITE_COMPACT)
inline constexpr bool kLeastCode = true;
#else
inline constexpr bool kLeastCode = false;
#endif

// Which rows to compute, null for the whole tensor. Kernels that ask here are refused by RowRunner in a build without
// rows (kWholeTensors).
inline const RowWindow* row_window(const Node& node) { return kLeastCode ? nullptr : node.window(); }

// Choose the body of a kernel. A constant false where such bodies are left out, so that they are not linked.
inline bool is_float(const Tensor& operand) { return ARENITE_FLOAT != 0 && operand.type == Type::kFloat32; }
inline bool is_int16(const Tensor& operand) { return ARENITE_INT16 != 0 && operand.type == Type::kInt16; }
inline bool is_integer(const Tensor& operand) {
  return ARENITE_INT32 != 0 && (operand.type == Type::kInt32 || operand.type == Type::kInt64);
}
inline bool is_int4(const Tensor& operand) { return ARENITE_INT4 != 0 && operand.type == Type::kInt4; }
inline bool is_half(const Tensor& operand) { return ARENITE_FLOAT16 != 0 && operand.type == Type::kFloat16; }

}  // namespace arenite
