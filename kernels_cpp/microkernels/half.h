// IEEE binary16 to binary32, exact.
#pragma once

#include <cstdint>
#include <cstring>

namespace arenite::portable {

// Of zero and subnormal numbers, infinities and NaN, without the sign.
uint32_t special_float_bits(uint32_t magnitude);

// A NaN keeps what it carries.
inline float to_float(uint16_t half) {
  const uint32_t magnitude = half & 0x7FFF;
  // The sign, which the shift repeats, and the rest in its place.
  uint32_t bits = static_cast<uint32_t>(int32_t{static_cast<int16_t>(half)}) << 13 & 0x8FFFE000;
  bits += 112u << 23;
  if (magnitude - 0x0400 >= 0x7800) bits = (bits & 0x80000000) | special_float_bits(magnitude);
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

}  // namespace arenite::portable
