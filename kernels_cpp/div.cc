// DIV: a / b with broadcasting. As in TFLite an infinite quotient of floats comes out as the largest finite one, and a
// divisor of zero gives the last code on the dividend's side: small divisors may round to zero. int8 and int16: the
// reciprocal of gemmlowp, both roundings. Plain int32 rounds towards zero, and a divisor of zero is BadValue.
#include "kernels_cpp/activation.h"
#include "kernels_cpp/exponential.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/integer_division.h"
#include "kernels_cpp/integers.h"

namespace arenite {
namespace {

int32_t activation_of(const Node& node) {
  return node.option_i8(format::DivOptions::fused_activation_function, format::ActivationFunctionType::NONE);
}

// Bits that a code less its zero point leaves free.
int32_t free_bits(const Tensor& operand) { return is_int16(operand) ? 15 : 23; }

// In float32, as TFLite computes it.
float real_factor(const Node& node) { return node.input(0).scale() / (node.input(1).scale() * node.output(0).scale()); }

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(activation_is_fusable(activation_of(node)), kBadOption);
  ARENITE_TRY(check_broadcast(node));
  const Tensor output = node.output(0);
  if (is_float(output) || is_integer(output)) return Status::kOk;
  ARENITE_CHECK(is_scaled(node.input(0)) && is_scaled(node.input(1)) && is_scaled(output), kBadQuantization);
  const float factor = real_factor(node);
  ARENITE_CHECK(factor > 1e-30f && factor < 1e30f, kBadQuantization);
  ARENITE_CHECK(quantize_multiplier(factor).shift < free_bits(output), kBadQuantization);  // no left shift
  return Status::kOk;
}

// Bits above the highest that is set, without the sign's.
int32_t headroom_of(int32_t x) {
  return x >= 0 ? __builtin_clz(static_cast<uint32_t>(x) | 1) - 1 : __builtin_clz(static_cast<uint32_t>(-2 * x - 1));
}

struct DivCodes {
  Multiplier factor;
  int32_t zero_a;
  int32_t zero_b;
  int32_t zero_out;
  ActivationRange<int32_t> range;

  int32_t operator()(int32_t qa, int32_t qb) const {
    if (qb == zero_b) return qa == zero_a ? clamp(zero_out, range.min, range.max) : qa > zero_a ? range.max : range.min;
    const int32_t sign = qb < zero_b ? -1 : 1;
    const int32_t a = sign * (qa - zero_a);
    const int32_t headroom = headroom_of(a);
    int32_t bits_over_unit;
    const int32_t inverse = reciprocal(static_cast<uint32_t>(sign * (qb - zero_b)), &bits_over_unit);
    const int32_t quotient =
        rounding_doubling_high_mul(static_cast<int32_t>(static_cast<uint32_t>(a) << headroom), inverse);
    // bits_over_unit counts from Q12.19, the divisor is a whole number.
    const int32_t shift = headroom + bits_over_unit + 19 - factor.shift;
    const int32_t steps =
        shift > 31 ? 0 : rounding_divide_by_pot(rounding_doubling_high_mul(quotient, factor.multiplier), shift);
    return zero_out + clamp(steps, range.min - zero_out, range.max - zero_out);
  }
};

template <typename T>
void eval_codes(const Node& node, ActivationRange<int32_t> range) {
  const DivCodes function = {quantize_multiplier(real_factor(node)), node.input(0).zero_point, node.input(1).zero_point,
                             node.output(0).zero_point, range};
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<T>(), [=](T a, T b) { return static_cast<T>(function(a, b)); });
  }
}

Status eval(const Node& node) {
  const Tensor output = node.output(0);
  const int32_t activation = activation_of(node);
  if (is_float(output)) {
    const ActivationRange<float> range = activation_range_f32(activation);
    for (BroadcastWalk walk(node); walk.next();) {
      for_each_pair(walk.run<float>(), [=](float a, float b) { return range.apply(a / b); });
    }
    return Status::kOk;
  }
  if (is_integer(output)) {
    const ActivationRange<int32_t> range = activation_range_of<Int32>(activation);
    return integer_division::eval_as<int32_t>(node, [=](int32_t a, int32_t b) {
      return range.apply(static_cast<int32_t>(static_cast<int64_t>(a) / b));  // a quotient of 2^31 wraps
    });
  }
  if (is_int16(output)) {
    eval_codes<int16_t>(node, activation_range_s16(activation, output));
  } else {
    eval_codes<int8_t>(node, activation_range_s8(activation, output));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(div);
