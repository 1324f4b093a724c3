// TRANSPOSE: axis i of the result is axis permutation[i] of the operand.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor permutation = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(permutation.constant, kBadOption);
  ARENITE_CHECK(permutation.count() == input.rank && output.rank == input.rank, kBadShape);
  uint32_t seen = 0;
  for (int32_t i = 0; i < input.rank; ++i) {
    const int32_t axis = resolved_axis(permutation.as<int32_t>()[i], input.rank);
    ARENITE_CHECK(axis >= 0 && (seen >> axis & 1) == 0, kBadOption);
    seen |= 1u << axis;
    ARENITE_CHECK(output.dim(i) == input.dim(axis), kBadShape);
  }
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const int32_t* permutation = node.input(1).as<int32_t>();
  CopyLoops loops;
  for (int32_t i = 0; i < output.rank; ++i) {
    loops.add(output.dim(i), pitch(input, resolved_axis(permutation[i], input.rank)), pitch(output, i));
  }
  copy_strided(loops, input.as<uint8_t>(), output.as<uint8_t>(), element_bytes(input));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(transpose);
