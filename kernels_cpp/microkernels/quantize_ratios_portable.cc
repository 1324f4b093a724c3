#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {

void quantize_ratios(const QuantizeRatios& r) {
  for (int32_t i = 0; i < r.count; ++i) r.to[i] = quantize_ratio(r.a, r.b[i], r.c);
}

}  // namespace arenite::portable
