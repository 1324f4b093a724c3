// Contract of mul in int8, and with b a repeated 1 of what brings codes to another scale.
#pragma once

#include <cstdint>

#include "kernels_cpp/fixed_point.h"

namespace arenite {

// Twice a product still fits 31 bits when it is shifted to the left by as much.
constexpr int32_t kMostProductShift = 12;

// out[i] = clamp(zero_point + requantize((a[i] + a_offset) * (b[i * b_step] + b_offset), multiplier), min, max) for
// i < count. The factors are in [-255, 255].
struct ProductS8 {
  const int8_t* a;
  const int8_t* b;
  int8_t* out;
  int32_t count;
  int32_t b_step;  // 0 or 1
  int32_t a_offset;
  int32_t b_offset;
  Multiplier multiplier;  // shift <= kMostProductShift
  int32_t zero_point;
  int32_t min;
  int32_t max;
};

}  // namespace arenite
