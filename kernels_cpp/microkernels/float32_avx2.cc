// float32 with AVX2: 8 channels at a time.
#include <immintrin.h>

#include "kernels_cpp/microkernels/transpose_avx2.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_float32.h"

namespace arenite::avx2 {
namespace {

struct F {
  using Sum = __m256;
  using Block = __m256;
  using Element = float;
  static constexpr int32_t kLanes = 8;
  static constexpr int32_t kGroup = 1;
  static constexpr int32_t kPixels = 4;
  static constexpr int32_t kTaps = 1;
  static constexpr int32_t kBlock = 8;
  static constexpr int32_t kParts = 1;

  static Sum load(const float* at) { return _mm256_loadu_ps(at); }
  static Sum set(float x) { return _mm256_set1_ps(x); }
  static Sum add(Sum a, Sum b) { return _mm256_add_ps(a, b); }
  static Sum multiply_add(Sum acc, Sum a, Sum w) { return _mm256_add_ps(acc, _mm256_mul_ps(a, w)); }
  // VMAXPS and VMINPS give their second operand where one is a NaN or both are zeros.
  static Sum clamp(Sum x, Sum low, Sum high) { return _mm256_min_ps(high, _mm256_max_ps(low, x)); }
  static bool is_finite(Sum x) {
    const Sum zero = _mm256_sub_ps(x, x);
    return _mm256_movemask_ps(_mm256_cmp_ps(zero, zero, _CMP_EQ_OQ)) == 0xFF;
  }
  static Sum broadcast_group(const float* at) { return _mm256_set1_ps(*at); }

  static Sum load_first(const float* at, int32_t count) {
    if (count >= kLanes) return load(at);
    float lanes[kLanes] = {};
    std::memcpy(lanes, at, static_cast<size_t>(count) * sizeof *at);
    return load(lanes);
  }
  static void store_first(float* to, Sum x, int32_t count) {
    if (count >= kLanes) {
      _mm256_storeu_ps(to, x);
      return;
    }
    float lanes[kLanes];
    _mm256_storeu_ps(lanes, x);
    std::memcpy(to, lanes, static_cast<size_t>(count) * sizeof *to);
  }

  static void pack_activations(const float* from, int32_t count, int32_t, float* to) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof *to);
  }
  static void fill_padding(int32_t count, int32_t, float* to) {
    std::memset(to, 0, static_cast<size_t>(count) * sizeof *to);
  }
  static void pack_weights(const float* from, int32_t stride, int32_t lanes, int32_t count, float* to) {
    __m256i rows[8];
#pragma GCC unroll 8
    for (int32_t l = 0; l < 8; ++l) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(l) * stride;
      rows[l] = l < lanes ? _mm256_castps_si256(load_first(from + at, count)) : _mm256_setzero_si256();
    }
    transpose(rows);
    for (int32_t k = 0; k < count; ++k) _mm256_storeu_ps(to + k * kLanes, _mm256_castsi256_ps(rows[k]));
  }

  static Block load_block(const float* at) { return load(at); }
  static Block widen_weights(const float* at) { return load(at); }
  static void interleave(const Block (&taps)[kTaps], Sum (&parts)[kParts]) { parts[0] = taps[0]; }
};

}  // namespace

bool conv_f32(const ConvF32& conv, RowRange rows) { return x86::convolve<x86::ConvF32Kernel<F>>(conv, rows); }
bool depthwise_f32(const DepthwiseF32& conv, RowRange rows) {
  return x86::convolve_depthwise<x86::DepthwiseF32Kernel<F>>(conv, rows);
}
bool gemm_f32(const GemmF32& gemm) { return x86::gemm_f32<F>(gemm); }

}  // namespace arenite::avx2
