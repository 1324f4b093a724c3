// Range of a fused activation function in the output's own units.
#pragma once

#include <cstdint>

#include "interpreter/status.h"
#include "interpreter/tensor.h"

namespace arenite {

template <typename T>
struct ActivationRange {
  T min;
  T max;

  // A NaN stays NaN.
  T apply(T x) const { return x < min ? min : (x > max ? max : x); }
};

// True for NONE, RELU, RELU_N1_TO_1 and RELU6: what a kernel can fuse into its last clamp.
bool activation_is_fusable(int32_t activation);

// zero_point + round(bound / scale), cut to int8 or int16. Same as TFLite CalculateActivationRangeQuantized.
ActivationRange<int32_t> activation_range_s8(int32_t activation, const Tensor& output);
ActivationRange<int32_t> activation_range_s16(int32_t activation, const Tensor& output);

// Unbounded sides are the largest finite floats, as in TFLite: an infinite sum comes out finite.
ActivationRange<float> activation_range_f32(int32_t activation);

}  // namespace arenite
