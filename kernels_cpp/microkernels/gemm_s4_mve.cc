// Four right rows at a time, as in gemm_s8_mve.cc. Even and odd elements of the left row lie apart; a byte of weights
// shifted left, or without its lower half, is a weight 16 times too large.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/columns_mve.h"
#include "kernels_cpp/microkernels/mve.h"

namespace arenite::mve {
namespace {

constexpr int32_t kShift = 4;
constexpr int32_t kChunk = 512;  // bytes of a row that are summed at once; 2^15 would fit

// Groups of 16 even elements and 16 odd ones. The first group may be short, as that of the weights is.
void sort(const GemmS4& gemm, int8_t* to) {
  const int8_t* from = gemm.lhs;
  const int32_t pairs = first_group(gemm.depth / 2);
  for (int32_t i = 0; i < pairs; ++i, from += 2) {
    to[i] = from[0];
    to[kBytes + i] = from[1];
  }
  for (const int8_t* const end = gemm.lhs + gemm.depth; from != end; from += 2 * kBytes) {
    to += 2 * kBytes;
    const int8x16x2_t sorted = vld2q_s8(from);
    vstrbq_s8(to, sorted.val[0]);
    vstrbq_s8(to + kBytes, sorted.val[1]);
  }
}

// The left row and four right rows of `bytes` each, which lie `step` apart. x: the row's first group.
inline void multiply(const int8_t* row, const uint8_t* rhs, int32_t step, int32_t bytes, RowSums* sums) {
  register int32_t first asm("r0") = first_group(bytes);
  register const int8_t* x asm("r1") = row;
  register RowSums* to asm("r2") = sums;
  register const uint8_t* w0 asm("r3") = rhs;
  register const uint8_t* w1 asm("r5") = rhs + step;
  register const uint8_t* end asm("r7") = rhs + bytes;
  register const uint8_t* w2 asm("r9") = rhs + 2 * step;
  register const uint8_t* w3 asm("r11") = rhs + 3 * step;
#define ARENITE_ROW(add, product, sum, row) \
  "vshl.i8 q7, " row                        \
  ", #4\n\t"                                \
  "vmladav" add ".s8 " product              \
  ", q0, q7\n\t"                            \
  "vaddv" add ".s8 " sum                    \
  ", q7\n\t"                                \
  "vand " row ", " row                      \
  ", q5\n\t"                                \
  "vmladava.s8 " product ", q1, " row       \
  "\n\t"                                    \
  "vaddva.s8 " sum ", " row "\n\t"
  asm volatile(
      "push {r2}\n\t"
      "vmov.i8 q5, #0xF0\n\t"
      "vctp.8 r0\n\t"
      "vpstttt\n\t"
      "vldrbt.8 q2, [r3]\n\t"
      "vldrbt.8 q3, [r5]\n\t"
      "vldrbt.8 q4, [r9]\n\t"
      "vldrbt.8 q6, [r11]\n\t"
      "add r3, r3, r0\n\t"
      "add r5, r5, r0\n\t"
      "add r9, r9, r0\n\t"
      "add r11, r11, r0\n\t"
      "vldrb.8 q0, [r1], #16\n\t"
      "vldrb.8 q1, [r1], #16\n\t"
      ARENITE_ROW("", "r0", "r8", "q2")
      ARENITE_ROW("", "r2", "r10", "q3")
      ARENITE_ROW("", "r4", "r12", "q4")
      ARENITE_ROW("", "r6", "lr", "q6")
      "cmp r3, r7\n\t"
      "beq 2f\n\t"
      "1:\n\t"
      "vldrb.8 q0, [r1], #16\n\t"
      "vldrb.8 q1, [r1], #16\n\t"
      "vldrb.8 q2, [r3], #16\n\t"
      ARENITE_ROW("a", "r0", "r8", "q2")
      "vldrb.8 q3, [r5], #16\n\t"
      ARENITE_ROW("a", "r2", "r10", "q3")
      "vldrb.8 q4, [r9], #16\n\t"
      ARENITE_ROW("a", "r4", "r12", "q4")
      "vldrb.8 q6, [r11], #16\n\t"
      ARENITE_ROW("a", "r6", "lr", "q6")
      "cmp r3, r7\n\t"
      "bne 1b\n\t"
      "2: pop {r1}\n\t"
      "stm r1, {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"
      : "+r"(first), "+r"(x), "+r"(to), "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3)
      : "r"(end)
      : "r4", "r6", "r8", "r10", "r12", "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "cc", "memory");
#undef ARENITE_ROW
}

// The sums of four right rows, or of one in every lane; `start` goes to every sum.
int32x4_t sums_of(const GemmS4& gemm, const uint8_t* rhs, int32_t step, int32_t start) {
  const int8_t* x = static_cast<const int8_t*>(gemm.scratch);
  int32x4_t total = vdupq_n_s32(start);
  // A short group comes first, so the chunks behind the first one are whole.
  for (int32_t bytes = gemm.depth / 2; bytes > 0;) {
    const int32_t count = bytes <= kChunk ? bytes : first_group(bytes) + kChunk - kBytes;
    RowSums sums;
    multiply(x, rhs, step, count, &sums);
    total = wrap_add(total, vshrq_n_s32(vldrwq_s32(sums.products), kShift));
    total = vmlaq_n_s32(total, vshrq_n_s32(vldrwq_s32(sums.weights), kShift), gemm.lhs_offset);
    bytes -= count;
    rhs += count;
    x += 2 * (count + kBytes - first_group(count));
  }
  return total;
}

}  // namespace

void gemm_s4(const GemmS4& gemm) {
  sort(gemm, static_cast<int8_t*>(gemm.scratch));
  int32_t start = 0;
  if (gemm.rhs_offset != 0) {
    const int32_t sum = arenite::wrap_add(sum_of(gemm.lhs, gemm.depth), wrap_mul(gemm.depth, gemm.lhs_offset));
    start = wrap_mul(sum, gemm.rhs_offset);
  }
  const uint8_t* rhs = gemm.rhs;
  for_each_four(gemm.stage, gemm.columns, gemm.out, [&](int32_t count) {
    const int32x4_t sums = sums_of(gemm, rhs, count == 1 ? 0 : gemm.row_bytes, start);
    rhs += count * gemm.row_bytes;
    return sums;
  });
}

}  // namespace arenite::mve
