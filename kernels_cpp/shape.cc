// SHAPE: the operand's dimensions, int32 or int64.
#include "kernels_cpp/shape.h"

#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor output = node.output(0);
  ARENITE_CHECK(output.rank == 1 && output.dim(0) == node.input(0).rank, kBadShape);
  ARENITE_CHECK(scaled_if_int8(node.input(0)), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  for (int32_t i = 0; i < input.rank; ++i) put_index(output, i, input.dim(i));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(shape);
