// SELECT_V2: operand 1 where operand 0 is true, else operand 2; all three broadcast.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/selection.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor output = node.output(0);
  int32_t rank = 0;
  for (int32_t i = 0; i < 3; ++i) rank = node.input(i).rank > rank ? node.input(i).rank : rank;
  ARENITE_CHECK(output.rank == rank, kBadShape);
  for (int32_t axis = 0; axis < rank; ++axis) {
    int32_t size = 1;
    for (int32_t i = 0; i < 3; ++i) {
      const int32_t own = node.input(i).back(axis);
      ARENITE_CHECK(own == 1 || size == 1 || own == size, kBadShape);
      size = size == 1 ? own : size;
    }
    ARENITE_CHECK(output.back(axis) == size, kBadShape);
  }
  ARENITE_CHECK(keeps_grid(node.input(1), output) && keeps_grid(node.input(2), output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ConditionSteps steps = {};
  for (int32_t axis = 0; axis < node.output(0).rank; ++axis) steps.of[axis] = broadcast_step(node.input(0), axis);
  return select_elements(node, steps);
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(select_v2);
