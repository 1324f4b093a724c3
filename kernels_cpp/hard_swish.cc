// HARD_SWISH: x * relu6(x + 3) / 6. int8: 16-bit fixed point as in TFLite; the gate relu6(x + 3) / 6 is made from x on
// a scale where 3 is 2^15, and multiplied with x on the output's scale before its last shift.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

constexpr int32_t kInputBits = 7;  // |q - zero_point| <= 255 is shifted by as much as 16 bits hold
constexpr float kGateScale = 3.0f / 32768.0f;

// round(a * b / 2^15), ties away from zero; never INT16_MIN * INT16_MIN here, because no multiplier is negative.
int32_t rounding_doubling_high_mul_s16(int32_t a, int32_t b) {
  const int32_t product = a * b;
  return (product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15);
}

// real ~ multiplier * 2^(shift - 15).
struct Multiplier16 {
  int32_t multiplier;
  int32_t shift;

  explicit Multiplier16(float real) {
    const Multiplier wide = quantize_multiplier(real);
    const bool overflows = wide.multiplier >= INT32_MAX - (1 << 15);
    multiplier = overflows ? INT16_MAX : (wide.multiplier + (1 << 15)) >> 16;
    shift = wide.shift;
  }
};

// x * 2^7 * scale on the gate's scale: the last bit of a left shift comes after the product, so that only it saturates.
int32_t gate_of(int32_t x, Multiplier16 m) {
  if (m.shift <= 0) return rounding_divide_by_pot(rounding_doubling_high_mul_s16(x, m.multiplier), -m.shift);
  const int32_t bits = m.shift < 16 ? m.shift - 1 : 15;  // more than saturate every x but 0 alike
  const int32_t shifted = x * (1 << bits);               // |x| < 2^15
  return saturate_s16(2 * rounding_doubling_high_mul_s16(saturate_s16(shifted), m.multiplier));
}

struct HardSwishS8 {
  Multiplier16 output;
  Multiplier16 gate;
  int32_t zero_in;
  int32_t zero_out;

  HardSwishS8(const Tensor& in, const Tensor& out)
      : output(in.scale() / (1 << kInputBits) / out.scale()),
        gate(in.scale() / (1 << kInputBits) / kGateScale),
        zero_in(in.zero_point),
        zero_out(out.zero_point) {}
  int8_t operator()(int32_t q) const {
    const int32_t x = (q - zero_in) * (1 << kInputBits);
    const int32_t unshifted = rounding_doubling_high_mul_s16(x, output.multiplier);
    const int32_t open = (gate_of(x, gate) + (1 << 15)) >> 1;  // [0, 2^15)
    const int32_t product = open * unshifted / (1 << 15);      // towards zero: cancels the bias of the roundings
    return saturate_s8(rounding_divide_by_pot(product, -output.shift), zero_out);
  }
};

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_TRY(check_elementwise(node));
  if (is_float(input)) return Status::kOk;
  // No result may need a left shift: that takes an output scale below 1/128 of the input's.
  const float ratio = input.scale() / (1 << kInputBits) / output.scale();
  ARENITE_CHECK(ratio > 0.0f && ratio < 1.0f && Multiplier16(ratio).shift <= 0, kBadQuantization);
  const float gate = input.scale() / (1 << kInputBits) / kGateScale;
  ARENITE_CHECK(gate > 0.0f && gate < 1e30f, kBadQuantization);
  *scratch_bytes = map_scratch(input);
  return Status::kOk;
}

float hard_swish_f32(float x) {
  const float shifted = x + 3.0f;
  const float gate = shifted < 0.0f ? 0.0f : (shifted > 6.0f ? 6.0f : shifted);
  return x * gate / 6.0f;
}

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    map_f32(node, hard_swish_f32);
  } else {
    map_s8(node, HardSwishS8(node.input(0), node.output(0)));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(hard_swish);
