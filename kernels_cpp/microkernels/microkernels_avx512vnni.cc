// AVX-512 with VNNI: VPDPBUSD multiplies unsigned by signed bytes, so activations are packed as x + 128.
#include <immintrin.h>

#include "kernels_cpp/microkernels/transpose_avx512vnni.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_gemm.h"
#include "kernels_cpp/microkernels/x86_int8.h"
#include "kernels_cpp/microkernels/x86_product.h"
#include "kernels_cpp/microkernels/x86_ratios.h"
#include "kernels_cpp/microkernels/x86_sum.h"

namespace arenite::avx512vnni {
namespace {

struct V {
  using Int32 = __m512i;
  using Sum = Int32;
  using Bytes = __m512i;
  using Block = __m512i;
  using Element = int8_t;
  static constexpr int32_t kLanes = 16;
  static constexpr int32_t kGroup = 4;
  static constexpr int32_t kPixels = 8;
  static constexpr int32_t kTaps = 4;
  static constexpr int32_t kBlock = 64;
  static constexpr int32_t kParts = 4;
  static constexpr int32_t kDotStep = 64;
  static constexpr bool kRemainder = true;

  static Int32 load(const void* at) { return _mm512_loadu_si512(at); }
  static void store(void* at, Int32 x) { _mm512_storeu_si512(at, x); }
  static Int32 set(int32_t x) { return _mm512_set1_epi32(x); }
  static Int32 set64(int64_t x) { return _mm512_set1_epi64(x); }
  static Int32 set16(int32_t x) { return _mm512_set1_epi16(static_cast<int16_t>(x)); }
  static Int32 set8(int32_t x) { return _mm512_set1_epi8(static_cast<int8_t>(x)); }
  static Int32 ones() { return _mm512_set1_epi8(1); }
  static Int32 add(Int32 a, Int32 b) { return _mm512_add_epi32(a, b); }
  static Int32 sub(Int32 a, Int32 b) { return _mm512_sub_epi32(a, b); }
  static Int32 mul(Int32 a, Int32 b) { return _mm512_mullo_epi32(a, b); }
  static Int32 min(Int32 a, Int32 b) { return _mm512_min_epi32(a, b); }
  static Int32 max(Int32 a, Int32 b) { return _mm512_max_epi32(a, b); }
  static Int32 add64(Int32 a, Int32 b) { return _mm512_add_epi64(a, b); }
  static Int32 bit_and(Int32 a, Int32 b) { return _mm512_and_si512(a, b); }
  static Int32 bit_or(Int32 a, Int32 b) { return _mm512_or_si512(a, b); }
  static Int32 shift_left(Int32 x, Int32 n) { return _mm512_sllv_epi32(x, n); }
  static Int32 shift_right(Int32 x, Int32 n) { return _mm512_srav_epi32(x, n); }
  static Int32 shift_right_logical(Int32 x, Int32 n) { return _mm512_srlv_epi32(x, n); }
  static Int32 sign(Int32 x) { return _mm512_srai_epi32(x, 31); }
  static bool all_below(Int32 a, Int32 b) { return _mm512_cmplt_epi32_mask(a, b) == 0xFFFF; }
  static Int32 increment_where_greater(Int32 x, Int32 a, Int32 b) {
    return _mm512_mask_add_epi32(x, _mm512_cmpgt_epi32_mask(a, b), x, _mm512_set1_epi32(1));
  }

  // 64-bit lanes.
  static Int32 multiply_even(Int32 a, Int32 b) { return _mm512_mul_epi32(a, b); }
  static Int32 odd_to_even(Int32 x) { return _mm512_srli_epi64(x, 32); }
  static Int32 even_to_odd(Int32 x) { return _mm512_slli_epi64(x, 32); }
  static Int32 keep_odd(Int32 x) { return _mm512_maskz_mov_epi32(0xAAAA, x); }
  static Int32 upper_words(Int32 even, Int32 odd) {
    return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
  }
  static Int32 words_from_bit_31(Int32 even, Int32 odd) {
    return _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
  }

  template <int kBy>
  static Int32 shift_left_64(Int32 x) {
    return _mm512_slli_epi64(x, kBy);
  }
  template <int kBy>
  static Int32 shift_right_64(Int32 x) {
    return _mm512_srli_epi64(x, kBy);
  }
  static constexpr int32_t kPairs = 8;
  static Int32 ratios(float a, const float* b, float c) {
    const __m512d product = _mm512_mul_pd(_mm512_set1_pd(double{a}), _mm512_cvtps_pd(_mm256_loadu_ps(b)));
    return _mm512_castpd_si512(_mm512_div_pd(product, _mm512_set1_pd(double{c})));
  }

  static __mmask64 first_bytes(int32_t count) { return count >= 64 ? ~__mmask64{0} : (__mmask64{1} << count) - 1; }
  static __mmask16 first_lanes(int32_t count) { return static_cast<__mmask16>((1u << count) - 1); }

  static Int32 load_first(const int32_t* at, int32_t count) { return _mm512_maskz_loadu_epi32(first_lanes(count), at); }
  // `count` pairs; -1 in further lanes.
  static void load_pairs(const int32_t* at, int32_t count, Int32* first, Int32* second) {
    const uint32_t present = count >= 16 ? UINT32_MAX : (1u << (2 * count)) - 1;
    const Int32 low = _mm512_mask_loadu_epi32(set(-1), static_cast<__mmask16>(present), at);
    const Int32 high = _mm512_mask_loadu_epi32(set(-1), static_cast<__mmask16>(present >> 16), at + 16);
    const Int32 even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *first = _mm512_permutex2var_epi32(low, even, high);
    *second = _mm512_permutex2var_epi32(low, _mm512_add_epi32(even, set(1)), high);
  }
  static Int32 widen_bytes(const int8_t* at) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
  }
  static void store_first(int8_t* to, const int8_t* from, int32_t count) {
    const __mmask64 mask = first_bytes(count);
    _mm512_mask_storeu_epi8(to, mask, _mm512_maskz_loadu_epi8(mask, from));
  }

