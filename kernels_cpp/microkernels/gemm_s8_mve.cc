// Four right rows at a time: VMLADAVA adds 16 products to one sum. The left offset is not added to the elements; the
// right rows are summed beside the products, and the offset times these sums is added at the end.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/columns_mve.h"
#include "kernels_cpp/microkernels/mve.h"

namespace arenite::mve {
namespace {

// The left row and four right rows of `depth` elements each, which lie `step` apart. Returns the end of the last one.
inline const int8_t* multiply(const int8_t* lhs, const int8_t* rhs, int32_t step, int32_t depth, RowSums* sums) {
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
#define ARENITE_GROUP                                                                                               \
  "vldrb.8 q0, [r1], #16\n\t"                                                                                       \
  "vldrb.8 q1, [r3], #16\n\t" ARENITE_ROW("a", "r0", "r8", "q1") "vldrb.8 q2, [r5], #16\n\t" ARENITE_ROW(           \
      "a", "r2", "r10",                                                                                             \
      "q2") "vldrb.8 q3, [r9], #16\n\t" ARENITE_ROW("a", "r4", "r12",                                               \
                                                    "q3") "vldrb.8 q1, [r11], #16\n\t" ARENITE_ROW("a", "r6", "lr", \
                                                                                                   "q1")
  asm volatile(
      "push {r2}\n\t"
      "sub r2, r7, r1\n\t"
      "sub r2, r2, #1\n\t"
      "lsrs r2, r2, #5\n\t"  // carry: odd; zero: less than two. Nothing before the branches changes the flags
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
      "bcs 3f\n\t"  // an odd number of whole groups starts in the middle
      "beq 2f\n\t"
      "1:\n\t" ARENITE_GROUP "3:\n\t" ARENITE_GROUP
      "cmp r1, r7\n\t"
      "bne 1b\n\t"
      "2: pop {r1}\n\t"
      "stm r1, {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"
      : "+r"(first), "+r"(x), "+r"(to), "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3)
      : "r"(end)
      : "r4", "r6", "r8", "r10", "r12", "lr", "q0", "q1", "q2", "q3", "cc", "memory");
#undef ARENITE_GROUP
#undef ARENITE_ROW
  return w3;
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
    const int8_t* rhs = gemm.rhs;
    // The sums of the next four right rows, or of one in every lane.
    const auto next_sums = [&](int32_t count) __attribute__((always_inline)) {
      RowSums sums;
      rhs = multiply(lhs, rhs, count == 1 ? 0 : gemm.depth, gemm.depth, &sums);
      return vmlaq_n_s32(wrap_add(vldrwq_s32(sums.products), start), vldrwq_s32(sums.weights), gemm.lhs_offset);
    };
    for_each_four(gemm.stage, gemm.columns, out, next_sums);
  }
}

}  // namespace arenite::mve
