// SELECT: operand 1 where operand 0 is true, else operand 2, of one shape. The condition has this shape, or is one
// value for all, or one for each index of the outermost axis.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/selection.h"

namespace arenite {
namespace {

bool condition_fits(const Tensor& condition, const Tensor& output) {
  if (condition.rank == 0 || same_shape(condition, output)) return true;
  return condition.rank == 1 && output.rank > 0 && condition.dim(0) == output.dim(0);
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor output = node.output(0);
  ARENITE_CHECK(same_shape(node.input(1), output) && same_shape(node.input(2), output), kBadShape);
  ARENITE_CHECK(condition_fits(node.input(0), output), kBadShape);
  ARENITE_CHECK(keeps_grid(node.input(1), output) && keeps_grid(node.input(2), output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  const Tensor condition = node.input(0);
  const Tensor output = node.output(0);
  ConditionSteps steps = {};
  if (condition.rank == output.rank) {
    for (int32_t axis = 0; axis < output.rank; ++axis) steps.of[axis] = broadcast_step(condition, axis);
  } else if (condition.rank == 1) {
    steps.of[output.rank - 1] = 1;
  }
  return select_elements(node, steps);
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(select);
