// int16 activations with int8 weights, AVX-512 with VNNI: VPDPWSSD.
#include <immintrin.h>

#include "kernels_cpp/microkernels/transpose_avx512vnni.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_int16x8.h"

namespace arenite::avx512vnni {
namespace {

struct W : x86::CopiedElements<int16_t> {
  using Sum = __m512i;
  using Block = __m512i;  // 32 int16
  static constexpr int32_t kLanes = 16;
  static constexpr int32_t kGroup = 2;
  static constexpr int32_t kPixels = 8;
  static constexpr int32_t kTaps = 2;
  static constexpr int32_t kBlock = 32;
  static constexpr int32_t kParts = 2;

  static Sum load(const void* at) { return _mm512_loadu_si512(at); }
  static void store(void* at, Sum x) { _mm512_storeu_si512(at, x); }
  static Sum zero() { return _mm512_setzero_si512(); }
  static Sum multiply_add(Sum acc, Sum a, Sum w) { return _mm512_dpwssd_epi32(acc, a, w); }
  static Sum broadcast_group(const int16_t* at) {
    int32_t group;
    std::memcpy(&group, at, sizeof group);
    return _mm512_set1_epi32(group);
  }

  static void pack_weights(const int8_t* from, int32_t stride, int32_t lanes, int32_t count, int16_t* to) {
    Sum rows[16];
    const __mmask32 present = count >= 32 ? ~__mmask32{0} : (__mmask32{1} << count) - 1;
#pragma GCC unroll 16
    for (int32_t l = 0; l < 16; ++l) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(l) * stride;
      rows[l] = l < lanes ? _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(present, from + at)) : zero();
    }
    transpose(rows);
    for (int32_t g = 0; g < (count + 1) / 2; ++g) store(to + g * 32, rows[g]);
  }

  static Block load_block(const int16_t* at) { return load(at); }
  static Block widen_weights(const int8_t* at) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
  }
  static void interleave(const Block (&taps)[kTaps], Sum (&parts)[kParts]) {
    parts[0] = _mm512_unpacklo_epi16(taps[0], taps[1]);
    parts[1] = _mm512_unpackhi_epi16(taps[0], taps[1]);
  }
  static void store_block(int32_t* to, const Sum (&parts)[kParts]) {
    const Sum low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const Sum high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    store(to, _mm512_permutex2var_epi64(parts[0], low, parts[1]));
    store(to + 16, _mm512_permutex2var_epi64(parts[0], high, parts[1]));
  }
};

}  // namespace

constexpr x86::Int16Microkernels int16 = x86::int16_microkernels<W>();

}  // namespace arenite::avx512vnni
