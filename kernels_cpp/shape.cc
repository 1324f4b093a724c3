// SHAPE: the operand's dimensions, int32.
#include "kernels_cpp/shape.h"

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
  int32_t* out = node.output(0).as<int32_t>();
  for (int32_t i = 0; i < input.rank; ++i) out[i] = input.dim(i);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(shape);
