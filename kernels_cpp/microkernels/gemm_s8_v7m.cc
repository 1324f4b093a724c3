// Four right rows share a left row, which is widened once on the stack, with its offset added, up to kWideDepth
// elements: 32 products take 70 instructions. Longer left rows are widened for each four right rows: 82 instructions.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/requantize_v7m.h"
#include "kernels_cpp/microkernels/v7m.h"

namespace arenite::v7m {
namespace {

constexpr int32_t kBlock = 4;  // right rows that share the left one
constexpr int32_t kGroup = 4;  // elements of depth per step
constexpr int32_t kWideDepth = 128;

struct Sums {
  int32_t s0, s1, s2, s3;
};

// sum_k (lhs[k] + offset), what a right-hand offset is multiplied with.
int32_t row_sum(const int8_t* lhs, int32_t depth, int32_t offset) {
  int32_t sum = depth * offset;
  for (int32_t k = 0; k < depth; ++k) sum += lhs[k];
  return sum;
}

// Where the next element of each right row lies.
struct RightRows {
  const int8_t* r0;
  const int8_t* r1;
  const int8_t* r2;
  const int8_t* r3;
};

#define ARENITE_PRODUCT(sum, row, x) \
  "ldrsb %[w], [" row                \
  "], #1\n\t"                        \
  "mla " sum ", %[w], " x ", " sum "\n\t"
#define ARENITE_SUMS [s0] "+r"(sums.s0), [s1] "+r"(sums.s1), [s2] "+r"(sums.s2), [s3] "+r"(sums.s3)
#define ARENITE_ROWS [r0] "+r"(rows.r0), [r1] "+r"(rows.r1), [r2] "+r"(rows.r2), [r3] "+r"(rows.r3)

// Adds the products with lhs[0 .. depth); depth is a multiple of 4, > 0.
inline void multiply(const int8_t* lhs, int32_t depth, int32_t offset, RightRows& rows, Sums& sums) {
  const int8_t* const end = lhs + depth;
  int32_t x;
  int32_t w;
#define ARENITE_ELEMENT                                                                                               \
  "ldrsb %[x], [%[lhs]], #1\n\t"                                                                                      \
  "add %[x], %[x], %[offset]\n\t" ARENITE_PRODUCT("%[s0]", "%[r0]", "%[x]") ARENITE_PRODUCT("%[s1]", "%[r1]", "%[x]") \
      ARENITE_PRODUCT("%[s2]", "%[r2]", "%[x]") ARENITE_PRODUCT("%[s3]", "%[r3]", "%[x]")
#define ARENITE_GROUP ARENITE_ELEMENT ARENITE_ELEMENT ARENITE_ELEMENT ARENITE_ELEMENT
  asm("sub %[x], %[end], %[lhs]\n\t"
      "tst %[x], #4\n\t"
      "bne 2f\n\t"  // an odd number of groups starts in the middle
      "1:\n\t" ARENITE_GROUP "2:\n\t" ARENITE_GROUP
      "cmp %[lhs], %[end]\n\t"
      "bne 1b\n\t"
      : ARENITE_SUMS, ARENITE_ROWS, [lhs] "+r"(lhs), [x] "=&r"(x), [w] "=&r"(w)
      : [offset] "r"(offset), [end] "r"(end)
      : "cc", "memory");
#undef ARENITE_ELEMENT
#undef ARENITE_GROUP
}

// The same with a left row that is widened already.
inline void multiply_wide(const int32_t* wide, int32_t depth, RightRows& rows, Sums& sums) {
  const int32_t* const end = wide + depth;
  int32_t x;
  int32_t next;
  int32_t w;
#define ARENITE_ROW(sum, row) ARENITE_PRODUCT(sum, row, "%[x]") ARENITE_PRODUCT(sum, row, "%[next]")
#define ARENITE_TWO_ELEMENTS                                                                          \
  "ldrd %[x], %[next], [%[wide]], #8\n\t" ARENITE_ROW("%[s0]", "%[r0]") ARENITE_ROW("%[s1]", "%[r1]") \
      ARENITE_ROW("%[s2]", "%[r2]") ARENITE_ROW("%[s3]", "%[r3]")
#define ARENITE_GROUP ARENITE_TWO_ELEMENTS ARENITE_TWO_ELEMENTS
  asm("sub %[x], %[end], %[wide]\n\t"
      "tst %[x], #16\n\t"
      "bne 2f\n\t"
      "1:\n\t" ARENITE_GROUP "2:\n\t" ARENITE_GROUP
      "cmp %[wide], %[end]\n\t"
      "bne 1b\n\t"
      : ARENITE_SUMS, ARENITE_ROWS, [wide] "+r"(wide), [x] "=&r"(x), [next] "=&r"(next), [w] "=&r"(w)
      : [end] "r"(end)
      : "cc", "memory");
#undef ARENITE_ROW
#undef ARENITE_TWO_ELEMENTS
#undef ARENITE_GROUP
}
#undef ARENITE_PRODUCT
#undef ARENITE_SUMS
#undef ARENITE_ROWS

inline int8_t finish(const OutputStage& stage, int32_t column, int32_t sum) {
  const int32_t value = requantize(sum, stage.multiplier_of(column), stage.zero_point);
  return static_cast<int8_t>(clamp(value, stage.min, stage.max));
}

// `wide`: the left row widened, or null. Not inlined: the registers of a loop around it would be missing inside.
__attribute__((noinline)) void four_columns(const GemmS8& gemm, const int8_t* lhs, const int32_t* wide, int32_t start,
                                            int32_t column, int8_t* out) {
  const OutputStage& stage = gemm.stage;
  const int32_t depth = gemm.depth;
  const int32_t groups_depth = depth & ~(kGroup - 1);
  const int8_t* const rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * depth;
  RightRows rows = {rhs, rhs + depth, rhs + 2 * depth, rhs + 3 * depth};
  Sums sums = {wrap_add(start, stage.bias_of(column)), wrap_add(start, stage.bias_of(column + 1)),
               wrap_add(start, stage.bias_of(column + 2)), wrap_add(start, stage.bias_of(column + 3))};
  if (wide != nullptr) {
    multiply_wide(wide, groups_depth, rows, sums);
  } else {
    multiply(lhs, groups_depth, gemm.lhs_offset, rows, sums);
  }
  for (int32_t k = groups_depth; k < depth; ++k) {
    const int32_t x = lhs[k] + gemm.lhs_offset;
    sums.s0 = wrap_add(sums.s0, x * *rows.r0++);
    sums.s1 = wrap_add(sums.s1, x * *rows.r1++);
    sums.s2 = wrap_add(sums.s2, x * *rows.r2++);
    sums.s3 = wrap_add(sums.s3, x * *rows.r3++);
  }
  out[column] = finish(stage, column, sums.s0);
  out[column + 1] = finish(stage, column + 1, sums.s1);
  out[column + 2] = finish(stage, column + 2, sums.s2);
  out[column + 3] = finish(stage, column + 3, sums.s3);
}

int8_t one_column(const GemmS8& gemm, const int8_t* lhs, int32_t start, int32_t column) {
  const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * gemm.depth;
  int32_t sum = wrap_add(start, gemm.stage.bias_of(column));
  for (int32_t k = 0; k < gemm.depth; ++k) sum = wrap_add(sum, (lhs[k] + gemm.lhs_offset) * rhs[k]);
  return finish(gemm.stage, column, sum);
}

}  // namespace

void gemm_s8(const GemmS8& gemm) {
  if (gemm.depth < kGroup || !shifts_right(gemm.stage, gemm.columns)) {
    portable::gemm_s8(gemm);
    return;
  }
  int32_t widened[kWideDepth];
  const int32_t* const wide = gemm.depth <= kWideDepth ? widened : nullptr;
  const int8_t* lhs = gemm.lhs;
  int8_t* out = gemm.out;
  for (int32_t i = 0; i < gemm.rows; ++i, lhs += gemm.depth, out += gemm.columns) {
    int32_t start = 0;
    if (gemm.rhs_offset != 0) start = wrap_mul(row_sum(lhs, gemm.depth, gemm.lhs_offset), gemm.rhs_offset);
    for (int32_t k = 0; wide != nullptr && k < gemm.depth; ++k) widened[k] = lhs[k] + gemm.lhs_offset;
    int32_t column = 0;
    for (; column + kBlock <= gemm.columns; column += kBlock) four_columns(gemm, lhs, wide, start, column, out);
    for (; column < gemm.columns; ++column) out[column] = one_column(gemm, lhs, start, column);
  }
}

}  // namespace arenite::v7m
