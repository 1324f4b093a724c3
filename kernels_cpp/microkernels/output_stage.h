// From an int32 accumulator to an int8 output: the last step of every matrix microkernel.
#pragma once

#include <cstdint>

#include "kernels_cpp/fixed_point.h"

namespace arenite {

// Sums wrap around 2^32, as two's complement hardware does, instead of being undefined.
inline int32_t wrap_add(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
inline int32_t wrap_mul(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b));
}
// A product that fits, for sums that wrap.
inline uint32_t wrapped_product(int32_t a, int32_t b) { return static_cast<uint32_t>(a * b); }

// out = clamp(zero_point + requantize(acc + bias[c], multipliers[c * multiplier_step]), min, max).
struct OutputStage {
  const int32_t* bias;            // [channels], or null: zero
  const Multiplier* multipliers;  // [channels], or a single one when multiplier_step is 0
  int32_t multiplier_step;        // 1: per channel. 0: per tensor
  int32_t zero_point;             // in [-128, 127]
  int32_t min;                    // -128 <= min
  int32_t max;                    // max <= 127

  int32_t bias_of(int32_t channel) const { return bias == nullptr ? 0 : bias[channel]; }
  const Multiplier& multiplier_of(int32_t channel) const { return multipliers[channel * multiplier_step]; }

  // The same stage for channels from `channel` on.
  OutputStage from_channel(int32_t channel) const {
    OutputStage stage = *this;
    if (bias != nullptr) stage.bias += channel;
    stage.multipliers += channel * multiplier_step;
    return stage;
  }

  int8_t apply(int32_t acc, Multiplier multiplier) const {
    const int32_t scaled = multiply_by_quantized_multiplier(acc, multiplier);
    return static_cast<int8_t>(clamp(wrap_add(scaled, zero_point), min, max));
  }
};

}  // namespace arenite
