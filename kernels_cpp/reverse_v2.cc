// REVERSE_V2: the axes that the constant operand 1 lists, backwards.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor axes = node.input(1);
  ARENITE_CHECK(axes.constant, kBadOption);
  uint32_t seen = 0;
  for (int32_t i = 0; i < axes.count(); ++i) {
    const int32_t axis = resolved_axis(axes.as<int32_t>()[i], input.rank);
    ARENITE_CHECK(axis >= 0 && (seen >> axis & 1) == 0, kBadOption);
    seen |= 1u << axis;
  }
  ARENITE_CHECK(same_shape(input, node.output(0)), kBadShape);
  ARENITE_CHECK(keeps_grid(input, node.output(0)), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const Tensor axes = node.input(1);
  if (output.count() == 0) return Status::kOk;
  uint32_t backwards = 0;
  for (int32_t i = 0; i < axes.count(); ++i) backwards |= 1u << resolved_axis(axes.as<int32_t>()[i], input.rank);
  CopyLoops loops;
  const uint8_t* in = input.as<uint8_t>();
  for (int32_t i = 0; i < input.rank; ++i) {
    const int32_t step = pitch(input, i);
    const bool reversed = (backwards >> i & 1) != 0;
    if (reversed) in += static_cast<ptrdiff_t>(input.dim(i) - 1) * step;
    loops.add(input.dim(i), reversed ? -step : step, step);
  }
  copy_strided(loops, in, output.as<uint8_t>(), element_bytes(input));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(reverse_v2);
