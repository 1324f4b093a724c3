// Left rows of up to kWideDepth elements are widened once, on the stack; then 16 products take 19 instructions. Longer
// or crooked ones meet four right rows at a time: 16 products take 23 instructions.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/columns_dsp.h"
#include "kernels_cpp/microkernels/dsp.h"

namespace arenite::dsp {
namespace {

constexpr int32_t kGroup = 4;  // elements of depth per step
constexpr int32_t kWideDepth = 256;
constexpr int32_t kWideGroup = 8;  // elements of depth per step of the wide loop

inline int32_t multiply_word(Pair even, Pair odd, uint32_t word, int32_t acc) {
  return multiply_add_pairs(odd, odd_bytes(word), multiply_add_pairs(even, even_bytes(word), acc));
}

// Right rows lie `depth` apart. Adds the first 4 * groups products of each to its sum; moves lhs and rhs on.
inline void multiply_groups(const int8_t*& lhs, const int8_t*& rhs, int32_t depth, int32_t groups, Pair offset,
                            Sums& sums) {
  const int32_t depth3 = 3 * depth;
  // Comes in as the end of the left row, which then waits on the stack: all registers are taken.
  uint32_t even = reinterpret_cast<uintptr_t>(lhs + kGroup * groups);
  uint32_t odd;
  uint32_t word;
  uint32_t widened;
#define ARENITE_GROUP                                                                                   \
  "ldr %[even], [%[lhs]], #4\n\t"                                                                       \
  "sxtab16 %[odd], %[offset], %[even], ror #8\n\t"                                                      \
  "sxtab16 %[even], %[offset], %[even]\n\t" ARENITE_DSP_ROW("%[s1]", "ldr %[word], [%[rhs], %[depth]]") \
      ARENITE_DSP_ROW("%[s2]", "ldr %[word], [%[rhs], %[depth], lsl #1]")                               \
          ARENITE_DSP_ROW("%[s3]", "ldr %[word], [%[rhs], %[depth3]]")                                  \
              ARENITE_DSP_ROW("%[s0]", "ldr %[word], [%[rhs]], #4")
  asm("push {%[even]}\n\t"
      "sub %[word], %[even], %[lhs]\n\t"
      "tst %[word], #4\n\t"
      "beq 2f\n\t" ARENITE_GROUP
      "b 2f\n\t"
      "1:\n\t" ARENITE_GROUP ARENITE_GROUP
      "2: ldr %[word], [sp]\n\t"
      "cmp %[lhs], %[word]\n\t"
      "bne 1b\n\t"
      "add sp, #4\n\t"
      : [lhs] "+r"(lhs), [rhs] "+r"(rhs), [s0] "+r"(sums.s0), [s1] "+r"(sums.s1), [s2] "+r"(sums.s2),
        [s3] "+r"(sums.s3), [even] "+r"(even), [odd] "=&r"(odd), [word] "=&r"(word), [widened] "=&r"(widened)
      : [depth] "r"(depth), [depth3] "r"(depth3), [offset] "r"(offset)
      : "cc", "memory");
#undef ARENITE_GROUP
}

// The last 1 to 3 elements of depth. Left lanes beyond them meet zero weights.
inline void multiply_rest(const int8_t* lhs, const int8_t* rhs, int32_t depth, int32_t count, Pair offset, Sums& sums) {
  const uint32_t word = load_partial_word(lhs, count);
  const Pair even = add_even_bytes(offset, word);
  const Pair odd = add_odd_bytes(offset, word);
  sums.s0 = multiply_word(even, odd, load_partial_word(rhs, count), sums.s0);
  sums.s1 = multiply_word(even, odd, load_partial_word(rhs + depth, count), sums.s1);
  sums.s2 = multiply_word(even, odd, load_partial_word(rhs + 2 * depth, count), sums.s2);
  sums.s3 = multiply_word(even, odd, load_partial_word(rhs + 3 * depth, count), sums.s3);
}

// Not inlined: the registers of a loop around it would be missing inside.
__attribute__((noinline)) void four_columns(const GemmS8& gemm, const int8_t* lhs, int32_t start, int32_t column,
                                            int8_t* out) {
  const OutputStage& stage = gemm.stage;
  const int32_t depth = gemm.depth;
  const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * depth;
  const Pair offset = both(gemm.lhs_offset);
  Sums sums = start_sums(stage, start, column);
  multiply_groups(lhs, rhs, depth, static_cast<int32_t>(static_cast<uint32_t>(depth) / kGroup), offset, sums);
  const int32_t rest = depth & (kGroup - 1);
  if (rest != 0) multiply_rest(lhs, rhs, depth, rest, offset, sums);
  store(stage, column, out + column, sums);
}

// What is left of the columns; reads one byte at a time.
void one_column(const GemmS8& gemm, const int8_t* lhs, int32_t start, int32_t column, int8_t* out) {
  const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * gemm.depth;
  int32_t acc = wrap_add(start, gemm.stage.bias_of(column));
  for (int32_t k = 0; k < gemm.depth; ++k) acc = wrap_add(acc, (lhs[k] + gemm.lhs_offset) * rhs[k]);
  out[column] = gemm.stage.apply(acc, gemm.stage.multiplier_of(column));
}

bool fits_wide(const GemmS8& gemm) {
  const bool words = reinterpret_cast<uintptr_t>(gemm.rhs) % sizeof(uint32_t) == 0;  // LDRD wants aligned words
  return words && gemm.depth % kWideGroup == 0 && gemm.depth <= kWideDepth;
}

// wide[g][0] = elements 4g, 4g + 2    wide[g][1] = elements 4g + 1, 4g + 3
void widen(const int8_t* lhs, int32_t depth, Pair offset, Pair* wide) {
  for (const int8_t* const end = lhs + depth; lhs != end; lhs += kGroup) {
    const uint32_t word = load_word(lhs);
    *wide++ = add_even_bytes(offset, word);
    *wide++ = add_odd_bytes(offset, word);
  }
}

// Adds the products of a widened left row with two right rows that follow each other; returns the end of the second.
// depth is a multiple of 8, > 0.
inline const int8_t* multiply_wide(const Pair* wide, const int8_t* rhs, int32_t depth, int32_t& s0, int32_t& s1) {
  const Pair* const end = wide + static_cast<uint32_t>(depth) / 2;
  const int8_t* next = rhs + depth;
  uint32_t low;
  uint32_t high;
  uint32_t widened;
#define ARENITE_ROW(sum, row)            \
  "ldrd %[low], %[high], [" row          \
  "], #8\n\t"                            \
  "sxtb16 %[widened], %[low]\n\t"        \
  "smlad " sum ", r8, %[widened], " sum  \
  "\n\t"                                 \
  "sxtb16 %[low], %[low], ror #8\n\t"    \
  "smlad " sum ", r9, %[low], " sum      \
  "\n\t"                                 \
  "sxtb16 %[widened], %[high]\n\t"       \
  "smlad " sum ", r10, %[widened], " sum \
  "\n\t"                                 \
  "sxtb16 %[high], %[high], ror #8\n\t"  \
  "smlad " sum ", r11, %[high], " sum "\n\t"
#define ARENITE_GROUP "ldmia %[wide]!, {r8-r11}\n\t" ARENITE_ROW("%[s0]", "%[rhs]") ARENITE_ROW("%[s1]", "%[next]")
  asm("sub %[low], %[end], %[wide]\n\t"
      "tst %[low], #16\n\t"
      "bne 2f\n\t"  // an odd number of groups starts in the middle
      "1:\n\t" ARENITE_GROUP "2:\n\t" ARENITE_GROUP
      "cmp %[wide], %[end]\n\t"
      "bne 1b\n\t"
      : [wide] "+r"(wide), [rhs] "+r"(rhs), [next] "+r"(next), [s0] "+r"(s0), [s1] "+r"(s1), [low] "=&r"(low),
        [high] "=&r"(high), [widened] "=&r"(widened)
      : [end] "r"(end)
      : "r8", "r9", "r10", "r11", "cc", "memory");
#undef ARENITE_GROUP
#undef ARENITE_ROW
  return next;
}

__attribute__((noinline)) void four_columns_wide(const GemmS8& gemm, const Pair* wide, int32_t start, int32_t column,
                                                 int8_t* out) {
  const OutputStage& stage = gemm.stage;
  const int32_t depth = gemm.depth;
  const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * depth;
  Sums sums = start_sums(stage, start, column);
  rhs = multiply_wide(wide, rhs, depth, sums.s0, sums.s1);
  multiply_wide(wide, rhs, depth, sums.s2, sums.s3);
  store(stage, column, out + column, sums);
}

}  // namespace

void gemm_s8(const GemmS8& gemm) {
  Pair widened[kWideDepth / 2];
  const bool wide = fits_wide(gemm);
  const int8_t* lhs = gemm.lhs;
  int8_t* out = gemm.out;
  for (int32_t i = 0; i < gemm.rows; ++i, lhs += gemm.depth, out += gemm.columns) {
    int32_t start = 0;
    if (gemm.rhs_offset != 0) start = wrap_mul(row_sum(lhs, gemm.depth, gemm.lhs_offset), gemm.rhs_offset);
    if (wide) widen(lhs, gemm.depth, both(gemm.lhs_offset), widened);
    int32_t column = 0;
    for (; column + kColumns <= gemm.columns; column += kColumns) {
      if (wide) {
        four_columns_wide(gemm, widened, start, column, out);
      } else {
        four_columns(gemm, lhs, start, column, out);
      }
    }
    for (; column < gemm.columns; ++column) one_column(gemm, lhs, start, column, out);
  }
}

}  // namespace arenite::dsp
