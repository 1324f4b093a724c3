// TANH. int8: gemmlowp's fixed-point functions as in TFLite Micro (LiteRT reads a table made with floats instead, up to
// one step apart). float32 links tanhf.
#include <cmath>

#include "kernels_cpp/exponential.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"
#include "kernels_cpp/sigmoid_input.h"
#include "kernels_cpp/sigmoid_operator.h"
#include "kernels_cpp/sigmoid_s16.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  return prepare_sigmoid(node, 1.0f / 128.0f, 0, scratch_bytes);
}

// tanh(|x|) = (1 - exp(-2|x|)) / (1 + exp(-2|x|)): the bits of x Q4.27 are those of 2x Q5.26. Result Q0.31.
int32_t hyperbolic_tangent(int32_t x) {
  if (x == 0) return 0;
  const int32_t magnitude =
      one_minus_x_over_one_plus_x(exp_on_negative_values(x < 0 ? x : -x, SigmoidInput::kIntegerBits + 1));
  return x < 0 ? -magnitude : magnitude;
}

struct TanhS8 {
  SigmoidInput input;

  int8_t operator()(int32_t q) const {
    const int32_t side = input.saturates(q);
    if (side != 0) return side < 0 ? INT8_MIN : INT8_MAX;
    return saturate_s8(rounding_divide_by_pot(hyperbolic_tangent(input.q4(q)), 31 - 7), 0);
  }
};

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    map_f32(node, [](float x) { return std::tanh(x); });
  } else if (is_int16(node.input(0))) {
    const SigmoidInputS16 input(node.input(0).scale(), true);
    map<int16_t>(node, [=](int32_t q) { return tanh_s16(input(q)); });
  } else {
    map_s8(node, TanhS8{SigmoidInput(node.input(0))});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(tanh);
