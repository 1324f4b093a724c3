#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {
namespace {

inline int32_t low_weight(int8_t byte) { return static_cast<int32_t>(static_cast<uint32_t>(byte) << 28) >> 28; }
inline int32_t high_weight(int8_t byte) { return byte >> 4; }

// Adds the products of a widened left row with two right rows of `bytes` each. Scalars, because compilers keep arrays
// in memory.
void multiply(const int16_t* x, const int8_t* first, const int8_t* second, int32_t bytes, uint32_t& a, uint32_t& b) {
  uint32_t s0 = a, s1 = b;
  for (const int8_t* const end = first + bytes; first != end; x += 2) {
    const int32_t w0 = *first++, w1 = *second++;
    const int32_t even = x[0], odd = x[1];
    s0 += wrapped_product(even, low_weight(static_cast<int8_t>(w0)));
    s1 += wrapped_product(even, low_weight(static_cast<int8_t>(w1)));
    s0 += wrapped_product(odd, high_weight(static_cast<int8_t>(w0)));
    s1 += wrapped_product(odd, high_weight(static_cast<int8_t>(w1)));
  }
  a = s0;
  b = s1;
}

}  // namespace

void gemm_s4(const GemmS4& gemm) {
  int16_t* const x = static_cast<int16_t*>(gemm.scratch);
  uint32_t total = 0;
  for (int32_t k = 0; k < gemm.depth; ++k) {
    x[k] = static_cast<int16_t>(gemm.lhs[k] + gemm.lhs_offset);
    total += static_cast<uint32_t>(x[k]);
  }
  const uint32_t start = total * static_cast<uint32_t>(gemm.rhs_offset);
  const int32_t bytes = gemm.depth / 2;
  const int8_t* rhs = reinterpret_cast<const int8_t*>(gemm.rhs);
  const OutputStage& stage = gemm.stage;
  for (int32_t n = 0; n < gemm.columns; n += 2, rhs += 2 * gemm.row_bytes) {
    const bool two = n + 1 < gemm.columns;
    uint32_t a = start, b = start;
    multiply(x, rhs, two ? rhs + gemm.row_bytes : rhs, bytes, a, b);
    gemm.out[n] = stage.apply(wrap_add(static_cast<int32_t>(a), stage.bias_of(n)), stage.multiplier_of(n));
    if (!two) return;
    gemm.out[n + 1] = stage.apply(wrap_add(static_cast<int32_t>(b), stage.bias_of(n + 1)), stage.multiplier_of(n + 1));
  }
}

}  // namespace arenite::portable
