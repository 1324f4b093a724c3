#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {
namespace {

template <int32_t kBits>
inline int32_t lowest_field(uint32_t word) {
  return static_cast<int32_t>(word << (32 - kBits)) >> (32 - kBits);
}

// Fields [0, count) of a word as weights.
template <int32_t kBits>
inline void unpack_word(uint32_t word, int32_t count, int8_t* out) {
  for (int32_t i = 0; i < count; ++i, word >>= kBits) {
    const int32_t field = lowest_field<kBits>(word);
    out[i] = static_cast<int8_t>(kBits == 1 ? 1 + 2 * field : field);
  }
}

template <int32_t kBits>
void unpack(const PackedRows& rows, int32_t count, int8_t* out) {
  constexpr int32_t kFields = 32 / kBits;
  const uint32_t* word = rows.words;
  for (int32_t row = 0; row < count; ++row, out += rows.depth) {
    int32_t k = 0;
    for (; k + kFields <= rows.depth; k += kFields) unpack_word<kBits>(*word++, kFields, out + k);
    if (k < rows.depth) unpack_word<kBits>(*word++, rows.depth - k, out + k);
  }
}

// Adds the products of a widened left row with two right rows to a and b. Scalars, because compilers keep arrays in
// memory.
template <int32_t kBits>
void multiply(const int16_t* x, const uint32_t* first, const uint32_t* second, int32_t words, uint32_t& a,
              uint32_t& b) {
  uint32_t s0 = a, s1 = b;
  for (const uint32_t* const end = first + words; first != end;) {
    uint32_t w0 = *first++, w1 = *second++;
    for (int32_t i = 0; i < 32; i += 2 * kBits, x += 2, w0 >>= 2 * kBits, w1 >>= 2 * kBits) {
      const int32_t even = x[0], odd = x[1];
      s0 += wrapped_product(even, lowest_field<kBits>(w0));
      s1 += wrapped_product(even, lowest_field<kBits>(w1));
      s0 += wrapped_product(odd, lowest_field<kBits>(w0 >> kBits));
      s1 += wrapped_product(odd, lowest_field<kBits>(w1 >> kBits));
    }
  }
  a = s0;
  b = s1;
}

// The sum of the left row, which scratch then holds.
uint32_t widen(const GemmPacked& gemm, int32_t fields) {
  int16_t* const x = static_cast<int16_t*>(gemm.scratch);
  uint32_t total = 0;
  for (int32_t k = 0; k < gemm.rhs.depth; ++k) {
    x[k] = static_cast<int16_t>(gemm.lhs[k] + gemm.lhs_offset);
    total += static_cast<uint32_t>(x[k]);
  }
  for (int32_t k = gemm.rhs.depth; k < fields; ++k) x[k] = 0;
  return total;
}

template <int32_t kBits>
void multiply_rows(const GemmPacked& gemm) {
  const int32_t words = gemm.rhs.row_words();
  const uint32_t total = widen(gemm, words * (32 / kBits));
  const int16_t* const x = static_cast<const int16_t*>(gemm.scratch);
  const uint32_t* rhs = gemm.rhs.words;
  const OutputStage& stage = gemm.stage;
  for (int32_t n = 0; n < gemm.columns; n += 2, rhs += 2 * words) {
    const bool two = n + 1 < gemm.columns;
    uint32_t sums[2] = {0, 0};
    multiply<kBits>(x, rhs, two ? rhs + words : rhs, words, sums[0], sums[1]);
    for (int32_t i = 0; i <= static_cast<int32_t>(two); ++i) {
      const int32_t sum = static_cast<int32_t>(kBits == 1 ? total + 2 * sums[i] : sums[i]);
      gemm.out[n + i] = stage.apply(wrap_add(sum, stage.bias_of(n + i)), stage.multiplier_of(n + i));
    }
  }
}

}  // namespace

void unpack_rows(const PackedRows& rows, int32_t count, int8_t* out) {
  if (rows.bits == 1) {
    unpack<1>(rows, count, out);
  } else {
    unpack<2>(rows, count, out);
  }
}

void gemm_packed(const GemmPacked& gemm) {
  if (gemm.rhs.bits == 1) {
    multiply_rows<1>(gemm);
  } else {
    multiply_rows<2>(gemm);
  }
}

}  // namespace arenite::portable
