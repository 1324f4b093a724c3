#include "kernels_cpp/selection.h"

namespace arenite {

Status select_elements(const Node& node, const ConditionSteps& condition) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor output = node.output(0);
  const int32_t element = element_bytes(output);
  const uint8_t* in[3];
  int32_t steps[3][kMaxRank];
  for (int32_t i = 0; i < 3; ++i) {
    const Tensor operand = node.input(i);
    in[i] = operand.as<uint8_t>();
    for (int32_t axis = 0; axis < output.rank; ++axis) {
      steps[i][axis] = i == 0 ? condition.of[axis] : broadcast_step(operand, axis);
    }
  }
  uint8_t* out = output.as<uint8_t>();
  int32_t index[kMaxRank] = {};
  for (int32_t n = output.count(); n > 0; --n, out += element) {
    copy_chunks(*in[0] != 0 ? in[1] : in[2], 0, out, 0, element, 1);
    for (int32_t axis = 0; axis < output.rank; ++axis) {
      for (int32_t i = 0; i < 3; ++i) in[i] += steps[i][axis];
      if (++index[axis] < output.back(axis)) break;
      for (int32_t i = 0; i < 3; ++i) in[i] -= output.back(axis) * steps[i][axis];
      index[axis] = 0;
    }
  }
  return Status::kOk;
}

}  // namespace arenite
