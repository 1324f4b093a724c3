// L2_NORMALIZATION: vectors of the innermost axis divided by their length. int8 in integers as in TFLite, the result
// always at scale 1/128 and zero point 0.
#include <cmath>

#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/innermost.h"
#include "kernels_cpp/inverse_sqrt.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

constexpr int32_t kMaxDepth = INT32_MAX / (255 * 255);  // squares whose sum fits 31 bits
constexpr int32_t kOutputBits = 7;                      // a step is 2^-7
constexpr float kShortest = 1e-6f;

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_TRY(check_elementwise(node));
  ARENITE_CHECK(input.rank >= 1 && input.back(0) > 0, kBadShape);
  const int32_t activation = node.option_i8(format::L2NormOptions::fused_activation_function, 0);
  ARENITE_CHECK(activation == format::ActivationFunctionType::NONE, kBadOption);
  if (is_float(input)) return Status::kOk;
  ARENITE_CHECK(input.back(0) <= kMaxDepth, kLimitExceeded);
  ARENITE_CHECK(output.scale() == 1.0f / (1 << kOutputBits) && output.zero_point == 0, kBadQuantization);
  return Status::kOk;
}

void normalize_s8(const int8_t* in, int8_t* out, int32_t depth, int32_t zero_point) {
  int32_t squares = 0;
  for (int32_t i = 0; i < depth; ++i) squares += (in[i] - zero_point) * (in[i] - zero_point);
  Multiplier m = inverse_sqrt(squares);
  m.shift += kOutputBits;
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t steps = multiply_by_quantized_multiplier(in[i] - zero_point, m);
    out[i] = static_cast<int8_t>(clamp(steps, INT8_MIN, INT8_MAX));
  }
}

void normalize_f32(const float* in, float* out, int32_t depth) {
  float squares = 0.0f;
  for (int32_t i = 0; i < depth; ++i) squares += in[i] * in[i];
  const float length = std::sqrt(squares);
  const float divisor = length < kShortest ? kShortest : length;
  for (int32_t i = 0; i < depth; ++i) out[i] = in[i] / divisor;
}

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  if (is_float(input)) {
    for_each_vector<float>(node, normalize_f32);
  } else {
    const int32_t zero_point = input.zero_point;
    for_each_vector<int8_t>(
        node, [=](const int8_t* in, int8_t* out, int32_t depth) { normalize_s8(in, out, depth, zero_point); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(l2_normalization);
