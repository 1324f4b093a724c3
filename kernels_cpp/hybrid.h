// Float activations with int8 or int4 weights, TFLite's hybrid or dynamic range operators: the input is brought to
// eight bits when it is met, sums are integers, and the output is float again.
#pragma once

#include "interpreter/status.h"
#include "kernels_cpp/types.h"
#include "kernels_cpp/weights.h"

namespace arenite {

// A constant false where such bodies are left out.
inline bool is_hybrid(const Tensor& input, const Tensor& weights) {
  return ARENITE_HYBRID != 0 && is_float(input) && !is_float(weights) && !is_half(weights);
}

// Weights of scale `scale_count`: one for all or one per output channel along `channel_axis`, without zero points.
Status check_hybrid_weights(const Tensor& weights, int32_t channel_axis);

// Codes are kept less their zero point, so that padding is 0 and products need no correction.
constexpr uint32_t codes_bytes(int32_t count) { return 2 * static_cast<uint32_t>(count); }

// codes[i] = q - zero_point, in [-255, 255], for q in eight bits; returns the scale. Asymmetric: from the least to the
// greatest value and zero. Else: of the greatest magnitude, in [-127, 127]. As TFLite's AsymmetricQuantizeFloats and
// SymmetricQuantizeFloats, in every bit. NaN becomes the lowest code.
float quantize_dynamic(const float* x, int32_t count, bool asymmetric, int16_t* codes);

// The scale of one output channel.
inline float weight_scale(const Tensor& weights, int32_t channel) {
  return weights.scales[weights.scale_count > 1 ? channel : 0];
}

}  // namespace arenite
