#include "kernels_cpp/activation.h"

#include "kernels_cpp/fixed_point.h"
#include "schema/format.h"

namespace arenite {
namespace {

namespace Activation = format::ActivationFunctionType;

constexpr float kLargest = 3.40282347e+38f;

// bound > 0; cut where no zero point brings it back into int16, so that sums cannot overflow.
int32_t steps(float bound, float scale) {
  constexpr int32_t kLimit = 1 << 17;
  const int32_t n = round_quotient(bound, scale);
  return n > kLimit ? kLimit : n;
}

// Cut to [lowest, highest], the codes of the output's type.
ActivationRange<int32_t> quantized_range(int32_t activation, const Tensor& output, int32_t lowest, int32_t highest) {
  int32_t low = lowest;
  int32_t high = highest;
  if (activation == Activation::RELU || activation == Activation::RELU6) low = output.zero_point;
  if (activation == Activation::RELU6) high = output.zero_point + steps(6.0f, output.scale());
  if (activation == Activation::RELU_N1_TO_1) {
    low = output.zero_point - steps(1.0f, output.scale());
    high = output.zero_point + steps(1.0f, output.scale());
  }
  return {low < lowest ? lowest : low, high > highest ? highest : high};
}

}  // namespace

bool activation_is_fusable(int32_t activation) {
  return activation >= Activation::NONE && activation <= Activation::RELU6;
}

ActivationRange<int32_t> activation_range_s8(int32_t activation, const Tensor& output) {
  return quantized_range(activation, output, INT8_MIN, INT8_MAX);
}

ActivationRange<int32_t> activation_range_s16(int32_t activation, const Tensor& output) {
  return quantized_range(activation, output, INT16_MIN, INT16_MAX);
}

ActivationRange<float> activation_range_f32(int32_t activation) {
  switch (activation) {
    case Activation::RELU:
      return {0.0f, kLargest};
    case Activation::RELU_N1_TO_1:
      return {-1.0f, 1.0f};
    case Activation::RELU6:
      return {0.0f, 6.0f};
    default:
      return {-kLargest, kLargest};
  }
}

}  // namespace arenite
