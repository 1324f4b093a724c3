#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {
namespace {

constexpr int32_t kSums = 8;          // int16 per vector
constexpr int32_t kMostPixels = 256;  // whose sum fits int16: 256 * -128 = -2^15

// Adds the pixels of eight channels, of which the predicate has those that exist.
inline void add_eight(const AddS8& job, mve_pred16_t present) {
  int16x8_t sums = vdupq_n_s16(0);
  const int8_t* in = job.in;
  for (int32_t left = job.pixels; left > 0; --left, in += job.pitch) {
    sums = vaddq_s16(sums, vldrbq_z_s16(in, present));
  }
  int16_t stored[kSums];
  vstrhq_s16(stored, sums);
  for (int32_t c = 0; c < kSums && c < job.count; c += kLanes) {
    const mve_pred16_t four = vctp32q(static_cast<uint32_t>(job.count - c));
    vstrwq_p_s32(job.acc + c, vaddq_s32(vldrwq_z_s32(job.acc + c, four), vldrhq_s32(stored + c)), four);
  }
}

}  // namespace

void max_s8(const MaxS8& job) {
  for (int32_t c = 0; c < job.count; c += kBytes) {
    const mve_pred16_t present = vctp8q(static_cast<uint32_t>(job.count - c));
    const int8_t* in = job.in + c;
    int8x16_t largest = vldrbq_z_s8(job.acc + c, present);
    for (int32_t left = job.pixels; left > 0; --left, in += job.pitch) {
      largest = vmaxq_s8(largest, vldrbq_z_s8(in, present));
    }
    vstrbq_p_s8(job.acc + c, largest, present);
  }
}

void add_s8(const AddS8& job) {
  AddS8 part = job;
  for (; part.pixels > 0; part.pixels -= kMostPixels, part.in += kMostPixels * part.pitch) {
    for (int32_t c = 0; c < part.count; c += kSums) {
      AddS8 eight = from_channel(part, c);
      if (eight.pixels > kMostPixels) eight.pixels = kMostPixels;
      add_eight(eight, vctp16q(static_cast<uint32_t>(eight.count)));
    }
  }
}

}  // namespace arenite::mve
