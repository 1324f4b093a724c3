// QUANTIZE: float32 to int8 or int16, or either of these to another scale or to the other type.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

// round(x / scale), ties away from zero, cut to [-2^17, 2^17]: more than any int16 and zero point can express. The cut
// comes before the conversion to an integer, which would be undefined for an infinity; NaN goes to the low end.
int32_t steps_of(float x, float scale) {
  constexpr float kLimit = 131072.0f;
  float quotient = x / scale;
  quotient = quotient > -kLimit ? quotient : -kLimit;
  quotient = quotient < kLimit ? quotient : kLimit;
  const int32_t whole = static_cast<int32_t>(quotient);
  const float rest = quotient - static_cast<float>(whole);  // exact, unlike quotient + 0.5
  return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

template <typename T>
void quantize_f32(const Node& node, int32_t low, int32_t high) {
  const Tensor output = node.output(0);
  const float scale = output.scale();
  const int32_t zero_point = output.zero_point;
  for_each_run<float, T>(node, [=](const float* in, T* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = static_cast<T>(clamp(zero_point + steps_of(in[i], scale), low, high));
  });
}

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  const bool to_int16 = is_int16(node.output(0));
  if (input.type == Type::kFloat32) {
    if (to_int16) {
      quantize_f32<int16_t>(node, INT16_MIN, INT16_MAX);
    } else {
      quantize_f32<int8_t>(node, INT8_MIN, INT8_MAX);
    }
  } else if (is_int16(input)) {
    if (to_int16) {
      requantize<int16_t, int16_t>(node, {INT16_MIN, INT16_MAX});
    } else {
      requantize<int16_t, int8_t>(node, {INT8_MIN, INT8_MAX});
    }
  } else if (to_int16) {
    requantize<int8_t, int16_t>(node, {INT16_MIN, INT16_MAX});
  } else {
    requantize<int8_t, int8_t>(node, {INT8_MIN, INT8_MAX});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(quantize);
