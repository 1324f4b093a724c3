#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {
namespace {

// The sums are scalars, because compilers keep arrays in memory.
inline void multiply(const DotsS16& dots, NarrowSums& sums) {
  const int32_t pitch = dots.pitch;
  const int8_t* r0 = dots.weights;
  const int8_t* r2 = r0 + 2 * pitch;
  NarrowSums s = sums;
  for (int32_t k = 0; k < dots.count; ++k, ++r0, ++r2) {
    const int32_t x = dots.x[k];
    s.s0 += x * r0[0];
    s.s1 += x * r0[pitch];
    s.s2 += x * r2[0];
    s.s3 += x * r2[pitch];
  }
  sums = s;
}

}  // namespace

void dots_s16(const DotsS16& dots, int64_t* sums) { sum_in_parts(dots, sums, multiply); }

}  // namespace arenite::portable
