#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {

void unpack_s4(const Int4Run& run, int8_t* out) {
  int32_t i = run.first;
  int32_t left = run.count;
  if (i % 2 != 0 && left > 0) {
    *out++ = int4_at(run.packed, i++);
    --left;
  }
  const uint8_t* at = run.packed + i / 2;
  for (; left >= 2; left -= 2, out += 2) {
    const int32_t byte = *at++;
    out[0] = static_cast<int8_t>(((byte & 15) ^ 8) - 8);
    out[1] = static_cast<int8_t>((byte >> 4 ^ 8) - 8);
  }
  if (left > 0) *out = int4_at(at, 0);
}

}  // namespace arenite::portable
