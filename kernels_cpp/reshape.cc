// RESHAPE: the same elements, in order, under another shape. Any type of the table; the quantization does not change.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

// target: the constant operand, one dimension of which may be -1: whatever the rest leaves.
bool matches(const Tensor& target, const Tensor& output) {
  if (target.count() != output.rank) return false;
  const int32_t* dims = target.as<int32_t>();
  int32_t open = 0;
  for (int32_t i = 0; i < output.rank; ++i) {
    if (dims[i] == -1) {
      ++open;
    } else if (dims[i] != output.dim(i)) {
      return false;
    }
  }
  return open <= 1;
}

// The option new_shape repeats the output's shape, which decides; a constant operand must agree with it.
Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor target = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(input.count() == output.count(), kBadShape);
  ARENITE_CHECK(!target.constant || matches(target, output), kBadShape);
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) { return eval_copy(node); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(reshape);
