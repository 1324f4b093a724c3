#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {
namespace {

// The sums are scalars, because compilers keep arrays in memory.
void four_channels(const TapsS16& taps, int32_t channel, int64_t* to) {
  const int32_t step = taps.step();
  const int32_t pitch = taps.window.output_pitch;
  NarrowSums sums = {0, 0, 0, 0};
  for (int32_t i = taps.at.rows.begin; i < taps.at.rows.end; ++i) {
    const int16_t* in = taps.first_tap(i) + channel;
    const int8_t* filter = taps.first_weight(i) + channel;
    for (int32_t left = taps.columns(); left > 0; --left, in += step, filter += pitch) {
      sums.s0 += in[0] * filter[0];
      sums.s1 += in[1] * filter[1];
      sums.s2 += in[2] * filter[2];
      sums.s3 += in[3] * filter[3];
    }
  }
  to[0] = sums.s0;
  to[1] = sums.s1;
  to[2] = sums.s2;
  to[3] = sums.s3;
}

}  // namespace

void taps_s16(const TapsS16& taps, int64_t* sums) {
  for (int32_t c = 0; c < taps.count; c += 4) four_channels(taps, c, sums + c);
}

}  // namespace arenite::portable
