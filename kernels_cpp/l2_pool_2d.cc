// L2_POOL_2D: root of the mean square of the pixels under the window; padding does not count.
#include <cmath>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/pool.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return Pool(node).check(); }

Status eval(const Node& node) {
  const Pool pool(node);
  const ActivationRange<float> range = activation_range_f32(pool.activation);
  for_each_block<float>(node, pool, [=](const PoolBlock& block, float* out) {
    float squares[kPoolBlock] = {};
    block.reduce<float>(squares, [](float sum, float x) { return sum + x * x; });
    const float count = static_cast<float>(block.y.count() * block.x.count());
    for (int32_t c = 0; c < block.size; ++c) out[c] = range.apply(std::sqrt(squares[c] / count));
  });
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(l2_pool_2d);
