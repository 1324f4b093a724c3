// AVERAGE_POOL_2D: mean of the pixels under the window; padding does not count. int8: rounded half away from zero, in
// the input's own scale.
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/pool.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return Pool(node).check(); }

void eval_s8(const Node& node, const Pool& pool) {
  const ActivationRange<int32_t> range = activation_range_s8(pool.activation, pool.output);
  for_each_block<int8_t>(node, pool, [=](const PoolBlock& block, int8_t* out) {
    int32_t sum[kPoolBlock] = {};
    block.reduce<int8_t>(sum, [](int32_t a, int8_t b) { return a + b; });
    const int32_t count = block.y.count() * block.x.count();
    for (int32_t c = 0; c < block.size; ++c) {
      const int32_t half = sum[c] > 0 ? count / 2 : -(count / 2);
      out[c] = static_cast<int8_t>(clamp((sum[c] + half) / count, range.min, range.max));
    }
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
  } else {
    eval_s8(node, pool);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(average_pool_2d);
