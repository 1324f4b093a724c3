// AVX2: activations and weights are widened to int16, so that VPMADDWD is exact (VPMADDUBSW would saturate).
#include <immintrin.h>

#include "kernels_cpp/microkernels/transpose_avx2.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_gemm.h"
#include "kernels_cpp/microkernels/x86_int8.h"
#include "kernels_cpp/microkernels/x86_product.h"
#include "kernels_cpp/microkernels/x86_ratios.h"
#include "kernels_cpp/microkernels/x86_sum.h"

namespace arenite::avx2 {
namespace {

struct V {
  using Int32 = __m256i;
  using Sum = Int32;
  using Bytes = __m256i;
  using Block = __m256i;  // 16 int16
  using Element = int16_t;
  static constexpr int32_t kLanes = 8;
  static constexpr int32_t kGroup = 2;
  static constexpr int32_t kPixels = 4;
  static constexpr int32_t kTaps = 2;
  static constexpr int32_t kBlock = 16;
  static constexpr int32_t kParts = 2;
  static constexpr int32_t kDotStep = 16;
  static constexpr bool kRemainder = false;

  static Int32 load(const void* at) { return _mm256_loadu_si256(static_cast<const Int32*>(at)); }
  static void store(void* at, Int32 x) { _mm256_storeu_si256(static_cast<Int32*>(at), x); }
  static Int32 set(int32_t x) { return _mm256_set1_epi32(x); }
  static Int32 set64(int64_t x) { return _mm256_set1_epi64x(x); }
  static Int32 set16(int32_t x) { return _mm256_set1_epi16(static_cast<int16_t>(x)); }
  static Int32 set8(int32_t x) { return _mm256_set1_epi8(static_cast<int8_t>(x)); }
  static Int32 ones() { return _mm256_set1_epi16(1); }
  static Int32 add(Int32 a, Int32 b) { return _mm256_add_epi32(a, b); }
  static Int32 sub(Int32 a, Int32 b) { return _mm256_sub_epi32(a, b); }
  static Int32 mul(Int32 a, Int32 b) { return _mm256_mullo_epi32(a, b); }
  static Int32 min(Int32 a, Int32 b) { return _mm256_min_epi32(a, b); }
  static Int32 max(Int32 a, Int32 b) { return _mm256_max_epi32(a, b); }
  static Int32 add64(Int32 a, Int32 b) { return _mm256_add_epi64(a, b); }
  static Int32 bit_and(Int32 a, Int32 b) { return _mm256_and_si256(a, b); }
  static Int32 bit_or(Int32 a, Int32 b) { return _mm256_or_si256(a, b); }
  static Int32 shift_left(Int32 x, Int32 n) { return _mm256_sllv_epi32(x, n); }
  static Int32 shift_right(Int32 x, Int32 n) { return _mm256_srav_epi32(x, n); }
  static Int32 shift_right_logical(Int32 x, Int32 n) { return _mm256_srlv_epi32(x, n); }
  static Int32 sign(Int32 x) { return _mm256_srai_epi32(x, 31); }
  static bool all_below(Int32 a, Int32 b) { return _mm256_movemask_epi8(_mm256_cmpgt_epi32(b, a)) == -1; }
  static Int32 increment_where_greater(Int32 x, Int32 a, Int32 b) {
    return _mm256_sub_epi32(x, _mm256_cmpgt_epi32(a, b));
  }

  // 64-bit lanes.
  static Int32 multiply_even(Int32 a, Int32 b) { return _mm256_mul_epi32(a, b); }
  static Int32 odd_to_even(Int32 x) { return _mm256_srli_epi64(x, 32); }
  static Int32 even_to_odd(Int32 x) { return _mm256_slli_epi64(x, 32); }
  static Int32 keep_odd(Int32 x) { return _mm256_blend_epi32(_mm256_setzero_si256(), x, 0xAA); }
  static Int32 upper_words(Int32 even, Int32 odd) { return _mm256_blend_epi32(odd_to_even(even), odd, 0xAA); }
  static Int32 words_from_bit_31(Int32 even, Int32 odd) {
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
  }

  template <int kBy>
  static Int32 shift_left_64(Int32 x) {
    return _mm256_slli_epi64(x, kBy);
  }
  template <int kBy>
  static Int32 shift_right_64(Int32 x) {
    return _mm256_srli_epi64(x, kBy);
  }
  static constexpr int32_t kPairs = 4;
  static Int32 ratios(float a, const float* b, float c) {
    const __m256d product = _mm256_mul_pd(_mm256_set1_pd(double{a}), _mm256_cvtps_pd(_mm_loadu_ps(b)));
    return _mm256_castpd_si256(_mm256_div_pd(product, _mm256_set1_pd(double{c})));
  }

