#include "kernels_cpp/requantization.h"

#include "kernels_cpp/isa.h"

namespace arenite {

void fill_multipliers(const Tensor& input, const Tensor& filter, const Tensor& output, Multiplier* to) {
  isa::quantize_ratios({input.scale(), filter.scales, output.scale(), filter.scale_count, to});
}

void fill_multipliers(const Tensor& input, Tensor filter, const Tensor& output, int32_t first, int32_t count,
                      Multiplier* to) {
  if (filter.scale_count > 1) {
    filter.scales += first;
    filter.scale_count = count;
  }
  fill_multipliers(input, filter, output, to);
}

Status check_multipliers(const Tensor& input, const Tensor& filter, const Tensor& output, int32_t channel_axis) {
  ARENITE_CHECK(input.scale_count == 1 && output.scale_count == 1, kBadQuantization);
  if (filter.scale_count == 1) return Status::kOk;
  ARENITE_CHECK(filter.scale_count == filter.dim(channel_axis), kBadQuantization);
  ARENITE_CHECK(filter.quantized_dimension == channel_axis && filter.zero_point == 0, kBadQuantization);
  return Status::kOk;
}

Status check_multipliers_s16(const Tensor& input, const Tensor& filter, const Tensor& output) {
  ARENITE_CHECK(input.zero_point == 0 && filter.zero_point == 0 && output.zero_point == 0, kBadQuantization);
  for (int32_t i = 0; i < filter.scale_count; ++i) {
    const Multiplier m = quantize_ratio(input.scale(), filter.scales[i], output.scale());
    ARENITE_CHECK(m.shift <= kMaxWideShift, kBadQuantization);
  }
  return Status::kOk;
}

// `total` wraps.
[[gnu::always_inline]] inline int32_t OutputStageS16::scaled(uint64_t total, Multiplier m) const {
  return narrow ? multiply_by_quantized_multiplier(static_cast<int32_t>(total), m)
                : multiply_wide_by_quantized_multiplier(static_cast<int64_t>(total), m);
}

void OutputStageS16::apply(const int64_t* sums, int32_t first, int32_t count, int16_t* out) const {
  const Multiplier* m = multipliers + first * multiplier_step;
  const ActivationRange<int32_t> limits = range;
  for (int32_t i = 0; i < count; ++i, m += multiplier_step) {
    uint64_t total = static_cast<uint64_t>(sums[i]);
    if (bias.present) total += static_cast<uint64_t>(bias_at(bias, first + i));
    out[i] = static_cast<int16_t>(clamp(scaled(total, *m), limits.min, limits.max));
  }
}

}  // namespace arenite
