#include "kernels_cpp/microkernels/half.h"

namespace arenite::portable {

uint32_t special_float_bits(uint32_t magnitude) {
  if (magnitude == 0) return 0;
  if (magnitude >= 0x7C00) return 0x7F800000 | (magnitude & 0x3FF) << 13;
  uint32_t exponent = 1 + 112;
  for (; (magnitude & 0x400) == 0; --exponent) magnitude <<= 1;
  return exponent << 23 | (magnitude & 0x3FF) << 13;
}

}  // namespace arenite::portable