  static Int32 load_first(const int32_t* at, int32_t count) {
    if (count >= kLanes) return load(at);
    int32_t lanes[kLanes] = {};
    std::memcpy(lanes, at, static_cast<size_t>(count) * sizeof *at);
    return load(lanes);
  }
  // `count` pairs; -1 in further lanes.
  static void load_pairs(const int32_t* at, int32_t count, Int32* first, Int32* second) {
    int32_t lanes[2 * kLanes];
    if (count < kLanes) {
      std::memset(lanes, -1, sizeof lanes);
      std::memcpy(lanes, at, static_cast<size_t>(count) * 2 * sizeof *at);
      at = lanes;
    }
    const Int32 order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    const Int32 low = _mm256_permutevar8x32_epi32(load(at), order);
    const Int32 high = _mm256_permutevar8x32_epi32(load(at + kLanes), order);
    *first = _mm256_permute2x128_si256(low, high, 0x20);
    *second = _mm256_permute2x128_si256(low, high, 0x31);
  }
  static Int32 widen_bytes(const int8_t* at) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(at)));
  }
  static void store_first(int8_t* to, const int8_t* from, int32_t count) {
    std::memcpy(to, from, static_cast<size_t>(count));
  }

  // Four vectors to bytes, one after the other.
  template <typename Limits>
  static Bytes pack_bytes(const Int32 (&y)[4], const Limits& limits) {
    const Int32 low = _mm256_adds_epi16(_mm256_packs_epi32(y[0], y[1]), limits.zero_point);
    const Int32 high = _mm256_adds_epi16(_mm256_packs_epi32(y[2], y[3]), limits.zero_point);
    const Int32 bytes = limit(_mm256_packs_epi16(low, high), limits);
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  }
  template <typename Limits>
  static Int32 limit(Int32 bytes, const Limits& limits) {
    return _mm256_min_epi8(_mm256_max_epi8(bytes, limits.min), limits.max);
  }

  static Int32 multiply_add(Int32 acc, Int32 a, Int32 w) { return _mm256_add_epi32(acc, _mm256_madd_epi16(a, w)); }
  static Int32 broadcast_group(const Element* at) {
    int32_t group;
    std::memcpy(&group, at, sizeof group);
    return _mm256_set1_epi32(group);
  }

  static Int32 widen(__m128i bytes) { return _mm256_cvtepi8_epi16(bytes); }
  // `count` bytes, zeros after them.
  static Int32 widen_first(const int8_t* at, int32_t count) {
    if (count >= 16) return widen(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
    int8_t bytes[16] = {};
    std::memcpy(bytes, at, static_cast<size_t>(count));
    return widen(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
  }

  // --- packing ---
  static int32_t activation_offset(int32_t input_offset) { return input_offset; }
  static Int32 remainder(int32_t) { return set(0); }

  static void pack_activations(const int8_t* from, int32_t count, int32_t offset, Element* to) {
    const Int32 add16 = set16(offset);
    for (; count >= 16; count -= 16, from += 16, to += 16) store(to, _mm256_add_epi16(widen_first(from, 16), add16));
    if (count >= 8) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
      const Int32 sum = _mm256_add_epi16(widen(bytes), add16);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(sum));
      count -= 8;
      from += 8;
      to += 8;
    }
    for (int32_t i = 0; i < count; ++i) to[i] = static_cast<int16_t>(from[i] + offset);
  }
  static void fill_padding(int32_t count, int32_t, Element* to) {
    std::memset(to, 0, static_cast<size_t>(count) * sizeof *to);
  }

  static void pack_weights(const int8_t* from, int32_t stride, int32_t lanes, int32_t count, Element* to) {
    Int32 rows[8];
    for (int32_t l = 0; l < 8; ++l) rows[l] = l < lanes ? widen_first(from + l * stride, count) : set(0);
    transpose(rows);
    for (int32_t g = 0; g < (count + 1) / 2; ++g) store(to + g * 16, rows[g]);
  }

  // --- depthwise ---
  static Block load_block(const Element* at) { return load(at); }
  static Block widen_weights(const int8_t* at) { return widen_first(at, kBlock); }
  static void interleave(const Block (&taps)[kTaps], Int32 (&parts)[kParts]) {
    parts[0] = _mm256_unpacklo_epi16(taps[0], taps[1]);
    parts[1] = _mm256_unpackhi_epi16(taps[0], taps[1]);
  }
  static Int32 part_of(const int32_t* values, int32_t part) {
    const __m128i* at = reinterpret_cast<const __m128i*>(values) + part;
    return _mm256_set_m128i(_mm_loadu_si128(at + 2), _mm_loadu_si128(at));
  }
  template <typename Limits>
  static __m128i pack_block(const Int32 (&y)[kParts], const Limits& limits) {
    const Int32 words = _mm256_adds_epi16(_mm256_packs_epi32(y[0], y[1]), limits.zero_point);
    const Int32 bytes = limit(_mm256_packs_epi16(words, words), limits);
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(bytes, 0x08));
  }
  static void store_block(int8_t* to, __m128i bytes, int32_t count) {
    std::memcpy(to, &bytes, count >= kBlock ? kBlock : static_cast<size_t>(count));
  }

  // --- dot products ---
  static Int32 dot_activations(const int8_t* at, int32_t count, int32_t offset) {
    return _mm256_add_epi16(widen_first(at, count), set16(offset));
  }
  static Int32 dot_weights(const int8_t* at, int32_t count) { return widen_first(at, count); }
  static Int32 sum_lanes(const Int32* v) {
    const Int32 a = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    const Int32 b = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
    return add(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
  }
};

}  // namespace

constexpr x86::Int8Microkernels int8 = {x86::conv_s8<V>, x86::depthwise_s8<V>, x86::gemm_s8<V>, x86::quantize_ratios<V>,
                                        x86::sum_s8<V>,  x86::product_s8<V>,   avx2::max_s8,    avx2::add_s8};

}  // namespace arenite::avx2
