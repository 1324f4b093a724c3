// Checks of shapes and per-tensor quantization that several kernels make in prepare.
#pragma once

#include "interpreter/kernel.h"
#include "kernels_cpp/types.h"

namespace arenite {

inline bool same_shape(const Tensor& a, const Tensor& b) {
  if (a.rank != b.rank) return false;
  for (int32_t i = 0; i < a.rank; ++i) {
    if (a.dim(i) != b.dim(i)) return false;
  }
  return true;
}

// Types whose elements are codes of real numbers. int16 without a scale are plain integers.
inline bool is_coded(const Tensor& t) { return t.type == Type::kInt8 || (is_int16(t) && t.scale_count != 0); }

// True unless the tensor is int8 and lacks its one scale.
inline bool scaled_if_int8(const Tensor& t) { return t.type != Type::kInt8 || t.scale_count == 1; }

// True unless the tensor is int8 or int16 and lacks its one scale, or is int16 with a zero point.
inline bool is_scaled(const Tensor& t) {
  if (is_int16(t)) return t.scale_count == 1 && t.zero_point == 0;
  return t.type != Type::kInt8 || t.scale_count == 1;
}

// For operators that copy or compare codes without rescaling them. True for two tensors that hold none.
inline bool same_quantization(const Tensor& a, const Tensor& b) {
  if (!is_coded(a) && !is_coded(b)) return true;
  return a.scale_count == 1 && b.scale_count == 1 && a.scale() == b.scale() && a.zero_point == b.zero_point;
}

}  // namespace arenite
