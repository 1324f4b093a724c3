// float32 with AVX-512: 16 channels at a time.
#if defined(__GNUC__) && !defined(__clang__)
// GCC's own header declares undefined vectors by self-initialization and warns about it where they are inlined.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "kernels_cpp/microkernels/transpose_avx512vnni.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_float32.h"

namespace arenite::avx512vnni {
namespace {

struct F {
  using Sum = __m512;
  using Block = __m512;
  using Element = float;
  static constexpr int32_t kLanes = 16;
  static constexpr int32_t kGroup = 1;
  static constexpr int32_t kPixels = 8;
  static constexpr int32_t kTaps = 1;
  static constexpr int32_t kBlock = 16;
  static constexpr int32_t kParts = 1;

  static __mmask16 first_lanes(int32_t count) { return static_cast<__mmask16>((1u << count) - 1); }

  static Sum load(const float* at) { return _mm512_loadu_ps(at); }
  static Sum set(float x) { return _mm512_set1_ps(x); }
  static Sum add(Sum a, Sum b) { return _mm512_add_ps(a, b); }
  static Sum multiply_add(Sum acc, Sum a, Sum w) { return _mm512_add_ps(acc, _mm512_mul_ps(a, w)); }
  // VMAXPS and VMINPS give their second operand where one is a NaN or both are zeros.
  static Sum clamp(Sum x, Sum low, Sum high) { return _mm512_min_ps(high, _mm512_max_ps(low, x)); }
  static bool is_finite(Sum x) {
    const Sum zero = _mm512_sub_ps(x, x);
    return _mm512_cmp_ps_mask(zero, zero, _CMP_EQ_OQ) == 0xFFFF;
  }
  static Sum broadcast_group(const float* at) { return _mm512_set1_ps(*at); }

  static Sum load_first(const float* at, int32_t count) { return _mm512_maskz_loadu_ps(first_lanes(count), at); }
  static void store_first(float* to, Sum x, int32_t count) {
    if (count >= kLanes) {
      _mm512_storeu_ps(to, x);
    } else {
      _mm512_mask_storeu_ps(to, first_lanes(count), x);
    }
  }

  static void pack_activations(const float* from, int32_t count, int32_t, float* to) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof *to);
  }
  static void fill_padding(int32_t count, int32_t, float* to) {
    std::memset(to, 0, static_cast<size_t>(count) * sizeof *to);
  }
  static void pack_weights(const float* from, int32_t stride, int32_t lanes, int32_t count, float* to) {
    __m512i rows[16];
#pragma GCC unroll 16
    for (int32_t l = 0; l < 16; ++l) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(l) * stride;
      rows[l] = l < lanes ? _mm512_castps_si512(load_first(from + at, count)) : _mm512_setzero_si512();
    }
    transpose(rows);
    for (int32_t k = 0; k < count; ++k) _mm512_storeu_ps(to + k * kLanes, _mm512_castsi512_ps(rows[k]));
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

}  // namespace arenite::avx512vnni
