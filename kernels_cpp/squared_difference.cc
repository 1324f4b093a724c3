// SQUARED_DIFFERENCE: (a - b)^2 with broadcasting. int8 as in TFLite: both operands are brought to half the larger
// scale with 7 bits of fraction, subtracted, squared, and scaled to the output; every step rounds.
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

constexpr int32_t kFractionBits = 7;  // 255^2 * 2^14 fits 31 bits

Multiplier shifted_down(Multiplier real, int32_t by) {
  return real.shift - by < -31 ? Multiplier{0, -1} : Multiplier{real.multiplier, real.shift - by};
}

struct SquaredDifferenceS8 {
  Multiplier scale_a;
  Multiplier scale_b;
  Multiplier scale_out;
  int32_t zero_a;
  int32_t zero_b;
  int32_t zero_out;

  // The square has the scale (2 * wide)^2 / 2^14.
  SquaredDifferenceS8(const Tensor& a, const Tensor& b, const Tensor& output, float wide)
      : scale_a(shifted_down(quantize_ratio(a.scale(), 1.0f, wide), 1)),
        scale_b(shifted_down(quantize_ratio(b.scale(), 1.0f, wide), 1)),
        scale_out(shifted_down(quantize_ratio(wide, wide, output.scale()), 2 * kFractionBits - 2)),
        zero_a(a.zero_point),
        zero_b(b.zero_point),
        zero_out(output.zero_point) {}
  int8_t operator()(int8_t a, int8_t b) const {
    const int32_t difference = multiply_by_quantized_multiplier((a - zero_a) * (1 << kFractionBits), scale_a) -
                               multiply_by_quantized_multiplier((b - zero_b) * (1 << kFractionBits), scale_b);
    const int32_t steps = multiply_by_quantized_multiplier(difference * difference, scale_out);
    return static_cast<int8_t>(zero_out + clamp(steps, INT8_MIN - zero_out, INT8_MAX - zero_out));
  }
};

float wider(const Tensor& a, const Tensor& b) { return a.scale() < b.scale() ? b.scale() : a.scale(); }

Status prepare(const Node& node, uint32_t*) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(broadcasts(a, b, output), kBadShape);
  if (output.type != Type::kInt8) return Status::kOk;
  ARENITE_CHECK(scaled_if_int8(a) && scaled_if_int8(b) && scaled_if_int8(output), kBadQuantization);
  // The square's factor must stay below 1: no output scale 2^12 times finer than the operands' square.
  const int32_t shift = quantize_ratio(wider(a, b), wider(a, b), output.scale()).shift;
  ARENITE_CHECK(shift <= 2 * kFractionBits - 2, kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  if (is_float(a)) {
    for (BroadcastWalk walk(node); walk.next();) {
      for_each_pair(walk.run<float>(), [](float x, float y) { return (x - y) * (x - y); });
    }
    return Status::kOk;
  }
  const SquaredDifferenceS8 function(a, b, node.output(0), wider(a, b));
  for (BroadcastWalk walk(node); walk.next();) for_each_pair(walk.run<int8_t>(), function);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(squared_difference);
