// Sums of int8 or int16 codes of one scale in the output's own: what ADD_N and CUMSUM make.
#pragma once

#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/shape.h"

namespace arenite {

// TFLite Micro keeps 19 bits of fraction in 32 bits, which a sum of more than 4095 steps leaves: it wraps there. Here
// such a sum gets as many bits as fit, so that it is right to 31 bits.
class CodeSum {
 public:
  CodeSum(const Tensor& input, const Tensor& output)
      : multiplier_(quantize_ratio(input.scale(), 1.0f, output.scale())), zero_point_(output.zero_point) {
    multiplier_.shift -= kFractionBits;
    if (multiplier_.shift < -31) multiplier_ = {0, -1};
  }

  // Both tensors have one scale, and the factor stays below 1: no output scale 2^19 times finer than the input's.
  static bool fits(const Tensor& input, const Tensor& output) {
    if (!is_scaled(input) || !is_scaled(output)) return false;
    return quantize_ratio(input.scale(), 1.0f, output.scale()).shift <= kFractionBits;
  }

  // The code of `steps` input scales, |steps| < 2^31; T: int8_t or int16_t.
  template <typename T>
  T code(int32_t steps) const {
    const uint32_t magnitude = static_cast<uint32_t>(steps < 0 ? -steps : steps);
    int32_t dropped = 0;  // bits of fraction
    while (dropped < kFractionBits && magnitude >> (31 - kFractionBits + dropped) != 0) ++dropped;
    // With bits dropped the sum has all 31, and a shift to the left of 0 or more saturates the result anyhow.
    const int32_t shift = multiplier_.shift + dropped < 0 ? multiplier_.shift + dropped : 0;
    const int32_t scaled =
        multiply_by_quantized_multiplier(steps * (1 << (kFractionBits - dropped)), {multiplier_.multiplier, shift});
    constexpr int32_t kMax = (1 << (8 * sizeof(T) - 1)) - 1;
    return static_cast<T>(zero_point_ + clamp(scaled, -kMax - 1 - zero_point_, kMax - zero_point_));
  }

 private:
  static constexpr int32_t kFractionBits = 19;
  Multiplier multiplier_;
  int32_t zero_point_;
};

}  // namespace arenite
