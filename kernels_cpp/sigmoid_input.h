// What logistic and tanh of TFLite do with their int8 operand: it becomes Q4.27, and beyond 15 both functions have
// reached their limits.
#pragma once

#include "interpreter/tensor.h"
#include "kernels_cpp/fixed_point.h"

namespace arenite {

struct SigmoidInput {
  static constexpr int32_t kIntegerBits = 4;
  Multiplier multiplier;
  int32_t zero_point;
  int32_t radius;  // |q - zero_point| from which on the result is at its limit

  explicit SigmoidInput(const Tensor& input)
      : multiplier(quantize_multiplier(input.scale())), zero_point(input.zero_point) {
    // From 31 on only the code 0 is not beyond the radius.
    multiplier.shift = clamp(multiplier.shift + 31 - kIntegerBits, INT32_MIN, 31);
    const int32_t largest = ((1 << kIntegerBits) - 1) << (31 - kIntegerBits);
    const int32_t shift = multiplier.shift < 0 ? 0 : multiplier.shift;
    // With scales of 8 and more TFLite's radius is 0 and an input of 0 counts as negative; it lies in the middle.
    radius = (largest >> shift) > 0 ? largest >> shift : 1;
  }

  // -1 or 1 when the code lies beyond the radius on that side, else 0.
  int32_t saturates(int32_t q) const {
    const int32_t x = q - zero_point;
    return x <= -radius ? -1 : (x >= radius ? 1 : 0);
  }
  int32_t q4(int32_t q) const { return multiply_by_quantized_multiplier(q - zero_point, multiplier); }
};

}  // namespace arenite
