// Softmax of one vector of int16 codes, bit for bit as TFLite Micro computes it: tables of exp and of the reciprocal,
// linear in between. The result has a scale of 2^-15.
#pragma once

#include <cstdint>

#include "kernels_cpp/fixed_point.h"

namespace arenite {

class SoftmaxS16 {
 public:
  static constexpr int32_t kMaxDepth = 1 << 16;  // terms below 2^15 whose sum fits 31 bits

  SoftmaxS16(float beta, float scale);
  void operator()(const int16_t* in, int16_t* out, int32_t depth) const;

 private:
  int32_t exponential(int32_t difference) const;

  Multiplier multiplier_;
  int32_t smallest_;  // differences that are still scaled without overflow
};

}  // namespace arenite
