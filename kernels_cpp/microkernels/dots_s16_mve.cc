// Eight products of each row at a time: VMLADAVA of weights that are widened while they are loaded.
#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {
namespace {

constexpr int32_t kHalves = 8;  // int16 per vector

inline void multiply(const DotsS16& dots, NarrowSums& sums) {
  const int16_t* x = dots.x;
  const int8_t* r0 = dots.weights;
  const int8_t* r1 = r0 + dots.pitch;
  const int8_t* r2 = r1 + dots.pitch;
  const int8_t* r3 = r2 + dots.pitch;
  NarrowSums s = sums;
  for (const int16_t* const end = x + (dots.count & ~(kHalves - 1)); x != end; x += kHalves) {
    const int16x8_t v = vldrhq_s16(x);
    s.s0 = vmladavaq_s16(s.s0, v, vldrbq_s16(r0));
    s.s1 = vmladavaq_s16(s.s1, v, vldrbq_s16(r1));
    s.s2 = vmladavaq_s16(s.s2, v, vldrbq_s16(r2));
    s.s3 = vmladavaq_s16(s.s3, v, vldrbq_s16(r3));
    r0 += kHalves;
    r1 += kHalves;
    r2 += kHalves;
    r3 += kHalves;
  }
  const int32_t rest = dots.count & (kHalves - 1);
  if (rest != 0) {
    const mve_pred16_t present = vctp16q(static_cast<uint32_t>(rest));
    const int16x8_t v = vldrhq_z_s16(x, present);
    s.s0 = vmladavaq_s16(s.s0, v, vldrbq_z_s16(r0, present));
    s.s1 = vmladavaq_s16(s.s1, v, vldrbq_z_s16(r1, present));
    s.s2 = vmladavaq_s16(s.s2, v, vldrbq_z_s16(r2, present));
    s.s3 = vmladavaq_s16(s.s3, v, vldrbq_z_s16(r3, present));
  }
  sums = s;
}

}  // namespace

void dots_s16(const DotsS16& dots, int64_t* sums) { sum_in_parts(dots, sums, multiply); }

}  // namespace arenite::mve
