// Transposes 8x8 words with AVX2. Internal linkage: see x86_stage.h.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace arenite::avx2 {
namespace {

// 8x8 words.
inline void transpose(__m256i (&r)[8]) {
  __m256i t[8];
#pragma GCC unroll 8
  for (int32_t i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma GCC unroll 8
  for (int32_t i = 0; i < 8; i += 4) {
#pragma GCC unroll 2
    for (int32_t j = 0; j < 2; ++j) {
      r[i + 2 * j] = _mm256_unpacklo_epi64(t[i + j], t[i + j + 2]);
      r[i + 2 * j + 1] = _mm256_unpackhi_epi64(t[i + j], t[i + j + 2]);
    }
  }
#pragma GCC unroll 4
  for (int32_t i = 0; i < 4; ++i) {
    t[i] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x20);
    t[i + 4] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x31);
  }
#pragma GCC unroll 8
  for (int32_t i = 0; i < 8; ++i) r[i] = t[i];
}

}  // namespace
}  // namespace arenite::avx2
