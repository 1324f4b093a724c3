// AVX-512 with VNNI: VPDPBUSD multiplies unsigned by signed bytes, so activations are packed as x + 128.
#if defined(__GNUC__) && !defined(__clang__)
// GCC's own header declares undefined vectors by self-initialization and warns about it where they are inlined.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_kernels.h"

namespace arenite::avx512vnni {
namespace {

struct V {
  using Int32 = __m512i;
  using Element = int8_t;
  static constexpr int32_t kLanes = 16;
  static constexpr int32_t kGroup = 4;
  static constexpr int32_t kPixels = 8;
  static constexpr int32_t kDotStep = 64;
  static constexpr bool kDotIsOffset = true;  // activations are not packed with the input's own offset

  static constexpr int32_t dot_offset(int32_t) { return 128; }

  static Int32 load(const void* at) { return _mm512_loadu_si512(at); }
  static void store(int32_t* at, Int32 x) { _mm512_storeu_si512(at, x); }
  static Int32 set(int32_t x) { return _mm512_set1_epi32(x); }
  static Int32 ones() { return _mm512_set1_epi8(1); }
  static Int32 add(Int32 a, Int32 b) { return _mm512_add_epi32(a, b); }
  static Int32 sub(Int32 a, Int32 b) { return _mm512_sub_epi32(a, b); }
  static Int32 mul(Int32 a, Int32 b) { return _mm512_mullo_epi32(a, b); }
  static Int32 bit_and(Int32 a, Int32 b) { return _mm512_and_si512(a, b); }
  static Int32 shift_left(Int32 x, Int32 n) { return _mm512_sllv_epi32(x, n); }
  static Int32 shift_right(Int32 x, Int32 n) { return _mm512_srav_epi32(x, n); }
  static Int32 shift_right_logical(Int32 x, Int32 n) { return _mm512_srlv_epi32(x, n); }
  static Int32 sign_bit(Int32 x) { return _mm512_srli_epi32(x, 31); }
  static Int32 clamp(Int32 x, Int32 low, Int32 high) { return _mm512_min_epi32(_mm512_max_epi32(x, low), high); }
  static int32_t sum(Int32 x) { return _mm512_reduce_add_epi32(x); }

  static Int32 increment_where_greater(Int32 x, Int32 a, Int32 b) {
    return _mm512_mask_add_epi32(x, _mm512_cmpgt_epi32_mask(a, b), x, _mm512_set1_epi32(1));
  }

  // round(a * b / 2^31) for b >= 0: even and odd lanes as 64-bit products.
  static Int32 rounding_doubling_high_mul(Int32 a, Int32 b) {
    const Int32 half = _mm512_set1_epi64(int64_t{1} << 30);
    const Int32 even = _mm512_add_epi64(_mm512_mul_epi32(a, b), half);
    const Int32 odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32)), half);
    return _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
  }

  static Int32 multiply_add(Int32 acc, Int32 a, Int32 w) { return _mm512_dpbusd_epi32(acc, a, w); }
  // Lanes hold int16 values.
  static Int32 multiply_add_16(Int32 acc, Int32 a, Int32 w) {
    return _mm512_dpwssd_epi32(acc, a, _mm512_and_si512(w, _mm512_set1_epi32(0xFFFF)));
  }

  static __mmask64 first_bytes(int32_t count) { return count >= 64 ? ~__mmask64{0} : (__mmask64{1} << count) - 1; }
  static __mmask16 first_lanes(int32_t count) { return static_cast<__mmask16>((1u << count) - 1); }

  static Int32 load_bytes(const int8_t* at, int32_t lanes) {
    return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(first_lanes(lanes), at));
  }
  static void store_bytes(int8_t* at, Int32 x, int32_t lanes) {
    _mm512_mask_cvtepi32_storeu_epi8(at, first_lanes(lanes), x);
  }

  static Int32 broadcast_group(const Element* at) {
    int32_t group;
    std::memcpy(&group, at, sizeof group);
    return _mm512_set1_epi32(group);
  }

  static void pack_activations(const int8_t* from, int32_t count, int32_t, Element* to) {
    const Int32 flip = _mm512_set1_epi8(INT8_MIN);
    for (; count > 0; count -= 64, from += 64, to += 64) {
      const __mmask64 mask = first_bytes(count);
      _mm512_mask_storeu_epi8(to, mask, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, from), flip));
    }
  }
  static void fill_padding(int32_t count, int32_t offset, Element* to) {
    const Int32 zero_point = _mm512_set1_epi8(static_cast<int8_t>(128 - offset));
    for (; count > 0; count -= 64, to += 64) _mm512_mask_storeu_epi8(to, first_bytes(count), zero_point);
  }
  // `count` may be above kGroup or below zero.
  static void pack_weights(const int8_t* from, int32_t count, Element* to) {
    if (count >= kGroup) {
      std::memcpy(to, from, kGroup);
      return;
    }
    for (int32_t i = 0; i < kGroup; ++i) to[i] = i < count ? from[i] : int8_t{0};
  }

  static Int32 dot_activations(const int8_t* at, int32_t count, int32_t) {
    return _mm512_xor_si512(_mm512_maskz_loadu_epi8(first_bytes(count), at), _mm512_set1_epi8(INT8_MIN));
  }
  static Int32 dot_weights(const int8_t* at, int32_t count) { return _mm512_maskz_loadu_epi8(first_bytes(count), at); }
};

}  // namespace

void conv_s8(const ConvS8& conv, RowRange rows) { x86::conv_s8<V>(conv, rows); }
void depthwise_s8(const DepthwiseS8& conv, RowRange rows) { x86::depthwise_s8<V>(conv, rows); }
void gemm_s8(const GemmS8& gemm) { x86::gemm_s8<V>(gemm); }

}  // namespace arenite::avx512vnni
