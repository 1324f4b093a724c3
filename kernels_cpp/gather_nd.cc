// GATHER_ND: the parts of operand 0 whose leading indices stand along the last axis of operand 1.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor indices = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(indices.rank >= 1 && indices.back(0) >= 1 && indices.back(0) <= input.rank, kBadShape);
  const int32_t depth = indices.back(0);
  ARENITE_CHECK(output.rank == indices.rank - 1 + input.rank - depth, kBadShape);
  for (int32_t i = 0; i < output.rank; ++i) {
    const int32_t listed = indices.rank - 1;
    ARENITE_CHECK(output.dim(i) == (i < listed ? indices.dim(i) : input.dim(i - listed + depth)), kBadShape);
  }
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor indices = node.input(1);
  const int32_t depth = indices.back(0);
  const int32_t bytes = pitch(input, depth - 1);
  const IndexList list(indices);
  uint8_t* out = node.output(0).as<uint8_t>();
  for (int32_t i = 0; i < indices.count() / depth; ++i, out += bytes) {
    int32_t offset = 0;
    for (int32_t axis = 0; axis < depth; ++axis) {
      const int32_t index = list[i * depth + axis];
      ARENITE_CHECK(index >= 0 && index < input.dim(axis), kBadValue);
      offset += index * pitch(input, axis);
    }
    copy_chunks(input.as<uint8_t>() + offset, 0, out, 0, bytes, 1);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(gather_nd);
