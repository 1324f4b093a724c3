// SQUARED_DIFFERENCE: (a - b)^2 with broadcasting. int8 and int16 as in TFLite: both operands are brought to half
// the larger scale (int8: with 7 bits of fraction), subtracted, squared, and scaled to the output; every step rounds.
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/integers.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

// Of the difference: 255^2 * 2^14 and 2^30 fit 31 bits.
template <typename T>
constexpr int32_t kFractionBits = 0;
template <>
constexpr int32_t kFractionBits<int8_t> = 7;

// real * 2^-by, flushed to zero as TFLite's QuantizeMultiplier does.
Multiplier shifted_down(Multiplier real, int32_t by) {
  return real.shift - by < -31 ? Multiplier{0, -1} : Multiplier{real.multiplier, real.shift - by};
}

template <typename T>
struct SquaredDifference {
  static constexpr int32_t kLow = sizeof(T) == 1 ? INT8_MIN : INT16_MIN;
  static constexpr int32_t kHigh = -1 - kLow;
  Multiplier scale_a;
  Multiplier scale_b;
  Multiplier scale_out;
  int32_t zero_a;
  int32_t zero_b;
  int32_t zero_out;

  // The square has the scale (2 * wide)^2 / 2^(2 * bits).
  SquaredDifference(const Tensor& a, const Tensor& b, const Tensor& output, float wide)
      : scale_a(shifted_down(quantize_ratio(a.scale(), 1.0f, wide), 1)),
        scale_b(shifted_down(quantize_ratio(b.scale(), 1.0f, wide), 1)),
        scale_out(shifted_down(quantize_ratio(wide, wide, output.scale()), 2 * kFractionBits<T> - 2)),
        zero_a(a.zero_point),
        zero_b(b.zero_point),
        zero_out(output.zero_point) {}
  T operator()(T a, T b) const {
    const int32_t difference = multiply_by_quantized_multiplier((a - zero_a) * (1 << kFractionBits<T>), scale_a) -
                               multiply_by_quantized_multiplier((b - zero_b) * (1 << kFractionBits<T>), scale_b);
    const int32_t steps = multiply_by_quantized_multiplier(difference * difference, scale_out);
    return static_cast<T>(zero_out + clamp(steps, kLow - zero_out, kHigh - zero_out));
  }
};

float wider(const Tensor& a, const Tensor& b) { return a.scale() < b.scale() ? b.scale() : a.scale(); }

Status prepare(const Node& node, uint32_t*) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(broadcasts(a, b, output), kBadShape);
  if (output.type != Type::kInt8 && !is_int16(output)) return Status::kOk;
  ARENITE_CHECK(is_scaled(a) && is_scaled(b) && is_scaled(output), kBadQuantization);
  // The square's factor must stay below 1: no output scale 2^12 times (int16: 1/4) finer than the operands' square.
  const int32_t bits = is_int16(output) ? kFractionBits<int16_t> : kFractionBits<int8_t>;
  ARENITE_CHECK(quantize_ratio(wider(a, b), wider(a, b), output.scale()).shift <= 2 * bits - 2, kBadQuantization);
  return Status::kOk;
}

template <typename T, typename Function>
void eval_as(const Node& node, const Function& function) {
  for (BroadcastWalk walk(node); walk.next();) for_each_pair(walk.run<T>(), function);
}

template <typename T>
void eval_codes(const Node& node) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  eval_as<T>(node, SquaredDifference<T>(a, b, node.output(0), wider(a, b)));
}

Status eval(const Node& node) {
  const Tensor output = node.output(0);
  if (is_float(output)) {
    eval_as<float>(node, [](float x, float y) { return (x - y) * (x - y); });
  } else if (is_integer(output)) {
    eval_integers_as<Int32>(node, format::ActivationFunctionType::NONE,
                            [](uint32_t x, uint32_t y) { return (x - y) * (x - y); });
  } else if (is_int16(output)) {
    eval_codes<int16_t>(node);
  } else {
    eval_codes<int8_t>(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(squared_difference);
