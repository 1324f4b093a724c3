// The left row is widened and sorted once, in scratch. Masked in the upper four bits of each half, weights are signed
// numbers of 16 bits, 2^12 times too large, and need no unpacking: shifting and masking are one instruction, so that 16
// products take 19. The sums are brought down before they would leave 32 bits.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/columns_dsp.h"
#include "kernels_cpp/microkernels/dsp.h"

namespace arenite::dsp {
namespace {

constexpr int32_t kGroup = 8;  // weights in a word
// Products whose sum fits: 256 * 255 * 8 * 2^12 < 2^31.
constexpr int32_t kChunk = 256;
constexpr int32_t kShift = 12;
constexpr int32_t kBytesPerGroup = kGroup / 2;

// wide[0 .. 4) of a group of eight: elements (3, 7), (2, 6), (1, 5), (0, 4), as the masks uncover them. Elements beyond
// the row are 0.
void widen(const GemmS4& gemm, Pair* wide) {
  const Pair offset = both(gemm.lhs_offset);
  const int8_t* lhs = gemm.lhs;
  for (int32_t left = gemm.depth; left > 0; left -= kGroup, lhs += kGroup, wide += 4) {
    int8_t last[kGroup];
    const int8_t* const from = whole_group(lhs, left, gemm.lhs_offset, last);
    const uint32_t low = load_word(from), high = load_word(from + 4);
    const Pair x02 = add_even_bytes(offset, low), x13 = add_odd_bytes(offset, low);
    const Pair x46 = add_even_bytes(offset, high), x57 = add_odd_bytes(offset, high);
    wide[0] = upper_halves(x13, x57);
    wide[1] = upper_halves(x02, x46);
    wide[2] = lower_halves(x13, x57);
    wide[3] = lower_halves(x02, x46);
  }
}

#define ARENITE_ROW(sum)                       \
  "and %[half], %[mask], %[word]\n\t"          \
  "smlad " sum ", r8, %[half], " sum           \
  "\n\t"                                       \
  "and %[half], %[mask], %[word], lsl #4"      \
  "\n\t"                                       \
  "smlad " sum ", r9, %[half], " sum           \
  "\n\t"                                       \
  "and %[half], %[mask], %[word], lsl #8"      \
  "\n\t"                                       \
  "smlad " sum ", r10, %[half], " sum          \
  "\n\t"                                       \
  "and %[half], %[mask], %[word], lsl #12\n\t" \
  "smlad " sum ", r11, %[half], " sum "\n\t"

// Adds the products of `groups` > 0 groups with two right rows, 2^kShift times too large; moves all three on.
inline void multiply_groups(const Pair*& wide, const uint8_t*& rhs, const uint8_t*& next, int32_t groups, int32_t& s0,
                            int32_t& s1) {
  const Pair* const end = wide + 4 * groups;
  uint32_t word;
  uint32_t half;
#define ARENITE_GROUP            \
  "ldmia %[wide]!, {r8-r11}\n\t" \
  "ldr %[word], [%[rhs]], #4\n\t" ARENITE_ROW("%[s0]") "ldr %[word], [%[next]], #4\n\t" ARENITE_ROW("%[s1]")
  asm("sub %[half], %[end], %[wide]\n\t"
      "tst %[half], #16\n\t"
      "bne 2f\n\t"  // an odd number of groups starts in the middle
      "1:\n\t" ARENITE_GROUP "2:\n\t" ARENITE_GROUP
      "cmp %[wide], %[end]\n\t"
      "bne 1b\n\t"
      : [wide] "+r"(wide), [rhs] "+r"(rhs), [next] "+r"(next), [s0] "+r"(s0), [s1] "+r"(s1), [word] "=&r"(word),
        [half] "=&r"(half)
      : [end] "r"(end), [mask] "r"(0xF000F000u)
      : "r8", "r9", "r10", "r11", "cc", "memory");
#undef ARENITE_GROUP
}

// One group whose weights are in `word`.
inline int32_t multiply_word(const Pair* wide, uint32_t word) {
  constexpr uint32_t kMask = 0xF000F000u;
  int32_t sum = multiply_add_pairs(wide[0], word & kMask, 0);
  sum = multiply_add_pairs(wide[1], (word << 4) & kMask, sum);
  sum = multiply_add_pairs(wide[2], (word << 8) & kMask, sum);
  return multiply_add_pairs(wide[3], (word << 12) & kMask, sum) >> kShift;
}

// What is left of a row of less than a group; `bytes` of weights in [1, 3].
inline int32_t multiply_rest(const Pair* wide, const uint8_t* rhs, int32_t bytes) {
  return multiply_word(wide, load_partial_word(reinterpret_cast<const int8_t*>(rhs), bytes));
}

// Adds the products with two right rows to a and b. Not inlined: the registers of a loop around it would be missing
// inside.
__attribute__((noinline)) void two_rows(const Pair* wide, const uint8_t* rhs, const GemmS4& gemm, int32_t& a,
                                        int32_t& b) {
  const int32_t depth = gemm.depth;
  const uint8_t* next = rhs + gemm.row_bytes;
  int32_t left = depth;
  for (; left >= kGroup; left -= kChunk) {
    const int32_t groups = static_cast<int32_t>(static_cast<uint32_t>(left < kChunk ? left : kChunk) / kGroup);
    int32_t s0 = 0, s1 = 0;
    multiply_groups(wide, rhs, next, groups, s0, s1);
    a = wrap_add(a, s0 >> kShift);
    b = wrap_add(b, s1 >> kShift);
  }
  const int32_t bytes = (depth & (kGroup - 1)) >> 1;
  if (bytes == 0) return;
  a = wrap_add(a, multiply_rest(wide, rhs, bytes));
  b = wrap_add(b, multiply_rest(wide, next, bytes));
}

void one_column(const GemmS4& gemm, const Pair* wide, int32_t start, int32_t column) {
  const uint8_t* rhs = gemm.rhs + column * gemm.row_bytes;
  int32_t sum = wrap_add(start, gemm.stage.bias_of(column));
  int32_t bytes = gemm.depth / 2;
  for (; bytes >= kBytesPerGroup; bytes -= kBytesPerGroup, rhs += kBytesPerGroup, wide += 4) {
    sum = wrap_add(sum, multiply_word(wide, load_word(reinterpret_cast<const int8_t*>(rhs))));
  }
  if (bytes != 0) sum = wrap_add(sum, multiply_rest(wide, rhs, bytes));
  gemm.out[column] = gemm.stage.apply(sum, gemm.stage.multiplier_of(column));
}

}  // namespace

void gemm_s4(const GemmS4& gemm) {
  Pair* const wide = static_cast<Pair*>(gemm.scratch);
  widen(gemm, wide);
  int32_t start = 0;
  if (gemm.rhs_offset != 0) start = wrap_mul(row_sum(gemm.lhs, gemm.depth, gemm.lhs_offset), gemm.rhs_offset);
  const uint8_t* rhs = gemm.rhs;
  int32_t column = 0;
  for (; column + kColumns <= gemm.columns; column += kColumns, rhs += kColumns * gemm.row_bytes) {
    Sums sums = start_sums(gemm.stage, start, column);
    two_rows(wide, rhs, gemm, sums.s0, sums.s1);
    two_rows(wide, rhs + 2 * gemm.row_bytes, gemm, sums.s2, sums.s3);
    store(gemm.stage, column, gemm.out + column, sums);
  }
  for (; column < gemm.columns; ++column) one_column(gemm, wide, start, column);
}

}  // namespace arenite::dsp
