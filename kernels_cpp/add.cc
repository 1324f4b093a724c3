// ADD with broadcasting. int8 as in TFLite: both operands are brought to half the larger scale with 20 bits of
// fraction, added, and scaled to the output; every step rounds.
#include "kernels_cpp/activation.h"
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

constexpr int32_t kFractionBits = 20;

// real * 2^-by, flushed to zero as TFLite's QuantizeMultiplier does.
Multiplier shifted_down(Multiplier real, int32_t by) {
  return real.shift - by < -31 ? Multiplier{0, 0} : Multiplier{real.multiplier, real.shift - by};
}

// rounding_divide_by_pot without a comparison: round half away is floor((x + half - (x < 0)) / 2^exponent).
struct RoundingShift {
  int32_t exponent;
  int32_t half;
  int32_t sign_mask;  // 0 when nothing is shifted out
  explicit RoundingShift(int32_t e) : exponent(e), half(e > 0 ? 1 << (e - 1) : 0), sign_mask(e > 0 ? -1 : 0) {}
  int32_t operator()(int32_t x) const { return (x + half + ((x >> 31) & sign_mask)) >> exponent; }
};

// round(a * b / 2^32), ties up: saturating_rounding_doubling_high_mul(a / 2, b), one SMMULR on Cortex-M4.
inline int32_t rounding_high_mul(int32_t a, int32_t b) {
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 31)) >> 32);
}

// `wide` is the operand with the larger scale: its multiplier is exactly 1/2, so it is shifted by one bit less.
struct AddS8 {
  Multiplier narrow;
  Multiplier sum;
  RoundingShift narrow_shift;
  RoundingShift sum_shift;
  int32_t wide_offset;    // zero_point << (kFractionBits - 1)
  int32_t narrow_offset;  // zero_point << (kFractionBits + 1)
  int32_t zero_point;     // of the output
  int32_t low;            // limits before the zero point is added
  int32_t high;

  AddS8(const Tensor& wide, const Tensor& other, const Tensor& output, int32_t activation)
      : narrow(shifted_down(quantize_ratio(other.scale(), 1.0f, wide.scale()), 1)),
        sum(shifted_down(quantize_ratio(wide.scale(), 1.0f, output.scale()), kFractionBits - 1)),
        narrow_shift(-narrow.shift),
        sum_shift(-sum.shift),
        wide_offset(wide.zero_point * (1 << (kFractionBits - 1))),
        narrow_offset(other.zero_point * (1 << (kFractionBits + 1))),
        zero_point(output.zero_point) {
    const ActivationRange<int32_t> range = activation_range_s8(activation, output);
    low = range.min - zero_point;
    high = range.max - zero_point;
  }

  // |q - zero_point| <= 255: every term stays below 2^30.
  int8_t operator()(int8_t wide_q, int8_t narrow_q) const {
    const int32_t a = wide_q * (1 << (kFractionBits - 1)) - wide_offset;
    const int32_t b = narrow_q * (1 << (kFractionBits + 1)) - narrow_offset;
    const int32_t total = a + narrow_shift(rounding_high_mul(b, narrow.multiplier));
    const int32_t steps = sum_shift(rounding_high_mul(2 * total, sum.multiplier));
    return static_cast<int8_t>(zero_point + clamp(steps, low, high));
  }
};

int32_t activation_of(const Node& node) {
  return node.option_i8(format::AddOptions::fused_activation_function, format::ActivationFunctionType::NONE);
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(activation_is_fusable(activation_of(node)), kBadOption);
  ARENITE_CHECK(broadcasts(a, b, output), kBadShape);
  if (is_float(output)) return Status::kOk;
  ARENITE_CHECK(scaled_if_int8(a) && scaled_if_int8(b) && scaled_if_int8(output), kBadQuantization);
  // The sum's multiplier must not exceed 1, as in TFLite: an output scale 2^19 times finer than the inputs'.
  const float wide = a.scale() < b.scale() ? b.scale() : a.scale();
  ARENITE_CHECK(quantize_ratio(wide, 1.0f, output.scale()).shift < kFractionBits, kBadQuantization);
  return Status::kOk;
}

void eval_s8(const Node& node) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const bool swap = a.scale() < b.scale();
  const AddS8 add(swap ? b : a, swap ? a : b, node.output(0), activation_of(node));
  for_each_broadcast_run<int8_t>(node, [=](BroadcastRun<int8_t> run) {
    if (swap) run = {run.b, run.a, run.out, run.count, run.step_b, run.step_a};
    for_each_pair(run, add);
  });
}

void eval_f32(const Node& node) {
  const ActivationRange<float> range = activation_range_f32(activation_of(node));
  for_each_broadcast_run<float>(node, [=](const BroadcastRun<float>& run) {
    for_each_pair(run, [=](float a, float b) { return range.apply(a + b); });
  });
}

Status eval(const Node& node) {
  if (is_float(node.output(0))) {
    eval_f32(node);
  } else {
    eval_s8(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(add);
