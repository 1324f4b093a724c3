// One left row against four right rows: 16 products take 25 instructions, nothing is widened in memory.
#include "kernels_cpp/microkernels/dsp.h"
#include "kernels_cpp/microkernels/dsp_instructions.h"

namespace arenite::dsp {
namespace {

constexpr int32_t kGroup = 4;
constexpr int32_t kBlock = 4;  // right rows per step

int32_t row_sum(const int8_t* lhs, int32_t depth, int32_t offset) {
  int32_t sum = depth * offset;
  for (int32_t k = 0; k < depth; ++k) sum = wrap_add(sum, lhs[k]);
  return sum;
}

inline int32_t multiply_word(Pair even, Pair odd, uint32_t word, int32_t acc) {
  return multiply_add_pairs(odd, odd_bytes(word), multiply_add_pairs(even, even_bytes(word), acc));
}

template <int32_t kCount>
inline void multiply_rows(const int8_t* lhs, const int8_t* rhs, int32_t depth, Pair offset, int32_t (&acc)[kCount]) {
  const int8_t* const end = lhs + (depth & ~(kGroup - 1));
  for (; lhs != end; lhs += kGroup, rhs += kGroup) {
    const uint32_t word = load_word(lhs);
    const Pair even = add_even_bytes(offset, word);
    const Pair odd = add_odd_bytes(offset, word);
#pragma GCC unroll 4
    for (int32_t i = 0; i < kCount; ++i) acc[i] = multiply_word(even, odd, load_word(rhs + i * depth), acc[i]);
  }
  const int32_t rest = depth % kGroup;
  if (rest == 0) return;
  const uint32_t word = load_partial_word(lhs, rest);
  const Pair even = add_even_bytes(offset, word);
  const Pair odd = add_odd_bytes(offset, word);  // lanes without a left element meet zero weights
#pragma GCC unroll 4
  for (int32_t i = 0; i < kCount; ++i)
    acc[i] = multiply_word(even, odd, load_partial_word(rhs + i * depth, rest), acc[i]);
}

template <int32_t kCount>
void column_block(const GemmS8& gemm, const int8_t* lhs, int32_t start, int32_t column, int8_t* out) {
  int32_t acc[kCount];
  for (int32_t i = 0; i < kCount; ++i) acc[i] = wrap_add(start, gemm.stage.bias_of(column + i));
  const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * gemm.depth;
  multiply_rows<kCount>(lhs, rhs, gemm.depth, both(gemm.lhs_offset), acc);
  for (int32_t i = 0; i < kCount; ++i) {
    out[column + i] = gemm.stage.apply(acc[i], gemm.stage.multiplier_of(column + i));
  }
}

}  // namespace

void gemm_s8(const GemmS8& gemm) {
  const int8_t* lhs = gemm.lhs;
  int8_t* out = gemm.out;
  for (int32_t i = 0; i < gemm.rows; ++i, lhs += gemm.depth, out += gemm.columns) {
    int32_t start = 0;
    if (gemm.rhs_offset != 0) start = wrap_mul(row_sum(lhs, gemm.depth, gemm.lhs_offset), gemm.rhs_offset);
    int32_t column = 0;
    for (; column + kBlock <= gemm.columns; column += kBlock) column_block<kBlock>(gemm, lhs, start, column, out);
    for (; column < gemm.columns; ++column) column_block<1>(gemm, lhs, start, column, out);
  }
}

}  // namespace arenite::dsp
