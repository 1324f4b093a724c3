// LEAKY_RELU: x, or alpha * x where x is negative. int8 and int16: each side has its multiplier, which TFLite computes
// with floats: scale_in * alpha / scale_out.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

float alpha_of(const Node& node) { return node.option_f32(format::LeakyReluOptions::alpha, 0.0f); }

// The multiplier of a real that may be 0 or negative; the sign goes to the mantissa, as TFLite's does.
Multiplier signed_multiplier(float real) {
  if (real == 0.0f) return {0, -1};
  if (real > 0.0f) return quantize_multiplier(real);
  const Multiplier magnitude = quantize_multiplier(-real);
  return {-magnitude.multiplier, magnitude.shift};
}

bool is_finite(float x) { return x - x == 0.0f; }

// Steps of the output's scale.
struct LeakyRelu {
  Multiplier positive;
  Multiplier negative;
  int32_t zero_in;

  LeakyRelu(const Tensor& input, const Tensor& output, float alpha)
      : positive(quantize_multiplier(input.scale() / output.scale())),
        negative(signed_multiplier(input.scale() * alpha / output.scale())),
        zero_in(input.zero_point) {}
  int32_t operator()(int32_t q) const {
    const int32_t x = q - zero_in;
    return multiply_by_quantized_multiplier(x, x >= 0 ? positive : negative);
  }
};

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const float alpha = alpha_of(node);
  ARENITE_CHECK(is_finite(alpha), kBadOption);
  ARENITE_TRY(check_elementwise(node));
  if (is_float(input)) return Status::kOk;
  const float ratio = input.scale() / output.scale();
  ARENITE_CHECK(ratio > 0.0f && is_finite(ratio), kBadQuantization);
  ARENITE_CHECK(is_finite(input.scale() * alpha / output.scale()), kBadQuantization);
  *scratch_bytes = map_scratch(input);
  return Status::kOk;
}

Status eval(const Node& node) {
  const float alpha = alpha_of(node);
  if (is_float(node.input(0))) {
    map_f32(node, [=](float x) { return x > 0.0f ? x : x * alpha; });
    return Status::kOk;
  }
  const LeakyRelu function(node.input(0), node.output(0), alpha);
  const int32_t zero_out = node.output(0).zero_point;
  if (is_int16(node.input(0))) {
    map<int16_t>(node, [=](int32_t q) { return saturate_s16(function(q)); });
  } else {
    map_s8(node, [=](int32_t q) { return saturate_s8(function(q), zero_out); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(leaky_relu);
