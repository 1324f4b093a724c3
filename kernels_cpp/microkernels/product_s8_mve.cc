// Sixteen elements at a time: widened to int16 for the offsets, to int32 by VMULL. Even and odd lanes stay apart until
// the results are narrowed.
#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/product_loops.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {
namespace {

struct Sixteen {
  int16x8_t even;
  int16x8_t odd;
};

inline Sixteen widen(int8x16_t codes, int32_t offset) {
  const int16_t add = static_cast<int16_t>(offset);
  return {vaddq_n_s16(vmovlbq_s8(codes), add), vaddq_n_s16(vmovltq_s8(codes), add)};
}

// Results that int16 cannot hold are saturated by VQMOVN. kLeft: the factor is 1/2 or more.
template <bool kLeft>
inline int16x8_t scaled_products(int16x8_t a, int16x8_t b, Multiplier m, int16_t zero_point) {
  const auto scaled = [m](int32x4_t products) {
    return kLeft ? requantize_left(products, m) : requantize_right(products, m);
  };
  int16x8_t steps = vqmovnbq_s32(vdupq_n_s16(0), scaled(vmullbq_int_s16(a, b)));
  steps = vqmovntq_s32(steps, scaled(vmulltq_int_s16(a, b)));
  return vqaddq_n_s16(steps, zero_point);
}

template <bool kLeft>
inline int8x16_t codes_of(const ProductS8& job, const Sixteen& a, const Sixteen& b, int8x16_t min, int8x16_t max) {
  const int16_t zero_point = static_cast<int16_t>(job.zero_point);
  int8x16_t codes = vqmovnbq_s16(vdupq_n_s8(0), scaled_products<kLeft>(a.even, b.even, job.multiplier, zero_point));
  codes = vqmovntq_s16(codes, scaled_products<kLeft>(a.odd, b.odd, job.multiplier, zero_point));
  return vminq_s8(vmaxq_s8(codes, min), max);
}

// The job is a copy, because for all a compiler knows `out` could point into it.
template <bool kRepeated, bool kLeft>
struct Loop {
  static void run(const ProductS8 job) {
    const int8x16_t min = vdupq_n_s8(static_cast<int8_t>(job.min)), max = vdupq_n_s8(static_cast<int8_t>(job.max));
    const Sixteen repeated = widen(vdupq_n_s8(*job.b), job.b_offset);
    const int8_t* a = job.a;
    const int8_t* b = job.b;
    int8_t* out = job.out;
    for (int32_t left = job.count; left > 0; left -= kBytes, a += kBytes, b += kBytes, out += kBytes) {
      const mve_pred16_t present = vctp8q(static_cast<uint32_t>(left));
      const Sixteen x = widen(vldrbq_z_s8(a, present), job.a_offset);
      const Sixteen y = kRepeated ? repeated : widen(vldrbq_z_s8(b, present), job.b_offset);
      vstrbq_p_s8(out, codes_of<kLeft>(job, x, y, min, max), present);
    }
  }
};

}  // namespace

void product_s8(const ProductS8& job) { run_by_kind<Loop>(job); }

}  // namespace arenite::mve
