// ONE_HOT: operand 2 at the places that operand 0 lists along a new axis of size operand 1, operand 3 elsewhere. An
// index outside of the axis marks no place.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

// The new axis in [0, rank of the result); -1, the option's way to say last, and nothing else counts from the end.
int32_t axis_of(const Node& node) {
  const int32_t axis = node.option_i32(format::OneHotOptions::axis, 0);
  return axis == -1 ? node.input(0).rank : axis;
}

bool shape_fits(const Tensor& indices, int32_t depth, int32_t axis, const Tensor& output) {
  if (axis < 0 || axis >= output.rank || output.dim(axis) != depth) return false;
  return same_but_axis(output, indices, axis, true);
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor indices = node.input(0);
  const Tensor depth = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(depth.constant && depth.count() == 1, kBadOption);
  ARENITE_CHECK(axis_of(node) >= 0 && axis_of(node) <= indices.rank, kBadOption);
  ARENITE_CHECK(shape_fits(indices, depth.as<int32_t>()[0], axis_of(node), output), kBadShape);
  ARENITE_CHECK(node.input(2).count() == 1 && node.input(3).count() == 1, kBadShape);
  ARENITE_CHECK(keeps_grid(node.input(2), output) && keeps_grid(node.input(3), output), kBadQuantization);
  return Status::kOk;
}

int64_t index_at(const Tensor& indices, int32_t i) {
  return indices.type == Type::kInt64 ? indices.as<int64_t>()[i] : int64_t{indices.as<int32_t>()[i]};
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor indices = node.input(0);
  const Tensor output = node.output(0);
  const int32_t element = element_bytes(output);
  const int32_t axis = axis_of(node);
  const int32_t depth = output.dim(axis);
  const int32_t step = pitch(output, axis);  // bytes
  const uint8_t* const on = node.input(2).as<uint8_t>();
  uint8_t* const out = output.as<uint8_t>();
  fill_elements(node.input(3).as<uint8_t>(), out, element, output.count());
  const int32_t inner = step / element;
  for (int32_t i = 0, n = indices.count(); i < n; ++i) {
    const int64_t index = index_at(indices, i);
    if (index < 0 || index >= depth) continue;
    const int32_t place = (i / inner * depth + static_cast<int32_t>(index)) * inner + i % inner;
    copy_chunks(on, 0, out + place * element, 0, element, 1);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(one_hot);
