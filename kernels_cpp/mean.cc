// MEAN over constant axes. Plain integers round towards zero. int8 and int16 as in TFLite: the division by the element
// count is folded into the multiplier.
#include "kernels_cpp/reduction.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_sum(node); }

// m / count as TFLite folds it: count is normalized by a shift, and the quotient of the mantissas truncated.
Multiplier divided(Multiplier m, int32_t count) {
  int32_t shift = 31 - __builtin_clz(static_cast<uint32_t>(count));
  if (shift > 31 + m.shift) shift = 31 + m.shift;
  const uint32_t divisor = static_cast<uint32_t>(count);
  uint32_t quotient = static_cast<uint32_t>(m.multiplier) / divisor;
  uint32_t rest = static_cast<uint32_t>(m.multiplier) % divisor;
  for (int32_t i = 0; i < shift; ++i) {  // long division: (multiplier << shift) / count
    rest <<= 1;
    quotient <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1;
    }
  }
  return {static_cast<int32_t>(quotient), m.shift - shift};
}

void eval_codes(const Node& node, const Reduction& loops) {
  const Tensor input = node.input(0);
  const Multiplier m = divided(quantize_ratio(input.scale(), 1.0f, node.output(0).scale()), loops.reduced.count());
  if (is_int16(input)) {
    sum_s16(node, loops, m);
  } else {
    sum_s8(node, loops, m);
  }
}

void eval_f32(const Node& node, const Reduction& loops) {
  const float count = static_cast<float>(loops.reduced.count());
  reduce(
      loops, node.input(0).as<float>(), node.output(0).as<float>(), 0.0f, [](float sum, float x) { return sum + x; },
      [=](float sum) { return sum / count; });
}

template <typename T>
void eval_integers(const Node& node, const Reduction& loops) {
  const int64_t count = loops.reduced.count();
  reduce(
      loops, node.input(0).as<T>(), node.output(0).as<T>(), uint64_t{0},
      [](uint64_t sum, T x) { return sum + static_cast<uint64_t>(int64_t{x}); },
      [=](uint64_t sum) { return static_cast<T>(static_cast<int64_t>(sum) / count); });
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);  // rows are what it sums over
  const Reduction loops(node);
  if (is_float(node.input(0))) {
    eval_f32(node, loops);
  } else if (is_integer(node.input(0))) {
    node.input(0).type == Type::kInt64 ? eval_integers<int64_t>(node, loops) : eval_integers<int32_t>(node, loops);
  } else {
    eval_codes(node, loops);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(mean);
