// PADV2: the operand with constant paddings [rank, 2] (before, after) that hold the value of operand 2.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor paddings = node.input(1);
  const Tensor value = node.input(2);
  const Tensor output = node.output(0);
  ARENITE_CHECK(paddings.constant, kBadOption);
  ARENITE_CHECK(paddings.count() == 2 * input.rank && output.rank == input.rank && value.count() == 1, kBadShape);
  const IndexList pads(paddings);
  for (int32_t i = 0; i < input.rank; ++i) {
    const int32_t before = pads[2 * i];
    const int32_t after = pads[2 * i + 1];
    ARENITE_CHECK(before >= 0 && after >= 0, kBadOption);
    ARENITE_CHECK(int64_t{input.dim(i)} + before + after == output.dim(i), kBadShape);
  }
  ARENITE_CHECK(keeps_grid(input, output) && keeps_grid(value, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const IndexList pads(node.input(1));
  uint8_t* out = output.as<uint8_t>();
  fill_elements(node.input(2).as<uint8_t>(), out, element_bytes(output), output.count());
  CopyLoops loops;
  for (int32_t i = 0; i < input.rank; ++i) {
    out += static_cast<ptrdiff_t>(pads[2 * i]) * pitch(output, i);
    loops.add(input.dim(i), pitch(input, i), pitch(output, i));
  }
  copy_strided(loops, input.as<uint8_t>(), out, element_bytes(input));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(padv2);
