// What the Helium variants share: requantization of four sums at a time. Only *_mve.cc include this.
#pragma once

#include <arm_mve.h>

#include "kernels_cpp/microkernels/output_stage.h"

namespace arenite::mve {

constexpr int32_t kLanes = 4;   // sums per vector
constexpr int32_t kBytes = 16;  // int8 per vector

// Modulo 2^32, lane by lane; the sum of signed vectors is undefined where it overflows.
inline int32x4_t wrap_add(int32x4_t a, int32x4_t b) {
  return vreinterpretq_s32_u32(vaddq_u32(vreinterpretq_u32_s32(a), vreinterpretq_u32_s32(b)));
}
inline int32x4_t wrap_add(int32x4_t a, int32_t b) { return wrap_add(a, vdupq_n_s32(b)); }

// Elements of the first vector when `count` >= 1 elements are cut so that all further vectors are whole.
inline int32_t first_group(int32_t count) { return ((count - 1) & (kBytes - 1)) + 1; }

// The sum of `count` weights.
inline int32_t sum_of(const int8_t* weights, int32_t count) {
  int32_t sum = 0;
  for (; count > 0; count -= kBytes, weights += kBytes) {
    sum = vaddvaq_s8(sum, vldrbq_z_s8(weights, vctp8q(static_cast<uint32_t>(count))));
  }
  return sum;
}

// multiply_by_quantized_multiplier, lane by lane. VQRDMULH is rounding_doubling_high_mul: nothing saturates, because a
// multiplier is never INT32_MIN. VRSHL rounds half up; one less when negative makes that half away from zero.
inline int32x4_t requantize_left(int32x4_t sums, Multiplier m) {
  return vqrdmulhq_n_s32(vshlq_r_s32(sums, m.shift), m.multiplier);
}
inline int32x4_t requantize_right(int32x4_t sums, Multiplier m) {
  const int32x4_t high = vqrdmulhq_n_s32(sums, m.multiplier);
  return vrshlq_n_s32(vaddq_s32(high, vshrq_n_s32(high, 31)), m.shift);
}
inline int32x4_t requantize(int32x4_t sums, Multiplier m) {
  return m.shift >= 0 ? requantize_left(sums, m) : requantize_right(sums, m);
}

// The same with a multiplier and any shift per lane.
inline int32x4_t requantize_any(int32x4_t sums, int32x4_t multipliers, int32x4_t shifts) {
  const int32x4_t zero = vdupq_n_s32(0);
  const int32x4_t right = vminq_s32(shifts, zero);
  const int32x4_t high = vqrdmulhq_s32(vshlq_s32(sums, vmaxq_s32(shifts, zero)), multipliers);
  return vrshlq_s32(vaddq_s32(high, vshrq_n_s32(vandq_s32(high, right), 31)), right);
}

}  // namespace arenite::mve
