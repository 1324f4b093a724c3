// ADD_N: the sum of any number of operands of one shape. int8: of one scale, too.
#include "kernels_cpp/code_sum.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor first = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_CHECK(node.input_count() < (1 << 23), kLimitExceeded);  // 255 steps of each fit 31 bits
  for (int32_t i = 0; i < node.input_count(); ++i) {
    ARENITE_CHECK(same_shape(node.input(i), output), kBadShape);
    ARENITE_CHECK(same_quantization(node.input(i), first), kBadQuantization);
  }
  ARENITE_CHECK(output.type != Type::kInt8 || CodeSum::fits(first, output), kBadQuantization);
  return Status::kOk;
}

// Acc: T, or its unsigned partner, in which sums wrap. Terms are added in the order of the operands.
template <typename T, typename Acc, typename Finish>
void add(const Node& node, Acc start, Finish finish) {
  constexpr int32_t kBlock = 32;  // sums at once, on the stack
  const Tensor output = node.output(0);
  for (int32_t begin = 0, count = output.count(); begin < count; begin += kBlock) {
    const int32_t n = count - begin < kBlock ? count - begin : kBlock;
    Acc sums[kBlock];
    for (Acc& sum : sums) sum = start;
    for (int32_t k = 0; k < node.input_count(); ++k) {
      const T* const in = node.input(k).as<T>() + begin;
      for (int32_t i = 0; i < n; ++i) sums[i] += static_cast<Acc>(in[i]);
    }
    for (int32_t i = 0; i < n; ++i) output.as<T>()[begin + i] = finish(sums[i]);
  }
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor output = node.output(0);
  if (is_float(output)) {
    add<float>(node, 0.0f, [](float sum) { return sum; });
  } else if (output.type == Type::kInt32) {
    add<int32_t>(node, uint32_t{0}, [](uint32_t sum) { return static_cast<int32_t>(sum); });
  } else {
    const Tensor input = node.input(0);
    const CodeSum code_sum(input, output);
    add<int8_t>(node, -node.input_count() * input.zero_point, [=](int32_t sum) { return code_sum.code<int8_t>(sum); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(add_n);
