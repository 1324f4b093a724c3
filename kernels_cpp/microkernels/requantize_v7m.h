// What the variants for Armv7-M share: requantization. Only *_v7m.cc include this.
#pragma once

#include "kernels_cpp/microkernels/output_stage.h"

namespace arenite::v7m {

// In the assembly of all variants. sum = round(sum * multiplier / 2^31), exactly: bit 31 of the low word moves up, bit
// 30 rounds.
#define ARENITE_SCALE(sum, multiplier, low)      \
  "smull " low ", " sum ", " sum ", " multiplier \
  "\n\t"                                         \
  "lsls " low ", " low                           \
  ", #1\n\t"                                     \
  "adc " sum ", " sum ", " sum                   \
  "\n\t"                                         \
  "lsls " low ", " low                           \
  ", #1\n\t"                                     \
  "adc " sum ", " sum ", #0\n\t"
// sum = int8(zero_point + round(sum / 2^right)), half away from zero; right in [1, 31]. One less when negative turns
// half up into half away from zero; the bit shifted out rounds.
#define ARENITE_SHIFT(sum, right, zero_point) \
  "add " sum ", " sum ", " sum                \
  ", asr #31\n\t"                             \
  "asrs " sum ", " sum ", " right             \
  "\n\t"                                      \
  "adc " sum ", " sum ", " zero_point         \
  "\n\t"                                      \
  "ssat " sum ", #8, " sum "\n\t"

// True when every multiplier of `channels` shifts right, which the above expects.
inline bool shifts_right(const OutputStage& stage, int32_t channels) {
  const int32_t count = stage.multiplier_step == 0 ? 1 : channels;
  for (int32_t i = 0; i < count; ++i) {
    if (stage.multipliers[i].shift >= 0) return false;
  }
  return true;
}

inline bool clamps_to_int8(const OutputStage& stage) { return stage.min == INT8_MIN && stage.max == INT8_MAX; }

// OutputStage::apply for a multiplier that shifts right, without the clamp of the stage.
inline int32_t requantize(int32_t sum, Multiplier m, int32_t zero_point) {
  uint32_t low;
  asm(ARENITE_SCALE("%[sum]", "%[multiplier]", "%[low]") ARENITE_SHIFT("%[sum]", "%[right]", "%[zero_point]")
      : [sum] "+r"(sum), [low] "=&r"(low)
      : [multiplier] "r"(m.multiplier), [right] "r"(-m.shift), [zero_point] "r"(zero_point)
      : "cc");
  return sum;
}

}  // namespace arenite::v7m
