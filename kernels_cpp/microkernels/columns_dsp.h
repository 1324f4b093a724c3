// Four columns of a matrix product with the DSP extension: where their sums begin and how they end.
#pragma once

#include "kernels_cpp/microkernels/dsp_instructions.h"

namespace arenite::dsp {

constexpr int32_t kColumns = 4;

struct Sums {
  int32_t s0, s1, s2, s3;
};

// Of one left row with its offset.
inline int32_t row_sum(const int8_t* lhs, int32_t depth, int32_t offset) {
  int32_t sum = depth * offset;
  for (int32_t k = 0; k < depth; ++k) sum = wrap_add(sum, lhs[k]);
  return sum;
}

// The kGroup left elements at `lhs`, of which the row has `left`; `last` holds them when that is fewer, those beyond
// the row 0 with their offset.
template <int32_t kGroup>
inline const int8_t* whole_group(const int8_t* lhs, int32_t left, int32_t offset, int8_t (&last)[kGroup]) {
  if (left >= kGroup) return lhs;
  std::memset(last, -offset, sizeof last);  // -128 for an offset of 128: 0 either way
  std::memcpy(last, lhs, static_cast<size_t>(left));
  return last;
}

__attribute__((noinline)) inline void store_any(const OutputStage& stage, int32_t column, int8_t* out, int32_t s0,
                                                int32_t s1, int32_t s2, int32_t s3) {
  out[0] = stage.apply(s0, stage.multiplier_of(column));
  out[1] = stage.apply(s1, stage.multiplier_of(column + 1));
  out[2] = stage.apply(s2, stage.multiplier_of(column + 2));
  out[3] = stage.apply(s3, stage.multiplier_of(column + 3));
}

inline void store(const OutputStage& stage, int32_t column, int8_t* out, const Sums& sums) {
  const int32_t step = stage.multiplier_step;
  const Multiplier* const at = stage.multipliers + column * step;
  const Multiplier m0 = at[0], m1 = at[step], m2 = at[2 * step], m3 = at[3 * step];
  if (!clamps_to_int8(stage) || !is_fast(m0) || !is_fast(m1) || !is_fast(m2) || !is_fast(m3)) {
    store_any(stage, column, out, sums.s0, sums.s1, sums.s2, sums.s3);
    return;
  }
  out[0] = static_cast<int8_t>(requantize_fast(sums.s0, m0.multiplier, -m0.shift, stage.zero_point));
  out[1] = static_cast<int8_t>(requantize_fast(sums.s1, m1.multiplier, -m1.shift, stage.zero_point));
  out[2] = static_cast<int8_t>(requantize_fast(sums.s2, m2.multiplier, -m2.shift, stage.zero_point));
  out[3] = static_cast<int8_t>(requantize_fast(sums.s3, m3.multiplier, -m3.shift, stage.zero_point));
}

inline Sums start_sums(const OutputStage& stage, int32_t start, int32_t column) {
  return {wrap_add(start, stage.bias_of(column)), wrap_add(start, stage.bias_of(column + 1)),
          wrap_add(start, stage.bias_of(column + 2)), wrap_add(start, stage.bias_of(column + 3))};
}

}  // namespace arenite::dsp
