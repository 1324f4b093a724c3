#include "kernels_cpp/weighted.h"

#include "kernels_cpp/half.h"

namespace arenite {

Weighted::Weighted(const Node& node)
    : input(node.input(0)), filter(weights_operand(node, 1)), bias(weights_operand(node, 2)), output(node.output(0)) {}

Multiplier Weighted::multiplier_of(int32_t n) const {
  return quantize_ratio(input.scale(), filter.scales[filter.scale_count > 1 ? n : 0], output.scale());
}

}  // namespace arenite
