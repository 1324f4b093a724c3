// The few instructions that compilers do not find by themselves. Only *_dsp.cc include this.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels_cpp/microkernels/output_stage.h"

namespace arenite::dsp {

// Two 16-bit lanes in a word: low = bits 0..15.
using Pair = uint32_t;

inline uint32_t load_word(const int8_t* at) {
  uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Bytes at[0 .. count), count in [1, 3]; the rest is zero.
inline uint32_t load_partial_word(const int8_t* at, int32_t count) {
  uint32_t word = static_cast<uint8_t>(at[0]);
  if (count > 1) word |= static_cast<uint32_t>(static_cast<uint8_t>(at[1])) << 8;
  if (count > 2) word |= static_cast<uint32_t>(static_cast<uint8_t>(at[2])) << 16;
  return word;
}

inline Pair both(int32_t value) {
  const uint32_t lane = static_cast<uint32_t>(value) & 0xFFFF;
  return lane | (lane << 16);
}

// Bytes 0 and 2, widened.
inline Pair even_bytes(uint32_t word) {
  Pair pair;
  asm("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
  return pair;
}

// Bytes 1 and 3, widened.
inline Pair odd_bytes(uint32_t word) {
  Pair pair;
  asm("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
  return pair;
}

inline Pair add_even_bytes(Pair offset, uint32_t word) {
  Pair pair;
  asm("sxtab16 %0, %1, %2" : "=r"(pair) : "r"(offset), "r"(word));
  return pair;
}

inline Pair add_odd_bytes(Pair offset, uint32_t word) {
  Pair pair;
  asm("sxtab16 %0, %1, %2, ror #8" : "=r"(pair) : "r"(offset), "r"(word));
  return pair;
}

// Of a and b: a's lower half below b's, or the upper ones.
inline Pair lower_halves(Pair a, Pair b) {
  Pair pair;
  asm("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
}
inline Pair upper_halves(Pair a, Pair b) {
  Pair pair;
  asm("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(b), "r"(a));
  return pair;
}

// acc + low * low + high * high, modulo 2^32.
inline int32_t multiply_add_pairs(Pair a, Pair b, int32_t acc) {
  asm("smlad %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
  return acc;
}

inline int32_t multiply_add_low(Pair a, Pair b, int32_t acc) {
  asm("smlabb %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
  return acc;
}

inline int32_t multiply_add_high(Pair a, Pair b, int32_t acc) {
  asm("smlatt %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
  return acc;
}

// For assembly with these operands: four weights, which `load` brings to [word], times the activations in [even]
// (0, 2) and [odd] (1, 3), added to `sum`. Spoils [word] and [widened].
#define ARENITE_DSP_ROW(sum, load)                \
  load "\n\t"                                     \
       "sxtb16 %[widened], %[word]\n\t"           \
       "smlad " sum ", %[even], %[widened], " sum \
       "\n\t"                                     \
       "sxtb16 %[word], %[word], ror #8\n\t"      \
       "smlad " sum ", %[odd], %[word], " sum "\n\t"

// True when requantize_fast gives the bytes of OutputStage::apply: clamping to all of int8 and a right shift in [1,
// 20].
inline bool is_fast(Multiplier m) { return static_cast<uint32_t>(-m.shift - 1) < 20; }
inline bool clamps_to_int8(const OutputStage& stage) { return stage.min == INT8_MIN && stage.max == INT8_MAX; }

// Both roundings in five instructions: smmulr(2 * acc, m) is round(acc * m / 2^31). Adding the sign turns the carry of
// the shift, which rounds half up, into half away from zero. Twice a sum in %0, the multiplier in %1, the shift to the
// right in %2, the zero point in %3.
#define ARENITE_DSP_REQUANTIZE  \
  "smmulr %0, %0, %1\n\t"       \
  "add %0, %0, %0, asr #31\n\t" \
  "asrs %0, %0, %2\n\t"         \
  "adc %0, %0, %3\n\t"          \
  "ssat %0, #8, %0"

// 2 * acc saturates when |acc| >= 2^30, where the result is beyond 2^29 >> 20 and is clamped either way. right =
// -shift.
inline int32_t requantize_fast(int32_t acc, int32_t multiplier, int32_t right, int32_t zero_point) {
  asm("qadd %0, %0, %0\n\t" ARENITE_DSP_REQUANTIZE : "+r"(acc) : "r"(multiplier), "r"(right), "r"(zero_point) : "cc");
  return acc;
}

// Of twice a sum, for right shifts of at most 31.
inline int32_t requantize_doubled(int32_t doubled, int32_t multiplier, int32_t right, int32_t zero_point) {
  asm(ARENITE_DSP_REQUANTIZE : "+r"(doubled) : "r"(multiplier), "r"(right), "r"(zero_point) : "cc");
  return doubled;
}

// The greater of each pair of bytes.
inline uint32_t max_bytes(uint32_t a, uint32_t b) {
  uint32_t greater;
  asm("ssub8 %0, %1, %2\n\t"
      "sel %0, %1, %2"
      : "=&r"(greater)
      : "r"(a), "r"(b)
      : "cc");
  return greater;
}

// The smaller of each pair of bytes.
inline uint32_t min_bytes(uint32_t a, uint32_t b) {
  uint32_t smaller;
  asm("ssub8 %0, %1, %2\n\t"
      "sel %0, %2, %1"
      : "=&r"(smaller)
      : "r"(a), "r"(b)
      : "cc");
  return smaller;
}

}  // namespace arenite::dsp
