#include "kernels_cpp/inverse_sqrt.h"

namespace arenite {
namespace {

// Q3.28.
constexpr int32_t kOne = 1 << 28;
constexpr int32_t kOneAndAHalf = 3 << 27;
constexpr int32_t kSqrtHalf = 1518500250;  // Q0.31

int32_t multiply(int32_t a, int32_t b) { return saturating_rounding_doubling_high_mul(a, b); }

// 1 / sqrt(x), x in [1/2, 2) as Q3.28: five Newton steps from 1.
int32_t newton(int32_t x) {
  const int32_t half = rounding_divide_by_pot(x, 1);
  int32_t y = kOne;
  for (int32_t i = 0; i < 5; ++i) {
    const int32_t cube = saturating_shift_left(multiply(multiply(y, y), y), 6);
    y = saturating_shift_left(multiply(kOneAndAHalf, y) - multiply(half, cube), 3);
  }
  return y;
}

}  // namespace

Multiplier inverse_sqrt(int32_t x) {
  if (x <= 1) return {INT32_MAX, 0};
  int32_t right = 11;
  for (; x >= 1 << 29; x /= 4) ++right;
  const int32_t pairs = (__builtin_clz(static_cast<uint32_t>(x)) - 1) / 2 - 1;
  x <<= 2 * pairs;  // [2^27, 2^29)
  right -= pairs;
  const int32_t y = multiply(newton(x >> 1), kSqrtHalf);
  if (right < 0) return {y << -right, 0};
  return {y, -right};
}

}  // namespace arenite
