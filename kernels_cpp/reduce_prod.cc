// REDUCE_PROD over constant axes. int8 and int16 as in LiteRT: after each factor the product is rescaled by
// input scale / root of the output's scale, as many times as there are factors; beyond 32 bits it wraps, as other
// integers do.
#include <cstring>

#include "kernels_cpp/reduction.h"

namespace arenite {
namespace {

// x^n for x > 0; infinity or 0 when it leaves the range.
double power(double x, int32_t n) {
  double result = 1.0;
  for (; n > 0; n >>= 1, x *= x) {
    if ((n & 1) != 0) result *= x;
  }
  return result;
}

uint64_t bits_of(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

// The n-th root, by bisection: positive doubles have the order of their bits. The same on every core, unlike libm's
// pow.
double root(double x, int32_t n) {
  uint64_t low = bits_of(x < 1.0 ? x : 1.0);
  uint64_t high = bits_of(x < 1.0 ? 1.0 : x);
  double middle = x;
  while (low < high) {
    const uint64_t bits = low + (high - low) / 2;
    std::memcpy(&middle, &bits, sizeof middle);
    if (power(middle, n) < x) {
      low = bits + 1;
    } else {
      high = bits;
    }
  }
  std::memcpy(&middle, &low, sizeof middle);
  return middle;
}

// QuantizeMultiplier of TFLite for x > 0: 53 bits rounded to 31, half up.
Multiplier multiplier_of(double x) {
  const uint64_t bits = bits_of(x);
  const uint64_t mantissa = (bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1} << 52);
  Multiplier m = {static_cast<int32_t>((mantissa + (1 << 21)) >> 22), static_cast<int32_t>(bits >> 52) - 1022};
  if ((mantissa + (1 << 21)) >> 22 == uint64_t{1} << 31) m = {1 << 30, m.shift + 1};
  return m.shift < -31 ? Multiplier{0, -1} : m;
}

Multiplier step_multiplier(const Node& node) {
  const Tensor output = node.output(0);
  const int32_t factors = node.input(0).count() / output.count();
  return multiplier_of(static_cast<double>(node.input(0).scale()) / root(static_cast<double>(output.scale()), factors));
}

Status prepare(const Node& node, uint32_t*) {
  ARENITE_TRY(check_reduction(node));
  if (!is_coded(node.output(0))) return Status::kOk;
  ARENITE_CHECK(step_multiplier(node).shift <= kMaxWideShift, kBadQuantization);
  return Status::kOk;
}

// Acc: T, or its unsigned partner, in which products wrap.
template <typename T, typename Acc>
void multiply(const Node& node) {
  reduce(
      Reduction(node), node.input(0).as<T>(), node.output(0).as<T>(), Acc{1},
      [](Acc product, T x) { return product * static_cast<Acc>(x); },
      [](Acc product) { return static_cast<T>(product); });
}

template <typename T>
void multiply_codes(const Node& node, int32_t low, int32_t high) {
  constexpr int64_t kNone = INT64_MIN;  // of no factor yet
  const Multiplier m = step_multiplier(node);
  const int32_t zero_in = node.input(0).zero_point;
  const int32_t zero_out = node.output(0).zero_point;
  reduce(
      Reduction(node), node.input(0).as<T>(), node.output(0).as<T>(), kNone,
      [=](int64_t product, T x) {
        const int64_t factor = x - zero_in;
        if (product == kNone) return factor;
        return int64_t{multiply_wide_by_quantized_multiplier(product * factor, m)};
      },
      [=](int64_t product) {
        const int32_t steps = multiply_wide_by_quantized_multiplier(product, m);
        return static_cast<T>(zero_out + clamp(steps, low - zero_out, high - zero_out));
      });
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  if (is_float(input)) {
    multiply<float, float>(node);
  } else if (input.type == Type::kInt32) {
    multiply<int32_t, uint32_t>(node);
  } else if (input.type == Type::kInt64) {
    multiply<int64_t, uint64_t>(node);
  } else if (is_int16(input)) {
    multiply_codes<int16_t>(node, INT16_MIN, INT16_MAX);
  } else {
    multiply_codes<int8_t>(node, INT8_MIN, INT8_MAX);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(reduce_prod);
