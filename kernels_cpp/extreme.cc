#include "kernels_cpp/extreme.h"

namespace arenite {
namespace {

// The axis in [0, rank), or -1.
int32_t axis_of(const Tensor& input, const Tensor& axis) {
  const int32_t value = axis.as<int32_t>()[0];
  if (value < -input.rank || value >= input.rank) return -1;
  return value < 0 ? value + input.rank : value;
}

bool shape_fits(const Tensor& input, int32_t axis, const Tensor& output) {
  if (output.rank != input.rank - 1) return false;
  for (int32_t i = 0; i < output.rank; ++i) {
    if (output.dim(i) != input.dim(i < axis ? i : i + 1)) return false;
  }
  return true;
}

}  // namespace

ArgAxis::ArgAxis(const Node& node) {
  const Tensor input = node.input(0);
  const int32_t axis = axis_of(input, node.input(1));
  for (int32_t i = 0; i < input.rank; ++i) (i < axis ? outer : i == axis ? size : inner) *= input.dim(i);
}

Status check_arg(const Node& node) {
  const Tensor input = node.input(0);
  const Tensor axis = node.input(1);
  ARENITE_CHECK(axis.constant && axis.count() == 1, kBadOption);
  const int32_t index = axis_of(input, axis);
  ARENITE_CHECK(index >= 0, kBadOption);
  ARENITE_CHECK(shape_fits(input, index, node.output(0)), kBadShape);
  ARENITE_CHECK(input.count() > 0, kBadShape);
  ARENITE_CHECK(scaled_if_int8(input), kBadQuantization);
  return Status::kOk;
}

}  // namespace arenite
