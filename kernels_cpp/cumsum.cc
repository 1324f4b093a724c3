// CUMSUM: running sums along one constant axis, from either end, with or without the element itself. int8 and
// int16 in the output's own scale; int32 and int64 wrap.
#include "kernels_cpp/code_sum.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

namespace Options = format::CumsumOptions;

int32_t axis_of(const Node& node) { return resolved_axis(node.input(1).as<int32_t>()[0], node.input(0).rank); }

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor axis = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(axis.constant && axis.count() == 1 && axis_of(node) >= 0, kBadOption);
  ARENITE_CHECK(same_shape(input, output), kBadShape);
  if (input.type != Type::kInt8 && !is_int16(input)) return Status::kOk;
  ARENITE_CHECK(CodeSum::fits(input, output), kBadQuantization);
  const int32_t longest = is_int16(input) ? 1 << 16 : 1 << 23;  // 32,768 or 255 steps of each fit 31 bits
  ARENITE_CHECK(input.dim(axis_of(node)) < longest, kLimitExceeded);
  return Status::kOk;
}

// One line of elements, `step` apart, from its first element in the order of summing.
template <typename T, typename Acc, typename Finish>
void sum_line(const T* in, T* out, int32_t size, int32_t step, bool exclusive, Acc zero, Finish finish) {
  Acc sum = 0;
  for (int32_t i = 0; i < size; ++i, in += step, out += step) {
    const Acc next = sum + static_cast<Acc>(static_cast<Acc>(*in) - zero);
    *out = finish(exclusive ? sum : next);
    sum = next;
  }
}

// Acc: T, or its unsigned partner, in which sums wrap. `zero` counts as nothing.
template <typename T, typename Acc, typename Finish>
void sum_lines(const Node& node, Acc zero, Finish finish) {
  const Tensor input = node.input(0);
  const int32_t axis = axis_of(node);
  const int32_t size = input.dim(axis);
  const int32_t inner = pitch(input, axis) / element_bytes(input);
  const bool exclusive = node.option_i8(Options::exclusive, 0) != 0;
  const bool reverse = node.option_i8(Options::reverse, 0) != 0;
  const int32_t first = reverse ? (size - 1) * inner : 0;
  const int32_t step = reverse ? -inner : inner;
  const int32_t count = input.count();
  for (int32_t block = 0; block < count; block += size * inner) {
    for (int32_t i = 0; i < inner; ++i) {
      const int32_t begin = block + first + i;
      sum_line(input.as<T>() + begin, node.output(0).as<T>() + begin, size, step, exclusive, zero, finish);
    }
  }
}

template <typename T>
void sum_codes(const Node& node) {
  const Tensor input = node.input(0);
  const CodeSum code_sum(input, node.output(0));
  sum_lines<T>(node, int32_t{input.zero_point}, [=](int32_t sum) { return code_sum.code<T>(sum); });
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  if (is_float(input)) {
    sum_lines<float>(node, 0.0f, [](float sum) { return sum; });
  } else if (input.type == Type::kInt32) {
    sum_lines<int32_t>(node, uint32_t{0}, [](uint32_t sum) { return static_cast<int32_t>(sum); });
  } else if (input.type == Type::kInt64) {
    sum_lines<int64_t>(node, uint64_t{0}, [](uint64_t sum) { return static_cast<int64_t>(sum); });
  } else if (is_int16(input)) {
    sum_codes<int16_t>(node);
  } else {
    sum_codes<int8_t>(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(cumsum);
