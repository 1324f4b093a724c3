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

template <int32_t kCount>
void column_block(const GemmS8& gemm, const int8_t* lhs, uint32_t start, int32_t column, int8_t* out) {
  const int32_t depth = gemm.depth;
  const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * depth;
  uint32_t acc[kCount];
  for (int32_t c = 0; c < kCount; ++c) acc[c] = start + static_cast<uint32_t>(gemm.stage.bias_of(column + c));
  for (int32_t k = 0; k < depth; ++k) {
    const int32_t x = lhs[k] + gemm.lhs_offset;
    for (int32_t c = 0; c < kCount; ++c) acc[c] += static_cast<uint32_t>(x * rhs[k + c * depth]);
  }
  for (int32_t c = 0; c < kCount; ++c) {
    out[column + c] = gemm.stage.apply(static_cast<int32_t>(acc[c]), gemm.stage.multiplier_of(column + c));
  }
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
    for (; column + kBlock <= gemm.columns; column += kBlock) column_block<kBlock>(gemm, lhs, start, column, out);
    for (; column < gemm.columns; ++column) column_block<1>(gemm, lhs, start, column, out);
  }
}

}  // namespace arenite::portable
