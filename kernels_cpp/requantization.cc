#include "kernels_cpp/requantization.h"

namespace arenite {

void fill_multipliers(const Tensor& input, const Tensor& filter, const Tensor& output, Multiplier* to) {
  for (int32_t i = 0; i < filter.scale_count; ++i) {
    to[i] = quantize_ratio(input.scale(), filter.scales[i], output.scale());
  }
}

Status check_multipliers(const Tensor& input, const Tensor& filter, const Tensor& output, int32_t channel_axis) {
  ARENITE_CHECK(input.scale_count == 1 && output.scale_count == 1, kBadQuantization);
  if (filter.scale_count == 1) return Status::kOk;
  ARENITE_CHECK(filter.scale_count == filter.dim(channel_axis), kBadQuantization);
  ARENITE_CHECK(filter.quantized_dimension == channel_axis && filter.zero_point == 0, kBadQuantization);
  return Status::kOk;
}

}  // namespace arenite
