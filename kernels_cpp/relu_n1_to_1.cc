// RELU_N1_TO_1: min(max(x, -1), 1). int8: requantized to the output's scale.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

constexpr int32_t kActivation = format::ActivationFunctionType::RELU_N1_TO_1;

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    clamp_f32(node, activation_range_f32(kActivation));
  } else {
    requantize<int8_t, int8_t>(node, activation_range_s8(kActivation, node.output(0)));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(relu_n1_to_1);
