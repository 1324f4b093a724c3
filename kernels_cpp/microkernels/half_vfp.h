// IEEE binary16 to binary32 by the floating point unit of Cortex-M4 and later: exact; a signalling NaN becomes quiet.
#pragma once

#include <cstdint>
#include <cstring>

namespace arenite::vfp {

inline float to_float(uint16_t half) {
  const uint32_t bits = half;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  asm("vcvtb.f32.f16 %0, %0" : "+t"(value));
  return value;
}

}  // namespace arenite::vfp
