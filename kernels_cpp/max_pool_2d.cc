// MAX_POOL_2D: the largest pixel under the window, per channel; padding does not count.
#include <cmath>

#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/pool.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return Pool(node).check(); }

void take_largest(const PoolBlock& block, int8_t* largest) {
  block.for_each_run<int8_t>(
      [&](const int8_t* in, int32_t pixels) { isa::max_s8({largest, in, block.size, pixels, block.pitch}); });
}

template <typename T>
void take_largest(const PoolBlock& block, T* largest) {
  block.reduce<T>(largest, [](T a, T b) { return a < b ? b : a; });
}

// T: int8_t, int16_t or float. A NaN in the window is passed over, as in TFLite: the result starts from `lowest`.
template <typename T, typename Bound>
void eval_type(const Node& node, const Pool& pool, T lowest, T highest, ActivationRange<Bound> range) {
  if constexpr (kLeastCode) {
    const auto larger = [](T a, T b) { return a < b ? b : a; };
    return for_each_output<T>(pool, lowest, larger,
                              [=](T largest, int32_t) { return static_cast<T>(range.apply(largest)); });
  }
  const bool bounded = range.min > lowest || range.max < highest;
  for_each_block<T>(node, pool, [=](const PoolBlock& block, T* out) {
    for (int32_t c = 0; c < block.size; ++c) out[c] = lowest;
    take_largest(block, out);
    if (!bounded) return;
    for (int32_t c = 0; c < block.size; ++c) out[c] = static_cast<T>(range.apply(out[c]));
  });
}

Status eval(const Node& node) {
  const Pool pool(node);
  if (is_float(pool.input)) {
    const float lowest = activation_range_f32(format::ActivationFunctionType::NONE).min;
    eval_type<float>(node, pool, lowest, HUGE_VALF, activation_range_f32(pool.activation));
  } else if (is_int16(pool.input)) {
    eval_type<int16_t>(node, pool, INT16_MIN, INT16_MAX, activation_range_s16(pool.activation, pool.output));
  } else {
    eval_type<int8_t>(node, pool, INT8_MIN, INT8_MAX, activation_range_s8(pool.activation, pool.output));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(max_pool_2d);
