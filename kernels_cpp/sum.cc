// SUM over constant axes. int8 and int16 in the output's own scale, one rescaling at the end; plain integers wrap.
#include "kernels_cpp/reduction.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_sum(node); }

// Acc: T, or its unsigned partner, in which sums wrap.
template <typename T, typename Acc>
void eval_type(const Node& node, const Reduction& loops) {
  reduce(
      loops, node.input(0).as<T>(), node.output(0).as<T>(), Acc{0},
      [](Acc sum, T x) { return sum + static_cast<Acc>(x); }, [](Acc sum) { return static_cast<T>(sum); });
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Reduction loops(node);
  if (is_float(input)) {
    eval_type<float, float>(node, loops);
  } else if (input.type == Type::kInt32) {
    eval_type<int32_t, uint32_t>(node, loops);
  } else if (input.type == Type::kInt64) {
    eval_type<int64_t, uint64_t>(node, loops);
  } else if (is_int16(input)) {
    sum_s16(node, loops, quantize_ratio(input.scale(), 1.0f, node.output(0).scale()));
  } else {
    sum_s8(node, loops, quantize_ratio(input.scale(), 1.0f, node.output(0).scale()));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(sum);
