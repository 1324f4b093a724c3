// int16 activations with int8 weights, AVX2: VPMADDWD.
#include <immintrin.h>

#include "kernels_cpp/microkernels/transpose_avx2.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_int16x8.h"

namespace arenite::avx2 {
namespace {

struct W : x86::CopiedElements<int16_t> {
  using Sum = __m256i;
  using Block = __m256i;  // 16 int16
  static constexpr int32_t kLanes = 8;
  static constexpr int32_t kGroup = 2;
  static constexpr int32_t kPixels = 4;
  static constexpr int32_t kTaps = 2;
  static constexpr int32_t kBlock = 16;
  static constexpr int32_t kParts = 2;

  static Sum load(const void* at) { return _mm256_loadu_si256(static_cast<const Sum*>(at)); }
  static void store(void* at, Sum x) { _mm256_storeu_si256(static_cast<Sum*>(at), x); }
  static Sum zero() { return _mm256_setzero_si256(); }
  static Sum multiply_add(Sum acc, Sum a, Sum w) { return _mm256_add_epi32(acc, _mm256_madd_epi16(a, w)); }
  static Sum broadcast_group(const int16_t* at) {
    int32_t group;
    std::memcpy(&group, at, sizeof group);
    return _mm256_set1_epi32(group);
  }

  // `count` bytes, zeros after them.
  static Sum widen_first(const int8_t* at, int32_t count) {
    int8_t bytes[16] = {};
    std::memcpy(bytes, at, count >= 16 ? 16 : static_cast<size_t>(count));
    return widen_weights(bytes);
  }
  static void pack_weights(const int8_t* from, int32_t stride, int32_t lanes, int32_t count, int16_t* to) {
    Sum rows[8];
#pragma GCC unroll 8
    for (int32_t l = 0; l < 8; ++l) {
      rows[l] = l < lanes ? widen_first(from + static_cast<ptrdiff_t>(l) * stride, count) : zero();
    }
    transpose(rows);
    for (int32_t g = 0; g < (count + 1) / 2; ++g) store(to + g * 16, rows[g]);
  }

  static Block load_block(const int16_t* at) { return load(at); }
  static Block widen_weights(const int8_t* at) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
  }
  static void interleave(const Block (&taps)[kTaps], Sum (&parts)[kParts]) {
    parts[0] = _mm256_unpacklo_epi16(taps[0], taps[1]);
    parts[1] = _mm256_unpackhi_epi16(taps[0], taps[1]);
  }
  static void store_block(int32_t* to, const Sum (&parts)[kParts]) {
    store(to, _mm256_permute2x128_si256(parts[0], parts[1], 0x20));
    store(to + 8, _mm256_permute2x128_si256(parts[0], parts[1], 0x31));
  }
};

}  // namespace

constexpr x86::Int16Microkernels int16 = x86::int16_microkernels<W>();

}  // namespace arenite::avx2
