// RELU6: min(max(x, 0), 6). int8: requantized to the output's scale. TFLite Micro clamps the input's codes and ignores
// the output's scale; where both scales are one, as every converter writes them, the results are equal.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

constexpr int32_t kActivation = format::ActivationFunctionType::RELU6;

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    clamp_f32(node, activation_range_f32(kActivation));
  } else if (is_int16(node.input(0))) {
    requantize<int16_t, int16_t>(node, activation_range_s16(kActivation, node.output(0)));
  } else {
    requantize<int8_t, int8_t>(node, activation_range_s8(kActivation, node.output(0)));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(relu6);
