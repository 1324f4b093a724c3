// Four columns of a matrix product with Helium: what their sums are and where they go.
#pragma once

#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {

struct RowSums {
  alignas(8) int32_t products[kLanes];  // with the left row
  int32_t weights[kLanes];              // of the right rows themselves
};
static_assert(sizeof(RowSums) == 2 * kLanes * sizeof(int32_t), "stored at once");

// out[0 .. count) = stage(sums), count in [1, 4]; the stage begins at these columns.
inline void store(const OutputStage& stage, int32x4_t sums, int32_t count, int8_t* out) {
  // Not before the assembly that makes the sums: it uses the predicate register, and GCC cannot be told so.
  asm volatile("" : "+r"(count));
  const mve_pred16_t present = vctp32q(static_cast<uint32_t>(count));
  if (stage.bias != nullptr) sums = wrap_add(sums, vldrwq_z_s32(stage.bias, present));
  const uint32x4_t at =
      vmulq_n_u32(vidupq_n_u32(0, 8), static_cast<uint32_t>(stage.multiplier_step));  // bytes between multipliers
  static_assert(sizeof(Multiplier) == 8, "");
  const int32x4_t multipliers = vldrwq_gather_offset_z_s32(&stage.multipliers->multiplier, at, present);
  const int32x4_t shifts = vldrwq_gather_offset_z_s32(&stage.multipliers->shift, at, present);
  int32x4_t values = wrap_add(requantize_any(sums, multipliers, shifts), stage.zero_point);
  values = vminq_s32(vmaxq_s32(values, vdupq_n_s32(stage.min)), vdupq_n_s32(stage.max));
  vstrbq_p_s32(out, values, present);
}

// What whole blocks of columns share when there is one multiplier.
struct UniformStage {
  Multiplier multiplier;
  int32_t zero_point;
  int32x4_t min;
  int32x4_t max;
  explicit UniformStage(const OutputStage& stage)
      : multiplier(stage.multipliers[0]),
        zero_point(stage.zero_point),
        min(vdupq_n_s32(stage.min)),
        max(vdupq_n_s32(stage.max)) {}

  void store(int32x4_t sums, int8_t* out) const {
    const int32x4_t values = wrap_add(requantize(sums, multiplier), zero_point);
    vstrbq_s32(out, vminq_s32(vmaxq_s32(values, min), max));
  }
};

// sums_of(count) for all columns in their order: four at a time, the last ones one by one. What it returns for one is
// in every lane.
template <typename SumsOf>
inline void for_each_four(const OutputStage& stage, int32_t columns, int8_t* out, SumsOf sums_of) {
  int32_t column = 0;
  if (stage.multiplier_step == 0 && stage.bias != nullptr) {
    const UniformStage uniform(stage);
    for (; column + kLanes <= columns; column += kLanes) {
      uniform.store(wrap_add(sums_of(kLanes), vldrwq_s32(stage.bias + column)), out + column);
    }
  }
  while (column < columns) {
    const int32_t count = columns - column >= kLanes ? kLanes : 1;
    store(stage.from_channel(column), sums_of(count), count, out + column);
    column += count;
  }
}

}  // namespace arenite::mve
