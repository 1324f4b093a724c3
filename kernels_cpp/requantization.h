// Multipliers of an operator whose sums have the scale input * filter and whose output has its own.
#pragma once

#include "interpreter/status.h"
#include "interpreter/tensor.h"
#include "kernels_cpp/fixed_point.h"

namespace arenite {

// to[i] = scale(input) * filter.scales[i] / scale(output), as TFLite rounds it; filter.scale_count entries.
void fill_multipliers(const Tensor& input, const Tensor& filter, const Tensor& output, Multiplier* to);

// Per-tensor scales on input and output; one or `channels` scales on the filter, those along `channel_axis` and
// without zero points. The caller checks the zero point of a filter with one scale.
Status check_multipliers(const Tensor& input, const Tensor& filter, const Tensor& output, int32_t channel_axis);

}  // namespace arenite
