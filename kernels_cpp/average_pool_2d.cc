// AVERAGE_POOL_2D: mean of the pixels under the window; padding does not count. int8 and int16: rounded half away
// from zero, in the input's own scale.
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/pool.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return Pool(node).check(); }

void add_pixels(const PoolBlock& block, int32_t* sum, int8_t) {
  block.for_each_run<int8_t>(
      [&](const int8_t* in, int32_t pixels) { isa::add_s8({sum, in, block.size, pixels, block.pitch}); });
}

void add_pixels(const PoolBlock& block, int32_t* sum, int16_t) {
  block.reduce<int16_t>(sum, [](int32_t a, int16_t b) { return a + b; });
}

template <typename T>
void eval_codes(const Node& node, const Pool& pool, ActivationRange<int32_t> range) {
  const auto mean = [=](int32_t sum, int32_t count) {
    const int32_t half = sum > 0 ? count / 2 : -(count / 2);
    return static_cast<T>(clamp((sum + half) / count, range.min, range.max));
  };
  if constexpr (kLeastCode) {
    return for_each_output<T>(pool, 0, [](int32_t a, T b) { return a + b; }, mean);
  }
  for_each_block<T>(node, pool, [=](const PoolBlock& block, T* out) {
    int32_t sum[kPoolBlock] = {};
    add_pixels(block, sum, T{});
    const int32_t count = block.y.count() * block.x.count();
    for (int32_t c = 0; c < block.size; ++c) out[c] = mean(sum[c], count);
  });
}

void eval_f32(const Node& node, const Pool& pool) {
  const ActivationRange<float> range = activation_range_f32(pool.activation);
  for_each_block<float>(node, pool, [=](const PoolBlock& block, float* out) {
    float sum[kPoolBlock] = {};
    block.reduce<float>(sum, [](float a, float b) { return a + b; });
    const float count = static_cast<float>(block.y.count() * block.x.count());
    for (int32_t c = 0; c < block.size; ++c) out[c] = range.apply(sum[c] / count);
  });
}

Status eval(const Node& node) {
  const Pool pool(node);
  if (is_float(pool.input)) {
    eval_f32(node, pool);
  } else if (is_int16(pool.input)) {
    eval_codes<int16_t>(node, pool, activation_range_s16(pool.activation, pool.output));
  } else {
    eval_codes<int8_t>(node, pool, activation_range_s8(pool.activation, pool.output));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(average_pool_2d);
