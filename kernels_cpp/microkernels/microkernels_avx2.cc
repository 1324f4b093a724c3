// AVX2: activations and weights are widened to int16, so that VPMADDWD is exact (VPMADDUBSW would saturate).
#include <immintrin.h>

#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_kernels.h"

namespace arenite::avx2 {
namespace {

struct V {
  using Int32 = __m256i;
  using Element = int16_t;
  static constexpr int32_t kLanes = 8;
  static constexpr int32_t kGroup = 2;
  static constexpr int32_t kPixels = 4;
  static constexpr int32_t kDotStep = 16;
  static constexpr bool kDotIsOffset = false;  // activations are packed with the input's own offset

  static constexpr int32_t dot_offset(int32_t input_offset) { return input_offset; }

  static Int32 load(const void* at) { return _mm256_loadu_si256(static_cast<const Int32*>(at)); }
  static void store(int32_t* at, Int32 x) { _mm256_storeu_si256(reinterpret_cast<Int32*>(at), x); }
  static Int32 set(int32_t x) { return _mm256_set1_epi32(x); }
  static Int32 ones() { return _mm256_set1_epi16(1); }
  static Int32 add(Int32 a, Int32 b) { return _mm256_add_epi32(a, b); }
  static Int32 sub(Int32 a, Int32 b) { return _mm256_sub_epi32(a, b); }
  static Int32 mul(Int32 a, Int32 b) { return _mm256_mullo_epi32(a, b); }
  static Int32 bit_and(Int32 a, Int32 b) { return _mm256_and_si256(a, b); }
  static Int32 shift_left(Int32 x, Int32 n) { return _mm256_sllv_epi32(x, n); }
  static Int32 shift_right(Int32 x, Int32 n) { return _mm256_srav_epi32(x, n); }
  static Int32 shift_right_logical(Int32 x, Int32 n) { return _mm256_srlv_epi32(x, n); }
  static Int32 sign_bit(Int32 x) { return _mm256_srli_epi32(x, 31); }
  static Int32 clamp(Int32 x, Int32 low, Int32 high) { return _mm256_min_epi32(_mm256_max_epi32(x, low), high); }

  static int32_t sum(Int32 x) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
  }

  static Int32 increment_where_greater(Int32 x, Int32 a, Int32 b) {
    return _mm256_sub_epi32(x, _mm256_cmpgt_epi32(a, b));
  }

  // round(a * b / 2^31) for b >= 0: even and odd lanes as 64-bit products.
  static Int32 rounding_doubling_high_mul(Int32 a, Int32 b) {
    const Int32 half = _mm256_set1_epi64x(int64_t{1} << 30);
    const Int32 even = _mm256_add_epi64(_mm256_mul_epi32(a, b), half);
    const Int32 odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), half);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
  }

  static Int32 multiply_add(Int32 acc, Int32 a, Int32 w) { return _mm256_add_epi32(acc, _mm256_madd_epi16(a, w)); }
  // Lanes hold int16 values.
  static Int32 multiply_add_16(Int32 acc, Int32 a, Int32 w) {
    return multiply_add(acc, a, _mm256_and_si256(w, _mm256_set1_epi32(0xFFFF)));
  }

  static Int32 load_bytes(const int8_t* at, int32_t lanes) {
    int64_t bytes = 0;
    std::memcpy(&bytes, at, lanes == kLanes ? 8 : static_cast<size_t>(lanes));
    return _mm256_cvtepi8_epi32(_mm_cvtsi64_si128(bytes));
  }
  static void store_bytes(int8_t* at, Int32 x, int32_t lanes) {
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    const int64_t bytes = _mm_cvtsi128_si64(_mm_packs_epi16(words, words));
    std::memcpy(at, &bytes, lanes == kLanes ? 8 : static_cast<size_t>(lanes));
  }

  static Int32 broadcast_group(const Element* at) {
    int32_t group;
    std::memcpy(&group, at, sizeof group);
    return _mm256_set1_epi32(group);
  }

  static Int32 widen(const int8_t* at) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
  }
  static Int32 widen_first(const int8_t* at, int32_t count) {
    int8_t bytes[kDotStep] = {};
    std::memcpy(bytes, at, static_cast<size_t>(count));
    return widen(bytes);
  }

  static void pack_activations(const int8_t* from, int32_t count, int32_t offset, Element* to) {
    const Int32 add16 = _mm256_set1_epi16(static_cast<int16_t>(offset));
    for (; count >= 16; count -= 16, from += 16, to += 16) {
      _mm256_storeu_si256(reinterpret_cast<Int32*>(to), _mm256_add_epi16(widen(from), add16));
    }
    for (int32_t i = 0; i < count; ++i) to[i] = static_cast<int16_t>(from[i] + offset);
  }
  static void fill_padding(int32_t count, int32_t, Element* to) {
    std::memset(to, 0, static_cast<size_t>(count) * sizeof *to);
  }
  // `count` may be above kGroup or below zero.
  static void pack_weights(const int8_t* from, int32_t count, Element* to) {
    for (int32_t i = 0; i < kGroup; ++i) to[i] = i < count ? from[i] : int16_t{0};
  }

  static Int32 dot_activations(const int8_t* at, int32_t count, int32_t offset) {
    const Int32 x = count == kDotStep ? widen(at) : widen_first(at, count);
    return _mm256_add_epi16(x, _mm256_set1_epi16(static_cast<int16_t>(offset)));
  }
  static Int32 dot_weights(const int8_t* at, int32_t count) {
    return count == kDotStep ? widen(at) : widen_first(at, count);
  }
};

}  // namespace

void conv_s8(const ConvS8& conv, RowRange rows) { x86::conv_s8<V>(conv, rows); }
void depthwise_s8(const DepthwiseS8& conv, RowRange rows) { x86::depthwise_s8<V>(conv, rows); }
void gemm_s8(const GemmS8& gemm) { x86::gemm_s8<V>(gemm); }

}  // namespace arenite::avx2
