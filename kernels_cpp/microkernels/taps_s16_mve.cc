#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {

void taps_s16(const TapsS16& taps, int64_t* sums) {
  const int32_t step = taps.step();
  const int32_t pitch = taps.window.output_pitch;
  for (int32_t c = 0; c < taps.count; c += kLanes) {
    int32x4_t total = vdupq_n_s32(0);
    for (int32_t i = taps.at.rows.begin; i < taps.at.rows.end; ++i) {
      const int16_t* in = taps.first_tap(i) + c;
      const int8_t* filter = taps.first_weight(i) + c;
      for (int32_t left = taps.columns(); left > 0; --left, in += step, filter += pitch) {
        total = vaddq_s32(total, vmulq_s32(vldrhq_s32(in), vldrbq_s32(filter)));
      }
    }
    sums[c] = vgetq_lane_s32(total, 0);
    sums[c + 1] = vgetq_lane_s32(total, 1);
    sums[c + 2] = vgetq_lane_s32(total, 2);
    sums[c + 3] = vgetq_lane_s32(total, 3);
  }
}

}  // namespace arenite::mve
