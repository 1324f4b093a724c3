// Four right rows at a time: VMLADAVA adds 16 products to one sum. The left offset is not added to the elements; the
// right rows are summed beside the products, and the offset times these sums is added at the end.
#pragma GCC optimize("omit-frame-pointer")
#ifndef __OPTIMIZE__
#pragma GCC optimize("O2")
#endif
#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {
namespace {

struct RowSums {
  alignas(8) int32_t products[kLanes];  // with the left row
  int32_t weights[kLanes];              // of the right rows themselves
};
static_assert(sizeof(RowSums) == 2 * kLanes * sizeof(int32_t), "stored at once");

// The left row and four right rows of `depth` elements each, which lie `step` apart.
inline void multiply(const int8_t* lhs, const int8_t* rhs, int32_t step, int32_t depth, RowSums* sums) {
  register int32_t first asm("r0") = first_group(depth);
  register const int8_t* x asm("r1") = lhs;
  register RowSums* to asm("r2") = sums;
  register const int8_t* w0 asm("r3") = rhs;
  register const int8_t* w1 asm("r5") = rhs + step;
  register const int8_t* end asm("r7") = lhs + depth;
  register const int8_t* w2 asm("r9") = rhs + 2 * step;
  register const int8_t* w3 asm("r11") = rhs + 3 * step;
#define ARENITE_ROW(add, product, sum, row) \
  "vmladav" add ".s8 " product ", q0, " row \
  "\n\t"                                    \
  "vaddv" add ".s8 " sum ", " row "\n\t"
  asm volatile(
      "push {r2}\n\t"
      "vctp.8 r0\n\t"
      "vpstttt\n\t"
      "vldrbt.8 q0, [r1]\n\t"
      "vldrbt.8 q1, [r3]\n\t"
      "vldrbt.8 q2, [r5]\n\t"
      "vldrbt.8 q3, [r9]\n\t"
      "add r1, r1, r0\n\t"
      "add r3, r3, r0\n\t"
      "add r5, r5, r0\n\t"
      "add r9, r9, r0\n\t"
      ARENITE_ROW("", "r2", "r10", "q2")
      "vpst\n\t"
      "vldrbt.8 q2, [r11]\n\t"
      "add r11, r11, r0\n\t"
      ARENITE_ROW("", "r0", "r8", "q1")
      ARENITE_ROW("", "r4", "r12", "q3")
      ARENITE_ROW("", "r6", "lr", "q2")
      "cmp r1, r7\n\t"
      "beq 2f\n\t"
      "1:\n\t"
      "vldrb.8 q0, [r1], #16\n\t"
      "vldrb.8 q1, [r3], #16\n\t"
      ARENITE_ROW("a", "r0", "r8", "q1")
      "vldrb.8 q2, [r5], #16\n\t"
      ARENITE_ROW("a", "r2", "r10", "q2")
      "vldrb.8 q3, [r9], #16\n\t"
      ARENITE_ROW("a", "r4", "r12", "q3")
      "vldrb.8 q1, [r11], #16\n\t"
      ARENITE_ROW("a", "r6", "lr", "q1")
      "cmp r1, r7\n\t"
      "bne 1b\n\t"
      "2: pop {r1}\n\t"
      "stm r1, {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"
      : "+r"(first), "+r"(x), "+r"(to), "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3)
      : "r"(end)
      : "r4", "r6", "r8", "r10", "r12", "lr", "q0", "q1", "q2", "q3", "cc", "memory");
#undef ARENITE_ROW
}

// out[0 .. count) = stage(sums), count in [1, 4]; the stage begins at these columns.
inline void store(const OutputStage& stage, int32x4_t sums, int32_t count, int8_t* out) {
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

// The sums of four right rows, or of one in every lane; `start` goes to every sum.
inline int32x4_t sums_of(const GemmS8& gemm, const int8_t* lhs, const int8_t* rhs, int32_t step, int32_t start) {
  RowSums sums;
  multiply(lhs, rhs, step, gemm.depth, &sums);
  return vmlaq_n_s32(wrap_add(vldrwq_s32(sums.products), start), vldrwq_s32(sums.weights), gemm.lhs_offset);
}

// One left row with all right rows: four at a time, the last ones one by one.
void one_row(const GemmS8& gemm, const int8_t* lhs, int32_t start, int8_t* out) {
  const int32_t depth = gemm.depth;
  const int8_t* rhs = gemm.rhs;
  int32_t column = 0;
  if (gemm.stage.multiplier_step == 0 && gemm.stage.bias != nullptr) {
    const UniformStage stage(gemm.stage);
    for (; column + kLanes <= gemm.columns; column += kLanes, rhs += kLanes * depth) {
      const int32x4_t sums = sums_of(gemm, lhs, rhs, depth, start);
      stage.store(wrap_add(sums, vldrwq_s32(gemm.stage.bias + column)), out + column);
    }
  }
  while (column < gemm.columns) {
    const int32_t count = gemm.columns - column >= kLanes ? kLanes : 1;
    store(gemm.stage.from_channel(column), sums_of(gemm, lhs, rhs, count == 1 ? 0 : depth, start), count, out + column);
    column += count;
    rhs += count * depth;
  }
}

}  // namespace

void gemm_s8(const GemmS8& gemm) {
  const int8_t* lhs = gemm.lhs;
  int8_t* out = gemm.out;
  for (int32_t i = 0; i < gemm.rows; ++i, lhs += gemm.depth, out += gemm.columns) {
    int32_t start = 0;
    if (gemm.rhs_offset != 0) {
      start =
          wrap_mul(arenite::wrap_add(sum_of(lhs, gemm.depth), wrap_mul(gemm.depth, gemm.lhs_offset)), gemm.rhs_offset);
    }
    one_row(gemm, lhs, start, out);
  }
}

}  // namespace arenite::mve
