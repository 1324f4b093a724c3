// Four elements at a time; the terms of a row are gathered from the table.
#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {
namespace {

constexpr int32_t kFractionBits = 26;
constexpr int32_t kQuarterBit = kFractionBits - 2;

// rounding_divide_by_pot.
template <int kExponent>
inline int32x4_t divide(int32x4_t x) {
  return vrshrq_n_s32(vaddq_s32(x, vshrq_n_s32(x, 31)), kExponent);
}

// As in kernels_cpp/exponential.cc: exp(a) for a Q0.31 in [-1/4, 0).
inline int32x4_t exp_near_minus_one_eighth(int32x4_t a) {
  constexpr int32_t kExpMinusOneEighth = 1895147668;
  constexpr int32_t kOneThird = 715827883;
  const int32x4_t x = vaddq_n_s32(a, 1 << 28);
  const int32x4_t x2 = vqrdmulhq_s32(x, x);
  const int32x4_t x4_over_4 = divide<2>(vqrdmulhq_s32(x2, x2));
  const int32x4_t third = vqrdmulhq_n_s32(vaddq_s32(x4_over_4, vqrdmulhq_s32(x2, x)), kOneThird);
  const int32x4_t tail = divide<1>(vaddq_s32(third, x2));
  return vaddq_n_s32(vqrdmulhq_n_s32(vaddq_s32(x, tail), kExpMinusOneEighth), kExpMinusOneEighth);
}

// x times `factor` in the lanes whose bit kBit of `bits` is set.
template <int kBit>
inline int32x4_t multiply_where(int32x4_t x, int32x4_t bits, int32_t factor) {
  const mve_pred16_t set = vcmpltq_n_s32(vshlq_n_s32(bits, 31 - kBit), 0);
  return vqrdmulhq_m_s32(x, x, vdupq_n_s32(factor), set);
}

// exp_on_negative_values of Q5.26.
inline int32x4_t exponential(int32x4_t a) {
  constexpr int32_t kQuarter = 1 << kQuarterBit;
  const int32x4_t rest = vsubq_n_s32(vandq_s32(a, vdupq_n_s32(kQuarter - 1)), kQuarter);
  const int32x4_t quarters = vsubq_s32(rest, a);
  int32x4_t result = exp_near_minus_one_eighth(vshlq_n_s32(rest, 31 - kFractionBits));
  result = multiply_where<kQuarterBit>(result, quarters, 1672461947);
  result = multiply_where<kQuarterBit + 1>(result, quarters, 1302514674);
  result = multiply_where<kQuarterBit + 2>(result, quarters, 790015084);
  result = multiply_where<kQuarterBit + 3>(result, quarters, 290630308);
  result = multiply_where<kQuarterBit + 4>(result, quarters, 39332535);
  result = multiply_where<kQuarterBit + 5>(result, quarters, 720401);
  result = multiply_where<kQuarterBit + 6>(result, quarters, 242);
  return vpselq_s32(vdupq_n_s32(INT32_MAX), result, vcmpeqq_n_s32(a, 0));
}

int32_t largest_of(const int8_t* codes, int32_t count) {
  int8_t largest = INT8_MIN;
  for (int32_t left = count; left > 0; left -= kBytes, codes += kBytes) {
    const mve_pred16_t present = vctp8q(static_cast<uint32_t>(left));
    largest = vmaxvq_p_s8(largest, vldrbq_z_s8(codes, present), present);
  }
  return largest;
}

// body(i, terms of the elements from i on, which of them there are).
template <typename Body>
inline void for_each_four_terms(const SoftmaxS8& row, int32_t largest, Body body) {
  const int32x4_t top = vdupq_n_s32(largest);
  for (int32_t i = 0; i < row.depth; i += kLanes) {
    const mve_pred16_t present = vctp32q(static_cast<uint32_t>(row.depth - i));
    const uint32x4_t at = vreinterpretq_u32_s32(vsubq_s32(top, vldrbq_z_s32(row.in + i, present)));
    body(i, vldrwq_gather_shifted_offset_z_s32(row.terms, at, present), present);
  }
}

}  // namespace

void exponentials_s8(const ExponentialsS8& job) {
  const int32x4_t smallest = vdupq_n_s32(job.smallest);
  for (int32_t i = 0; i < job.count; i += kLanes) {
    const mve_pred16_t present = vctp32q(static_cast<uint32_t>(job.count - i));
    const int32x4_t codes = vldrwq_z_s32(job.values + i, present);
    const int32x4_t terms = exponential(requantize(codes, job.multiplier));
    vstrwq_p_s32(job.values + i, vpselq_s32(terms, vdupq_n_s32(0), vcmpgeq_s32(codes, smallest)), present);
  }
}

void softmax_s8(const SoftmaxS8& row) {
  const int32_t largest = largest_of(row.in, row.depth);
  uint32_t sum = 0;
  for_each_four_terms(row, largest, [&](int32_t, int32x4_t terms, mve_pred16_t) {
    sum = vaddvaq_u32(sum, vreinterpretq_u32_s32(vrshrq_n_s32(terms, 12)));  // absent terms are 0
  });
  const SoftmaxShare share(sum);
  for_each_four_terms(row, largest, [&](int32_t i, int32x4_t terms, mve_pred16_t present) {
    const int32x4_t steps = vrshlq_n_s32(vqrdmulhq_n_s32(terms, share.scale), -share.exponent);
    const int32x4_t limited = vminq_s32(steps, vdupq_n_s32(255));
    vstrbq_p_s32(row.out + i, vsubq_n_s32(limited, 128), present);
  });
}

}  // namespace arenite::mve
