// As in gemm_s4_dsp.cc: the left row is widened and sorted once, a mask leaves the highest field of each half of a
// word, and SMLAD takes it as a signed number of 16 bits that is 2^14 (binary: 2^15) times too large. Shifting and
// masking are one instruction, so that two products take two. The sums are brought down before they would leave 32
// bits.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/columns_dsp.h"
#include "kernels_cpp/microkernels/dsp.h"

namespace arenite::dsp {
namespace {

template <int32_t kBits>
struct Fields {
  static constexpr int32_t kInWord = 32 / kBits;
  static constexpr int32_t kInHalf = 16 / kBits;
  static constexpr uint32_t kMask = ((1u << kBits) - 1) * ((1u << (32 - kBits)) | (1u << (16 - kBits)));
  static constexpr int32_t kShift = 16 - kBits;
  // Words whose sum fits: 512 * 255 * 2^14 and 256 * 255 * 2^15 are below 2^31.
  static constexpr int32_t kChunk = kBits == 2 ? 32 : 8;
};

// wide[0 .. kInHalf) of a group of kInWord elements: elements (kInHalf - 1 - i, kInWord - 1 - i), as shifts by i fields
// uncover them.
template <int32_t kBits>
inline void widen_group(const int8_t* from, Pair offset, Pair* wide) {
  constexpr int32_t kHalf = Fields<kBits>::kInHalf;
  for (int32_t i = 0; i < kHalf; i += 4) {
    const uint32_t low = load_word(from + i), high = load_word(from + kHalf + i);
    const Pair x02 = add_even_bytes(offset, low), x13 = add_odd_bytes(offset, low);
    const Pair y02 = add_even_bytes(offset, high), y13 = add_odd_bytes(offset, high);
    Pair* const to = wide + (kHalf - 4 - i);
    to[0] = upper_halves(x13, y13);
    to[1] = upper_halves(x02, y02);
    to[2] = lower_halves(x13, y13);
    to[3] = lower_halves(x02, y02);
  }
}

// Elements beyond the row are 0.
template <int32_t kBits>
void widen(const GemmPacked& gemm, Pair* wide) {
  constexpr int32_t kGroup = Fields<kBits>::kInWord;
  const int8_t* lhs = gemm.lhs;
  for (int32_t left = gemm.rhs.depth; left > 0; left -= kGroup, lhs += kGroup, wide += kGroup / 2) {
    int8_t last[kGroup];
    const int8_t* const from = whole_group(lhs, left, gemm.lhs_offset, last);
    widen_group<kBits>(from, both(gemm.lhs_offset), wide);
  }
}

#define ARENITE_PRODUCTS(x, shift)           \
  "and %[half], %[mask], %[w0], lsl #" shift \
  "\n\t"                                     \
  "smlad %[s0], " x                          \
  ", %[half], %[s0]\n\t"                     \
  "and %[half], %[mask], %[w1], lsl #" shift \
  "\n\t"                                     \
  "smlad %[s1], " x ", %[half], %[s1]\n\t"
#define ARENITE_FOUR(first, second) \
  "ldrd %[x0], %[x1], [%[wide]], #8\n\t" ARENITE_PRODUCTS("%[x0]", first) ARENITE_PRODUCTS("%[x1]", second)
// Adds the products of words up to `end` with two right rows, 2^kShift times too large; moves all three on.
#define ARENITE_LOOP(steps)                                                                                          \
  asm("1:\n\t"                                                                                                       \
      "ldr %[w0], [%[first]], #4\n\t"                                                                                \
      "ldr %[w1], [%[second]], #4\n\t" steps                                                                         \
      "cmp %[first], %[end]\n\t"                                                                                     \
      "bne 1b\n\t"                                                                                                   \
      : [wide] "+r"(wide), [first] "+r"(first), [second] "+r"(second), [s0] "+r"(s0), [s1] "+r"(s1), [w0] "=&r"(w0), \
        [w1] "=&r"(w1), [x0] "=&r"(x0), [x1] "=&r"(x1), [half] "=&r"(half)                                           \
      : [end] "r"(end), [mask] "r"(Fields<kBits>::kMask)                                                             \
      : "cc", "memory")

template <int32_t kBits>
inline void multiply_words(const Pair*& wide, const uint32_t*& first, const uint32_t*& second, const uint32_t* end,
                           int32_t& s0, int32_t& s1) {
  uint32_t w0, w1, x0, x1, half;
  if constexpr (kBits == 2) {
    ARENITE_LOOP(ARENITE_FOUR("0", "2") ARENITE_FOUR("4", "6") ARENITE_FOUR("8", "10") ARENITE_FOUR("12", "14"));
  } else {
    ARENITE_LOOP(ARENITE_FOUR("0", "1") ARENITE_FOUR("2", "3") ARENITE_FOUR("4", "5") ARENITE_FOUR("6", "7")
                     ARENITE_FOUR("8", "9") ARENITE_FOUR("10", "11") ARENITE_FOUR("12", "13") ARENITE_FOUR("14", "15"));
  }
}
#undef ARENITE_LOOP
#undef ARENITE_FOUR
#undef ARENITE_PRODUCTS

// Adds the products with two right rows to a and b. Not inlined: the registers of a loop around it would be missing
// inside.
template <int32_t kBits>
__attribute__((noinline)) void two_rows(const Pair* wide, const uint32_t* first, const uint32_t* second, int32_t words,
                                        int32_t& a, int32_t& b) {
  using F = Fields<kBits>;
  int32_t sum0 = 0, sum1 = 0;
  for (; words > 0; words -= F::kChunk) {
    int32_t s0 = 0, s1 = 0;
    multiply_words<kBits>(wide, first, second, first + (words < F::kChunk ? words : F::kChunk), s0, s1);
    sum0 = wrap_add(sum0, s0 >> F::kShift);
    sum1 = wrap_add(sum1, s1 >> F::kShift);
  }
  a = wrap_add(a, kBits == 1 ? 2 * sum0 : sum0);
  b = wrap_add(b, kBits == 1 ? 2 * sum1 : sum1);
}

template <int32_t kBits>
void multiply_rows(const GemmPacked& gemm) {
  Pair* const wide = static_cast<Pair*>(gemm.scratch);
  widen<kBits>(gemm, wide);
  const int32_t start = kBits == 1 ? row_sum(gemm.lhs, gemm.rhs.depth, gemm.lhs_offset) : 0;
  const int32_t words = gemm.rhs.row_words();
  const uint32_t* rhs = gemm.rhs.words;
  int32_t column = 0;
  for (; column + kColumns <= gemm.columns; column += kColumns, rhs += kColumns * words) {
    Sums sums = start_sums(gemm.stage, start, column);
    two_rows<kBits>(wide, rhs, rhs + words, words, sums.s0, sums.s1);
    two_rows<kBits>(wide, rhs + 2 * words, rhs + 3 * words, words, sums.s2, sums.s3);
    store(gemm.stage, column, gemm.out + column, sums);
  }
  for (; column < gemm.columns; ++column, rhs += words) {
    int32_t sum = wrap_add(start, gemm.stage.bias_of(column)), same = 0;
    two_rows<kBits>(wide, rhs, rhs, words, sum, same);
    gemm.out[column] = gemm.stage.apply(sum, gemm.stage.multiplier_of(column));
  }
}

}  // namespace

void gemm_packed(const GemmPacked& gemm) {
  if (gemm.rhs.bits == 1) {
    multiply_rows<1>(gemm);
  } else {
    multiply_rows<2>(gemm);
  }
}

}  // namespace arenite::dsp
