// Contract of the multipliers of all channels.
#pragma once

#include <cstdint>

#include "kernels_cpp/fixed_point.h"

namespace arenite {

// to[i] = quantize_ratio(a, b[i], c), i < count.
struct QuantizeRatios {
  float a;
  const float* b;
  float c;
  int32_t count;
  Multiplier* to;
};

}  // namespace arenite