  // Four vectors to bytes, one after the other.
  template <typename Limits>
  static Bytes pack_bytes(const Int32 (&y)[4], const Limits& limits) {
    const Int32 order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, pack_block(y, limits));
  }

  static Int32 multiply_add(Int32 acc, Int32 a, Int32 w) { return _mm512_dpbusd_epi32(acc, a, w); }
  static Int32 broadcast_group(const Element* at) {
    int32_t group;
    std::memcpy(&group, at, sizeof group);
    return _mm512_set1_epi32(group);
  }

  // --- packing ---
  static int32_t activation_offset(int32_t) { return 128; }
  // Of activation_offset beyond the input's own: 0..255, unsigned bytes.
  static Int32 remainder(int32_t input_offset) { return set8(128 - input_offset); }

  static Int32 flip(Int32 bytes) { return _mm512_xor_si512(bytes, _mm512_set1_epi8(INT8_MIN)); }
  static void pack_activations(const int8_t* from, int32_t count, int32_t, Element* to) {
    for (; count >= 64; count -= 64, from += 64, to += 64) store(to, flip(load(from)));
    if (count <= 0) return;
    const __mmask64 mask = first_bytes(count);
    _mm512_mask_storeu_epi8(to, mask, flip(_mm512_maskz_loadu_epi8(mask, from)));
  }
  static void fill_padding(int32_t count, int32_t offset, Element* to) {
    const Int32 zero_point = set8(128 - offset);
    for (; count > 0; count -= 64, to += 64) _mm512_mask_storeu_epi8(to, first_bytes(count), zero_point);
  }

  static void pack_weights(const int8_t* from, int32_t stride, int32_t lanes, int32_t count, Element* to) {
    Int32 rows[16];
    const __mmask64 mask = first_bytes(count);
#pragma GCC unroll 16
    for (int32_t l = 0; l < 16; ++l) {
      rows[l] = l < lanes ? _mm512_maskz_loadu_epi8(mask, from + static_cast<ptrdiff_t>(l) * stride) : set(0);
    }
    transpose(rows);
    for (int32_t g = 0; g < (count + 3) / 4; ++g) store(to + g * 64, rows[g]);
  }

  // --- depthwise ---
  static Block load_block(const Element* at) { return load(at); }
  static Block widen_weights(const int8_t* at) { return load(at); }
  static void interleave(const Block (&taps)[kTaps], Int32 (&parts)[kParts]) {
    const Int32 low01 = _mm512_unpacklo_epi8(taps[0], taps[1]);
    const Int32 high01 = _mm512_unpackhi_epi8(taps[0], taps[1]);
    const Int32 low23 = _mm512_unpacklo_epi8(taps[2], taps[3]);
    const Int32 high23 = _mm512_unpackhi_epi8(taps[2], taps[3]);
    parts[0] = _mm512_unpacklo_epi16(low01, low23);
    parts[1] = _mm512_unpackhi_epi16(low01, low23);
    parts[2] = _mm512_unpacklo_epi16(high01, high23);
    parts[3] = _mm512_unpackhi_epi16(high01, high23);
  }
  static Int32 part_of(const int32_t* values, int32_t part) {
    const Int32 lanes = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 32, 33, 34, 35, 48, 49, 50, 51);
    return _mm512_i32gather_epi32(_mm512_add_epi32(lanes, set(4 * part)), values, 4);
  }
  template <typename Limits>
  static Bytes pack_block(const Int32 (&y)[kParts], const Limits& limits) {
    const Int32 low = _mm512_adds_epi16(_mm512_packs_epi32(y[0], y[1]), limits.zero_point);
    const Int32 high = _mm512_adds_epi16(_mm512_packs_epi32(y[2], y[3]), limits.zero_point);
    return _mm512_min_epi8(_mm512_max_epi8(_mm512_packs_epi16(low, high), limits.min), limits.max);
  }
  static void store_block(int8_t* to, Bytes bytes, int32_t count) {
    if (count >= kBlock) {
      store(to, bytes);
    } else {
      _mm512_mask_storeu_epi8(to, first_bytes(count), bytes);
    }
  }

  // --- dot products ---
  static Int32 dot_activations(const int8_t* at, int32_t count, int32_t) { return flip(dot_weights(at, count)); }
  static Int32 dot_weights(const int8_t* at, int32_t count) { return _mm512_maskz_loadu_epi8(first_bytes(count), at); }
  static Int32 sum_lanes(const Int32* v) {
    Int32 quarters[4];  // lane 4 * i + j: a part of the sum of vector 4 * quarter + j
#pragma GCC unroll 4
    for (int32_t q = 0; q < 4; ++q) quarters[q] = sum_four(v + 4 * q);
    const Int32 low = halves(quarters[0], quarters[1]);
    const Int32 high = halves(quarters[2], quarters[3]);
    return halves(low, high);
  }
  static Int32 sum_four(const Int32* v) {
    const Int32 a = add(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
    const Int32 b = add(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
    return add(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
  }
  // Even and odd quarters added.
  static Int32 halves(Int32 a, Int32 b) {
    return add(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xDD));
  }
};

}  // namespace

constexpr x86::Int8Microkernels int8 = {x86::conv_s8<V>, x86::depthwise_s8<V>, x86::gemm_s8<V>, x86::quantize_ratios<V>,
                                        x86::sum_s8<V>,  x86::product_s8<V>,   avx2::max_s8,    avx2::add_s8};

}  // namespace arenite::avx512vnni
