// float32 with AVX2: 8 channels at a time.
#include <immintrin.h>

#include "kernels_cpp/microkernels/transpose_avx2.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_float32.h"

namespace arenite::avx2 {
namespace {

struct Lanes {
  using Sum = __m256;
  using Words = __m256i;
  static constexpr int32_t kLanes = 8;
  static constexpr int32_t kPixels = 4;

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

  static Words words(Sum x) { return _mm256_castps_si256(x); }
  static Sum floats(Words x) { return _mm256_castsi256_ps(x); }
  static void transpose(Words (&rows)[kLanes]) { arenite::avx2::transpose(rows); }
};

}  // namespace

constexpr x86::Float32Microkernels float32 = x86::float32_microkernels<Lanes>();

}  // namespace arenite::avx2
