// PRELU: x, or alpha * x where x is negative; alpha broadcasts to x. int8: each side has its multiplier.
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

struct PreluS8 {
  Multiplier positive;
  Multiplier negative;
  int32_t zero_in;
  int32_t zero_alpha;
  int32_t zero_out;

  PreluS8(const Tensor& input, const Tensor& alpha, const Tensor& output)
      : positive(quantize_ratio(input.scale(), 1.0f, output.scale())),
        negative(quantize_ratio(input.scale(), alpha.scale(), output.scale())),
        zero_in(input.zero_point),
        zero_alpha(alpha.zero_point),
        zero_out(output.zero_point) {}
  int8_t operator()(int8_t q, int8_t slope) const {
    const int32_t x = q - zero_in;
    const int32_t steps = x >= 0 ? multiply_by_quantized_multiplier(x, positive)
                                 : multiply_by_quantized_multiplier(x * (slope - zero_alpha), negative);
    return static_cast<int8_t>(zero_out + clamp(steps, INT8_MIN - zero_out, INT8_MAX - zero_out));
  }
};

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor alpha = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(same_shape(input, output) && broadcasts(input, alpha, output), kBadShape);
  ARENITE_CHECK(scaled_if_int8(input) && scaled_if_int8(alpha) && scaled_if_int8(output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  if (is_float(node.output(0))) {
    for (BroadcastWalk walk(node); walk.next();) {
      for_each_pair(walk.run<float>(), [](float x, float alpha) { return x >= 0.0f ? x : x * alpha; });
    }
    return Status::kOk;
  }
  const PreluS8 function(node.input(0), node.input(1), node.output(0));
  for (BroadcastWalk walk(node); walk.next();) for_each_pair(walk.run<int8_t>(), function);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(prelu);
