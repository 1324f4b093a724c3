// PACK: tensors of one shape side by side along a new axis.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

int32_t axis_of(const Node& node) {
  return resolved_axis(node.option_i32(format::PackOptions::axis, 0), node.output(0).rank);
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor output = node.output(0);
  const int32_t axis = axis_of(node);
  ARENITE_CHECK(axis >= 0, kBadOption);
  ARENITE_CHECK(node.option_i32(format::PackOptions::values_count, 0) == node.input_count(), kBadArity);
  ARENITE_CHECK(output.dim(axis) == node.input_count(), kBadShape);
  for (int32_t i = 0; i < node.input_count(); ++i) {
    ARENITE_CHECK(same_but_axis(output, node.input(i), axis, true), kBadShape);
    ARENITE_CHECK(keeps_grid(node.input(i), output), kBadQuantization);
  }
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor output = node.output(0);
  if (output.count() == 0) return Status::kOk;
  const int32_t axis = axis_of(node);
  const int32_t bytes = pitch(output, axis);
  const int32_t pitch_out = pitch(output, axis - 1);
  const int32_t count = pitch(output, -1) / pitch_out;
  uint8_t* out = output.as<uint8_t>();
  for (int32_t i = 0; i < node.input_count(); ++i, out += bytes) {
    copy_chunks(node.input(i).as<uint8_t>(), bytes, out, pitch_out, bytes, count);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(pack);
