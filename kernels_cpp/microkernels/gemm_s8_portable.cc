#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {
namespace {

constexpr int32_t kBlock = 4;  // columns that share the loads of one left row

// sum_k (lhs[k] + offset), what a right-hand offset is multiplied with.
uint32_t row_sum(const int8_t* lhs, int32_t depth, int32_t offset) {
  uint32_t sum = 0;
  for (int32_t k = 0; k < depth; ++k) sum += static_cast<uint32_t>(lhs[k] + offset);
  return sum;
}

inline uint32_t product(int32_t a, int32_t b) { return static_cast<uint32_t>(a * b); }

// The sums are scalars, because compilers keep arrays in memory.
void four_columns(const GemmS8& gemm, const int8_t* lhs, uint32_t start, int32_t column, int8_t* out) {
  const OutputStage stage = gemm.stage.from_channel(column);
  const int32_t depth = gemm.depth;
  const int32_t offset = gemm.lhs_offset;
  const int8_t* const end = lhs + depth;
  const int8_t* r0 = gemm.rhs + static_cast<ptrdiff_t>(column) * depth;
  const int8_t* r2 = r0 + 2 * depth;
  uint32_t s0 = start + static_cast<uint32_t>(stage.bias_of(0));
  uint32_t s1 = start + static_cast<uint32_t>(stage.bias_of(1));
  uint32_t s2 = start + static_cast<uint32_t>(stage.bias_of(2));
  uint32_t s3 = start + static_cast<uint32_t>(stage.bias_of(3));
  for (; lhs != end; ++lhs, ++r0, ++r2) {
    const int32_t x = *lhs + offset;
    s0 += product(x, r0[0]);
    s1 += product(x, r0[depth]);
    s2 += product(x, r2[0]);
    s3 += product(x, r2[depth]);
  }
  out[0] = stage.apply(static_cast<int32_t>(s0), stage.multiplier_of(0));
  out[1] = stage.apply(static_cast<int32_t>(s1), stage.multiplier_of(1));
  out[2] = stage.apply(static_cast<int32_t>(s2), stage.multiplier_of(2));
  out[3] = stage.apply(static_cast<int32_t>(s3), stage.multiplier_of(3));
}

int8_t one_column(const GemmS8& gemm, const int8_t* lhs, uint32_t start, int32_t column) {
  const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * gemm.depth;
  uint32_t sum = start + static_cast<uint32_t>(gemm.stage.bias_of(column));
  for (int32_t k = 0; k < gemm.depth; ++k) sum += product(lhs[k] + gemm.lhs_offset, rhs[k]);
  return gemm.stage.apply(static_cast<int32_t>(sum), gemm.stage.multiplier_of(column));
}

}  // namespace

void gemm_s8(const GemmS8& gemm) {
  const int8_t* lhs = gemm.lhs;
  int8_t* out = gemm.out;
  for (int32_t i = 0; i < gemm.rows; ++i, lhs += gemm.depth, out += gemm.columns) {
    uint32_t start = 0;
    if (gemm.rhs_offset != 0) {
      start = row_sum(lhs, gemm.depth, gemm.lhs_offset) * static_cast<uint32_t>(gemm.rhs_offset);
    }
    int32_t column = 0;
    for (; column + kBlock <= gemm.columns; column += kBlock) four_columns(gemm, lhs, start, column, out + column);
    for (; column < gemm.columns; ++column) out[column] = one_column(gemm, lhs, start, column);
  }
}

}  // namespace arenite::portable
