// Multipliers of an operator whose sums have the scale input * filter and whose output has its own.
#pragma once

#include "interpreter/status.h"
#include "interpreter/tensor.h"
#include "kernels_cpp/activation.h"
#include "kernels_cpp/fixed_point.h"

namespace arenite {

// to[i] = scale(input) * filter.scales[i] / scale(output), as TFLite rounds it; filter.scale_count entries.
void fill_multipliers(const Tensor& input, const Tensor& filter, const Tensor& output, Multiplier* to);

// The same of channels [first, first + count) alone; a single one stands for all.
void fill_multipliers(const Tensor& input, Tensor filter, const Tensor& output, int32_t first, int32_t count,
                      Multiplier* to);

// Per-tensor scales on input and output; one or `channels` scales on the filter, those along `channel_axis` and
// without zero points. The caller checks the zero point of a filter with one scale.
Status check_multipliers(const Tensor& input, const Tensor& filter, const Tensor& output, int32_t channel_axis);

// For int16 input and output: no zero points, and factors that the requantization of 64-bit sums can express.
// After check_multipliers.
Status check_multipliers_s16(const Tensor& input, const Tensor& filter, const Tensor& output);

// Element i of an int64 or int32 bias. In files of some writers the former is aligned to 4 bytes only, which is what
// processors without a wider bus load with anyway.
inline int64_t bias_at(const Tensor& bias, int32_t i) {
  if (bias.type == Type::kInt32) return bias.as<int32_t>()[i];
  const uint32_t* const words = bias.as<uint32_t>() + 2 * i;
  return static_cast<int64_t>(words[0] | static_cast<uint64_t>(words[1]) << 32);
}

// From a 64-bit sum to an int16 output: the last step of the matrix operators with int16 activations and int8 weights.
struct OutputStageS16 {
  Tensor bias;                    // int64 or int32 [channels], or absent
  const Multiplier* multipliers;  // [channels], or a single one when multiplier_step is 0
  int32_t multiplier_step;        // 1: per channel. 0: per tensor
  ActivationRange<int32_t> range;
  bool narrow;  // the sum is taken in 32 bits, with two roundings: what TFLite Micro does with an int32 bias

  // out[i] of channel first + i, i < count.
  void apply(const int64_t* sums, int32_t first, int32_t count, int16_t* out) const;
  int16_t apply(int64_t sum, int32_t channel) const {
    int16_t out;
    apply(&sum, channel, 1, &out);
    return out;
  }

 private:
  int32_t scaled(uint64_t total, Multiplier m) const;
};

}  // namespace arenite
