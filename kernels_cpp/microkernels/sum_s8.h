// Contract of add and sub in int8. For variants of vector processors only: the plain loop is kernels_cpp/sum.h's.
#pragma once

#include <cstdint>

#include "kernels_cpp/microkernels/scaling.h"

namespace arenite {

// out[i] = clamp(zero_point + total(w + o)) for i < count, where
// w = wide[i * wide_step] * wide_factor - wide_offset
// o = other[i * other_step] * other_factor - other_offset, then, if `scaled`, sign_of_two * other_scaling(o)
struct SumS8 {
  const int8_t* wide;
  const int8_t* other;
  int8_t* out;
  int32_t count;
  int32_t wide_step;  // 0 or 1
  int32_t other_step;
  int32_t wide_factor;
  int32_t wide_offset;
  int32_t other_factor;
  int32_t other_offset;
  bool scaled;
  int32_t sign_of_two;  // 2 or -2
  Scaling other_scaling;
  Scaling total;
  int32_t zero_point;
  int32_t min;
  int32_t max;
};

}  // namespace arenite
