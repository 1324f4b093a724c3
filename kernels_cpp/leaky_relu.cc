// LEAKY_RELU: x, or alpha * x where x is negative. int8 and int16: each side has its multiplier, computed as TFLite
// does in doubles: scale_in * alpha / scale_out.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

float alpha_of(const Node& node) { return node.option_f32(format::LeakyReluOptions::alpha, 0.0f); }

// The multiplier of in * |slope| / out.
Multiplier slope_multiplier(float in, float slope, float out) {
  if (slope == 0.0f) return {0, -1};
  return quantize_ratio(in, slope > 0.0f ? slope : -slope, out);
}

bool is_finite(float x) { return x - x == 0.0f; }

// Steps of the output's scale.
struct LeakyRelu {
  Multiplier positive;
  Multiplier negative;
  bool rising;  // a negative slope: what is below the zero point goes up
  int32_t zero_in;

  LeakyRelu(const Tensor& input, const Tensor& output, float alpha)
      : positive(slope_multiplier(input.scale(), 1.0f, output.scale())),
        negative(slope_multiplier(input.scale(), alpha, output.scale())),
        rising(alpha < 0.0f),
        zero_in(input.zero_point) {}
  int32_t operator()(int32_t q) const {
    const int32_t x = q - zero_in;
    if (x >= 0) return multiply_by_quantized_multiplier(x, positive);
    const uint32_t y = static_cast<uint32_t>(multiply_by_quantized_multiplier(x, negative));
    return static_cast<int32_t>(rising ? 0 - y : y);  // the sign last: halves are rounded as those of a rising line are
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
