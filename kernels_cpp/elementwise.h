// Operators that map each element by itself: quantize, relu, relu6, logistic, dequantize.
#pragma once

#include "kernels_cpp/activation.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/rows.h"
#include "kernels_cpp/shape.h"

namespace arenite {

// Operand and result have one shape, and every int8 or int16 tensor one scale.
inline Status check_elementwise(const Node& node) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_CHECK(same_shape(input, output), kBadShape);
  ARENITE_CHECK(is_scaled(input) && is_scaled(output), kBadQuantization);
  return Status::kOk;
}

struct Rescaling {
  int32_t zero_in;
  Multiplier multiplier;
  int32_t zero_out;
  ActivationRange<int32_t> range;
};

// By a variant of this processor: products with one. False: the plain loop has to do it.
inline bool rescaled(const int8_t* in, int8_t* out, int32_t count, const Rescaling& to) {
  static constexpr int8_t kOne = 1;
  return isa::product_s8(
      {in, &kOne, out, count, 0, -to.zero_in, 0, to.multiplier, to.zero_out, to.range.min, to.range.max});
}
template <typename In, typename Out>
inline bool rescaled(const In*, Out*, int32_t, const Rescaling&) {
  return false;
}

// out = clamp(zp_out + (in - zp_in) * scale_in / scale_out, range), both roundings. The clamp comes before the zero
// point is added, so that the sum cannot overflow. In, Out: int8_t or int16_t.
template <typename In, typename Out>
inline void requantize(const Node& node, ActivationRange<int32_t> range) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const Multiplier m = quantize_ratio(input.scale(), 1.0f, output.scale());
  const int32_t zero_in = input.zero_point;
  const int32_t zero_out = output.zero_point;
  const int32_t low = range.min - zero_out;
  const int32_t high = range.max - zero_out;
  for_each_run<In, Out>(node, [=](const In* in, Out* out, int32_t n) {
    if (rescaled(in, out, n, {zero_in, m, zero_out, range})) return;
    for (int32_t i = 0; i < n; ++i) {
      const int32_t steps = multiply_by_quantized_multiplier(in[i] - zero_in, m);
      out[i] = static_cast<Out>(zero_out + clamp(steps, low, high));
    }
  });
}

// A NaN stays NaN.
inline void clamp_f32(const Node& node, ActivationRange<float> range) {
  for_each_run<float, float>(node, [=](const float* in, float* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = range.apply(in[i]);
  });
}

}  // namespace arenite
