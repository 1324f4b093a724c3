// QUANTIZE: float32 to int8, or int8 to int8 with another scale.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

// round(x / scale), ties away from zero, cut to [-512, 512]: more than any int8 and zero point can express. The cut
// comes before the conversion to an integer, which would be undefined for an infinity; NaN goes to the low end.
int32_t steps_of(float x, float scale) {
  constexpr float kLimit = 512.0f;
  float quotient = x / scale;
  quotient = quotient > -kLimit ? quotient : -kLimit;
  quotient = quotient < kLimit ? quotient : kLimit;
  const int32_t whole = static_cast<int32_t>(quotient);
  const float rest = quotient - static_cast<float>(whole);  // exact, unlike quotient + 0.5
  return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

void quantize_f32(const Node& node) {
  const Tensor output = node.output(0);
  const float scale = output.scale();
  const int32_t zero_point = output.zero_point;
  for_each_run<float, int8_t>(node, [=](const float* in, int8_t* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) {
      out[i] = static_cast<int8_t>(clamp(zero_point + steps_of(in[i], scale), INT8_MIN, INT8_MAX));
    }
  });
}

Status eval(const Node& node) {
  if (node.input(0).type == Type::kFloat32) {
    quantize_f32(node);
  } else {
    requantize_s8(node, {INT8_MIN, INT8_MAX});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(quantize);
