// LOGISTIC: 1 / (1 + exp(-x)). int8: gemmlowp's fixed-point functions as in TFLite Micro (LiteRT reads a table made
// with floats instead, up to one step apart). float32 links expf.
#include "kernels_cpp/exponential.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"
#include "kernels_cpp/sigmoid_f32.h"
#include "kernels_cpp/sigmoid_input.h"
#include "kernels_cpp/sigmoid_operator.h"
#include "kernels_cpp/sigmoid_s16.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  return prepare_sigmoid(node, 1.0f / 256.0f, INT8_MIN, scratch_bytes);
}

// 1 / (1 + exp(-x)): x Q4.27, result Q0.31.
int32_t logistic(int32_t x) {
  if (x == 0) return 1 << 30;
  const int32_t positive = one_over_one_plus_x(exp_on_negative_values(x > 0 ? -x : x, SigmoidInput::kIntegerBits));
  return x > 0 ? positive : INT32_MAX - positive;
}

struct LogisticS8 {
  SigmoidInput input;

  int8_t operator()(int32_t q) const {
    const int32_t side = input.saturates(q);
    if (side != 0) return side < 0 ? INT8_MIN : INT8_MAX;
    const int32_t y = rounding_divide_by_pot(logistic(input.q4(q)), 31 - 8);
    return static_cast<int8_t>(clamp(y + INT8_MIN, INT8_MIN, INT8_MAX));
  }
};

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    map_f32(node, sigmoid_f32);
  } else if (is_int16(node.input(0))) {
    const SigmoidInputS16 input(node.input(0).scale(), false);
    map<int16_t>(node, [=](int32_t q) { return sigmoid_s16(input(q)); });
  } else {
    map_s8(node, LogisticS8{SigmoidInput(node.input(0))});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(logistic);
