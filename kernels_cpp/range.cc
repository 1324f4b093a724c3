// RANGE: from operand 0 up or down to operand 1, which is not reached, in steps of operand 2. All three are constant,
// so that the result's size is known.
#include <cmath>

#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

struct Bounds {
  Tensor start;
  Tensor limit;
  Tensor delta;
  explicit Bounds(const Node& node) : start(node.input(0)), limit(node.input(1)), delta(node.input(2)) {}
};

// Whether `count` steps are the fewest that reach the limit. Distances are unsigned, so that none overflows.
template <typename T>
bool has_count(const Bounds& bounds, int32_t count) {
  const T start = bounds.start.as<T>()[0];
  const T limit = bounds.limit.as<T>()[0];
  const T delta = bounds.delta.as<T>()[0];
  if (delta == 0 || (delta > 0 ? start > limit : start < limit)) return false;
  const uint64_t from = static_cast<uint64_t>(static_cast<int64_t>(start));
  const uint64_t to = static_cast<uint64_t>(static_cast<int64_t>(limit));
  const uint64_t distance = delta > 0 ? to - from : from - to;
  const uint64_t signed_step = static_cast<uint64_t>(static_cast<int64_t>(delta));
  const uint64_t step = delta > 0 ? signed_step : 0 - signed_step;
  if (count == 0) return distance == 0;
  uint64_t reach;
  if (__builtin_mul_overflow(step, static_cast<uint64_t>(count) - 1, &reach) || reach >= distance) return false;
  return distance - reach <= step;
}

template <>
bool has_count<float>(const Bounds& bounds, int32_t count) {
  const float start = bounds.start.as<float>()[0];
  const float limit = bounds.limit.as<float>()[0];
  const float delta = bounds.delta.as<float>()[0];
  if (!(delta > 0.0f ? start <= limit : delta < 0.0f && start >= limit)) return false;
  return std::ceil(std::fabs((limit - start) / delta)) == static_cast<float>(count);
}

bool has_count(const Bounds& bounds, int32_t count) {
  if (bounds.start.type == Type::kInt64) return has_count<int64_t>(bounds, count);
  if (bounds.start.type == Type::kInt32) return has_count<int32_t>(bounds, count);
  return ARENITE_FLOAT != 0 && has_count<float>(bounds, count);
}

Status prepare(const Node& node, uint32_t*) {
  const Bounds bounds(node);
  const Tensor output = node.output(0);
  ARENITE_CHECK(bounds.start.rank == 0 && bounds.limit.rank == 0 && bounds.delta.rank == 0, kBadShape);
  ARENITE_CHECK(bounds.start.constant && bounds.limit.constant && bounds.delta.constant, kBadOption);
  ARENITE_CHECK(output.rank == 1 && has_count(bounds, output.dim(0)), kBadShape);
  return Status::kOk;
}

// Acc: T, or its unsigned partner: what follows the last element may not fit.
template <typename T, typename Acc>
void fill(const Bounds& bounds, const Tensor& output) {
  Acc value = static_cast<Acc>(bounds.start.as<T>()[0]);
  for (int32_t i = 0; i < output.dim(0); ++i, value += static_cast<Acc>(bounds.delta.as<T>()[0])) {
    output.as<T>()[i] = static_cast<T>(value);
  }
}

Status eval(const Node& node) {
  const Bounds bounds(node);
  const Tensor output = node.output(0);
  if (output.type == Type::kInt64) {
    fill<int64_t, uint64_t>(bounds, output);
  } else if (output.type == Type::kInt32) {
    fill<int32_t, uint32_t>(bounds, output);
  } else if (ARENITE_FLOAT != 0) {
    fill<float, float>(bounds, output);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(range);
