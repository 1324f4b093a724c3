// RELU_0_TO_1: min(max(x, 0), 1). int8: requantized to the output's scale.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

namespace Activation = format::ActivationFunctionType;

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

Status eval(const Node& node) {
  const Tensor output = node.output(0);
  if (is_float(output)) {
    clamp_f32(node, {0.0f, 1.0f});
  } else {
    requantize<int8_t, int8_t>(node, {activation_range_s8(Activation::RELU, output).min,
                                      activation_range_s8(Activation::RELU_N1_TO_1, output).max});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(relu_0_to_1);
