// 1 / (1 + exp(-x)) for floats.
#pragma once

#include <cmath>

namespace arenite {

// exp never overflows: its argument is not positive.
inline float sigmoid_f32(float x) {
  const float e = std::exp(x < 0.0f ? x : -x);
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

}  // namespace arenite
