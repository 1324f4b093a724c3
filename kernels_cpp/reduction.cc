#include "kernels_cpp/reduction.h"

namespace arenite {
namespace {

// Bit i set: axis i is reduced. False when an axis is out of range.
bool read_axes(const Tensor& axes, int32_t rank, uint32_t* mask) {
  *mask = 0;
  for (int32_t i = 0; i < axes.count(); ++i) {
    const int32_t axis = axes.as<int32_t>()[i];
    if (axis < -rank || axis >= rank) return false;
    *mask |= 1u << (axis < 0 ? axis + rank : axis);
  }
  return true;
}

bool shape_fits(const Tensor& input, const Tensor& output, uint32_t mask, bool keep_dims) {
  int32_t out_axis = 0;
  for (int32_t i = 0; i < input.rank; ++i) {
    const bool reduced = (mask >> i & 1) != 0;
    if (reduced && !keep_dims) continue;
    if (out_axis >= output.rank || output.dim(out_axis) != (reduced ? 1 : input.dim(i))) return false;
    ++out_axis;
  }
  return out_axis == output.rank;
}

}  // namespace

Reduction::Reduction(const Node& node) {
  const Tensor input = node.input(0);
  uint32_t mask;
  (void)read_axes(node.input(1), input.rank, &mask);  // prepare has seen it succeed
  for (int32_t i = 0; i < input.rank; ++i) {
    int32_t step = 1;
    for (int32_t inner = i + 1; inner < input.rank; ++inner) step *= input.dim(inner);
    ((mask >> i & 1) != 0 ? reduced : kept).add(input.dim(i), step);
  }
}

Status check_reduction(const Node& node) {
  const Tensor input = node.input(0);
  const Tensor axes = node.input(1);
  const Tensor output = node.output(0);
  uint32_t mask;
  ARENITE_CHECK(axes.constant, kBadOption);
  ARENITE_CHECK(read_axes(axes, input.rank, &mask), kBadOption);
  const bool keep_dims = node.option_i8(format::ReducerOptions::keep_dims, 0) != 0;
  ARENITE_CHECK(shape_fits(input, output, mask, keep_dims), kBadShape);
  ARENITE_CHECK(input.count() > 0, kBadShape);
  ARENITE_CHECK(is_scaled(input) && is_scaled(output), kBadQuantization);
  return Status::kOk;
}

Status check_sum(const Node& node) {
  ARENITE_TRY(check_reduction(node));
  const Tensor input = node.input(0);
  const int32_t terms = input.count() / node.output(0).count();
  ARENITE_CHECK(input.type != Type::kInt8 || terms < (1 << 23), kLimitExceeded);
  ARENITE_CHECK(!is_int16(input) || terms < (1 << 15), kLimitExceeded);
  return Status::kOk;
}

template <typename T>
static void sum_codes(const Node& node, const Reduction& loops, Multiplier m, int32_t low, int32_t high) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const int32_t offset = input.zero_point * loops.reduced.count();
  const int32_t zero_out = output.zero_point;
  reduce(
      loops, input.as<T>(), output.as<T>(), int32_t{0}, [](int32_t sum, T x) { return sum + x; },
      [=](int32_t sum) {
        const int32_t steps = multiply_by_quantized_multiplier(sum - offset, m);
        return static_cast<T>(zero_out + clamp(steps, low - zero_out, high - zero_out));
      });
}

void sum_s8(const Node& node, const Reduction& loops, Multiplier m) {
  sum_codes<int8_t>(node, loops, m, INT8_MIN, INT8_MAX);
}

void sum_s16(const Node& node, const Reduction& loops, Multiplier m) {
  sum_codes<int16_t>(node, loops, m, INT16_MIN, INT16_MAX);
}

}  // namespace arenite
