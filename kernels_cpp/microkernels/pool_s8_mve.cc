#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {

void max_s8(const MaxS8& job) {
  for (int32_t c = 0; c < job.count; c += kBytes) {
    const mve_pred16_t present = vctp8q(static_cast<uint32_t>(job.count - c));
    const int8x16_t greater = vmaxq_s8(vldrbq_z_s8(job.acc + c, present), vldrbq_z_s8(job.in + c, present));
    vstrbq_p_s8(job.acc + c, greater, present);
  }
}

void add_s8(const AddS8& job) {
  for (int32_t c = 0; c < job.count; c += kLanes) {
    const mve_pred16_t present = vctp32q(static_cast<uint32_t>(job.count - c));
    const int32x4_t sums = vaddq_s32(vldrwq_z_s32(job.acc + c, present), vldrbq_z_s32(job.in + c, present));
    vstrwq_p_s32(job.acc + c, sums, present);
  }
}

}  // namespace arenite::mve
