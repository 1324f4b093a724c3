// SELECT_V2: operand 1 where operand 0 is true, else operand 2; all three broadcast.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

// Bytes from one index of an axis, counted from the right, to the next; 0 when the operand repeats its one element.
int32_t step(const Tensor& operand, int32_t from_end) {
  return operand.back(from_end) == 1 ? 0 : pitch(operand, operand.rank - 1 - from_end);
}

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
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor operands[3] = {node.input(0), node.input(1), node.input(2)};
  const Tensor output = node.output(0);
  const int32_t element = element_bytes(output);
  const uint8_t* in[3] = {operands[0].as<uint8_t>(), operands[1].as<uint8_t>(), operands[2].as<uint8_t>()};
  uint8_t* out = output.as<uint8_t>();
  int32_t index[kMaxRank] = {};
  for (int32_t n = output.count(); n > 0; --n, out += element) {
    copy_chunks(*in[0] != 0 ? in[1] : in[2], 0, out, 0, element, 1);
    for (int32_t axis = 0; axis < output.rank; ++axis) {
      for (int32_t i = 0; i < 3; ++i) in[i] += step(operands[i], axis);
      if (++index[axis] < output.back(axis)) break;
      for (int32_t i = 0; i < 3; ++i) in[i] -= output.back(axis) * step(operands[i], axis);
      index[axis] = 0;
    }
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(select_v2);
