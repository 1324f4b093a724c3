// Checks of shapes and per-tensor quantization that several kernels make in prepare.
#pragma once

#include "interpreter/kernel.h"

namespace arenite {

inline bool same_shape(const Tensor& a, const Tensor& b) {
  if (a.rank != b.rank) return false;
  for (int32_t i = 0; i < a.rank; ++i) {
    if (a.dim(i) != b.dim(i)) return false;
  }
  return true;
}

// True unless the tensor is int8 and lacks its one scale.
inline bool scaled_if_int8(const Tensor& t) { return t.type != Type::kInt8 || t.scale_count == 1; }

// For operators that copy or compare int8 values without rescaling them. True for two float tensors.
inline bool same_quantization(const Tensor& a, const Tensor& b) {
  if (a.type != Type::kInt8 && b.type != Type::kInt8) return true;
  return a.scale_count == 1 && b.scale_count == 1 && a.scale() == b.scale() && a.zero_point == b.zero_point;
}

}  // namespace arenite
