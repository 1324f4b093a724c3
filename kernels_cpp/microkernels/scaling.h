// Requantization of what is known to be small.
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

}  // namespace arenite
