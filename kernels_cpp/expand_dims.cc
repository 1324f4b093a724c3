// EXPAND_DIMS: the same elements with a new axis of size 1 at the constant operand 1.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_CHECK(node.input(1).constant && node.input(1).count() == 1, kBadOption);
  const int32_t axis = resolved_axis(IndexList(node.input(1))[0], input.rank + 1);
  ARENITE_CHECK(axis >= 0, kBadOption);
  ARENITE_CHECK(output.rank == input.rank + 1 && output.dim(axis) == 1, kBadShape);
  ARENITE_CHECK(same_but_axis(output, input, axis, true), kBadShape);
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) { return eval_copy(node); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(expand_dims);
