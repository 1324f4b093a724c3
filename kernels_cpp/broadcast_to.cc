// BROADCAST_TO: axes of size 1 repeated until the operand has the shape that the constant operand 1 states.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor target = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(target.constant, kBadOption);
  ARENITE_CHECK(target.count() == output.rank && input.rank <= output.rank, kBadShape);
  const IndexList dims(target);
  for (int32_t i = 0; i < output.rank; ++i) {
    ARENITE_CHECK(dims[output.rank - 1 - i] == output.back(i), kBadShape);
    ARENITE_CHECK(input.back(i) == 1 || input.back(i) == output.back(i), kBadShape);
  }
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  CopyLoops loops;
  for (int32_t i = output.rank - 1; i >= 0; --i) {
    const int32_t step = input.back(i) == 1 ? 0 : pitch(input, input.rank - 1 - i);
    loops.add(output.back(i), step, pitch(output, output.rank - 1 - i));
  }
  copy_strided(loops, input.as<uint8_t>(), output.as<uint8_t>(), element_bytes(input));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(broadcast_to);
