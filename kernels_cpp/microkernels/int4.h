// Contract of what reads int4 weights: two to a byte, the low four bits first, in two's complement.
#pragma once

#include <cstdint>

namespace arenite {

// Element `index` of `packed`.
inline int8_t int4_at(const uint8_t* packed, int32_t index) {
  const uint32_t byte = packed[index / 2];
  const uint32_t nibble = index % 2 == 0 ? byte & 15 : byte >> 4;
  return static_cast<int8_t>(static_cast<int32_t>(nibble ^ 8) - 8);
}

// Elements [first, first + count) of a tensor of int4. Reads nothing but the bytes that hold them.
struct Int4Run {
  const uint8_t* packed;
  int32_t first;
  int32_t count;
};

}  // namespace arenite
