#include "kernels_cpp/row_s16.h"

#include "kernels_cpp/isa.h"

namespace arenite {

void row_s16(const int16_t* in, const int8_t* weights, int32_t depth, int32_t first, int32_t count,
             const OutputStageS16& stage, int16_t* out) {
  int32_t n = 0;
  for (; n + kDots <= count; n += kDots, weights += kDots * depth) {
    int64_t sums[kDots];
    isa::dots_s16({in, weights, depth, depth}, sums);
    stage.apply(sums, first + n, kDots, out + n);
  }
  for (; n < count; ++n, weights += depth) {
    int64_t sum = 0;
    for (int32_t k = 0; k < depth; ++k) sum += in[k] * weights[k];
    out[n] = stage.apply(sum, first + n);
  }
}

}  // namespace arenite
