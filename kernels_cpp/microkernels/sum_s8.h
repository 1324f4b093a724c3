// Contract of add and sub in int8. For variants of vector processors only: the plain loop is kernels_cpp/sum.h's.
#pragma once

#include <cstdint>

#include "kernels_cpp/fixed_point.h"

namespace arenite {

// Both roundings of multiply_by_quantized_multiplier in five instructions of Cortex-M3 (SMLAL does most of it), for a
// factor below 1/2 and |x| < 2^29: x arrives doubled. round(x * m / 2^32), ties up, is divided by 2^exponent, ties away
// from zero: floor((y + half - (y < 0)) / 2^exponent). `half` rides in the upper word of the first rounding's addend.
// The sign is taken from x: where y is 0 though x is negative, half - 1 is still shifted out.
struct Scaling {
  int32_t multiplier;
  int32_t half;
  int32_t exponent;  // >= 1

  Scaling() : Scaling(Multiplier{0, -1}) {}
  explicit Scaling(Multiplier m) : multiplier(m.multiplier), half(1 << (-m.shift - 1)), exponent(-m.shift) {}
  int32_t operator()(int32_t doubled) const {
    const int64_t addend = (static_cast<int64_t>(half) << 32) + (int64_t{1} << 31);
    const int32_t high = static_cast<int32_t>((static_cast<int64_t>(doubled) * multiplier + addend) >> 32);
    return (high + (doubled >> 31)) >> exponent;
  }
};

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
