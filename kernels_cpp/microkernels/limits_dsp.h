// A clamp narrower than int8, in a pass of its own: SSAT has done the other one.
#pragma once

#include "kernels_cpp/microkernels/dsp_instructions.h"

namespace arenite::dsp {

// codes[i] = clamp(codes[i], min, max), i < count.
__attribute__((noinline)) inline void limit(int8_t* codes, int32_t count, int32_t min, int32_t max) {
  if (min == INT8_MIN && max == INT8_MAX) return;
  constexpr uint32_t kEveryByte = 0x01010101u;
  const uint32_t low = (static_cast<uint32_t>(min) & 0xFF) * kEveryByte;
  const uint32_t high = (static_cast<uint32_t>(max) & 0xFF) * kEveryByte;
  for (; count >= 4; count -= 4, codes += 4) {
    const uint32_t word = min_bytes(max_bytes(load_word(codes), low), high);
    std::memcpy(codes, &word, sizeof word);
  }
  for (; count > 0; --count, ++codes) *codes = static_cast<int8_t>(clamp(*codes, min, max));
}

}  // namespace arenite::dsp
