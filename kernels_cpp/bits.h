// Lengths of whole numbers.
#pragma once

#include <cstdint>

namespace arenite {

// Bits that x takes: 0 for 0, 32 for 2^31.
inline int32_t bit_length(uint32_t x) { return x == 0 ? 0 : 32 - __builtin_clz(x); }
inline int32_t bit_length(uint64_t x) {
  const uint32_t upper = static_cast<uint32_t>(x >> 32);
  return upper != 0 ? 32 + bit_length(upper) : bit_length(static_cast<uint32_t>(x));
}

}  // namespace arenite
