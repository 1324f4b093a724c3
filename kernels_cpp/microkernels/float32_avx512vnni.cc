// float32 with AVX-512: 16 channels at a time.
#include <immintrin.h>

#include "kernels_cpp/microkernels/transpose_avx512vnni.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_float32.h"

namespace arenite::avx512vnni {
namespace {

struct Lanes {
  using Sum = __m512;
  using Words = __m512i;
  static constexpr int32_t kLanes = 16;
  static constexpr int32_t kPixels = 8;

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

  static Sum load_first(const float* at, int32_t count) { return _mm512_maskz_loadu_ps(first_lanes(count), at); }
  static void store_first(float* to, Sum x, int32_t count) {
    if (count >= kLanes) {
      _mm512_storeu_ps(to, x);
    } else {
      _mm512_mask_storeu_ps(to, first_lanes(count), x);
    }
  }

  static Words words(Sum x) { return _mm512_castps_si512(x); }
  static Sum floats(Words x) { return _mm512_castsi512_ps(x); }
  static void transpose(Words (&rows)[kLanes]) { arenite::avx512vnni::transpose(rows); }
};

}  // namespace

constexpr x86::Float32Microkernels float32 = x86::float32_microkernels<Lanes>();

}  // namespace arenite::avx512vnni
