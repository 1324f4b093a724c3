// PRELU: x, or alpha * x where x is negative; alpha broadcasts to x. int8 and int16: each side has its multiplier;
// slopes of int16 elements may be int8.
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

// Elements of T with slopes of type Slope.
template <typename T, typename Slope>
struct PreluCodes {
  Multiplier positive;
  Multiplier negative;
  int32_t zero_in;
  int32_t zero_alpha;
  int32_t zero_out;

  PreluCodes(const Tensor& input, const Tensor& alpha, const Tensor& output)
      : positive(quantize_ratio(input.scale(), 1.0f, output.scale())),
        negative(quantize_ratio(input.scale(), alpha.scale(), output.scale())),
        zero_in(input.zero_point),
        zero_alpha(alpha.zero_point),
        zero_out(output.zero_point) {}
  T operator()(T q, Slope slope) const {
    const int32_t x = q - zero_in;
    int32_t product = x * (slope - zero_alpha);
    // Only products with int16 slopes are so large that a left shift could wrap.
    if (sizeof(Slope) > 1 && negative.shift > 0) {
      product = clamp(product, -(INT32_MAX >> negative.shift), INT32_MAX >> negative.shift);
    }
    const int32_t steps =
        x >= 0 ? multiply_by_quantized_multiplier(x, positive) : multiply_by_quantized_multiplier(product, negative);
    constexpr int32_t kLow = sizeof(T) == 1 ? INT8_MIN : INT16_MIN;
    return static_cast<T>(zero_out + clamp(steps, kLow - zero_out, -1 - kLow - zero_out));
  }
};

template <typename T, typename Slope>
void eval_codes(const Node& node) {
  const PreluCodes<T, Slope> function(node.input(0), node.input(1), node.output(0));
  for (BroadcastWalk walk(node); walk.next();) {
    const BroadcastRun<T> run = walk.run<T>();
    const Slope* slopes = reinterpret_cast<const Slope*>(run.b);
    for (int32_t i = 0; i < run.count; ++i) run.out[i] = function(run.a[i * run.step_a], slopes[i * run.step_b]);
  }
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor alpha = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(same_shape(input, output) && broadcasts(input, alpha, output), kBadShape);
  ARENITE_CHECK(is_scaled(input) && is_scaled(alpha) && is_scaled(output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  if (is_float(node.output(0))) {
    for (BroadcastWalk walk(node); walk.next();) {
      for_each_pair(walk.run<float>(), [](float x, float alpha) { return x >= 0.0f ? x : x * alpha; });
    }
  } else if (is_int16(node.output(0))) {
    node.input(1).type == Type::kInt8 ? eval_codes<int16_t, int8_t>(node) : eval_codes<int16_t, int16_t>(node);
  } else {
    eval_codes<int8_t, int8_t>(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(prelu);
