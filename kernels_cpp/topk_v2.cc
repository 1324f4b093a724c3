// TOPK_V2: the largest elements of each vector of the innermost axis in descending order, and their places; of equal
// ones the first. Finds them one after the other, without scratch: k times depth comparisons.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor k = node.input(1);
  const Tensor values = node.output(0);
  ARENITE_CHECK(k.constant && k.count() == 1, kBadOption);
  ARENITE_CHECK(input.rank >= 1 && values.rank == input.rank && same_shape(values, node.output(1)), kBadShape);
  for (int32_t i = 1; i < input.rank; ++i) ARENITE_CHECK(values.back(i) == input.back(i), kBadShape);
  ARENITE_CHECK(values.back(0) == k.as<int32_t>()[0] && values.back(0) <= input.back(0), kBadShape);
  ARENITE_CHECK(keeps_grid(input, values), kBadQuantization);
  return Status::kOk;
}

// Whether element i comes before element k: larger, or equal and further left. NaN comes last.
template <typename T>
bool precedes(const T* in, int32_t i, int32_t k) {
  if (in[i] > in[k]) return true;
  if (in[i] < in[k]) return false;
  const bool is_nan = in[i] != in[i];
  return is_nan == (in[k] != in[k]) ? i < k : !is_nan;
}

// The first element behind `previous`, which is none when negative.
template <typename T>
int32_t next(const T* in, int32_t depth, int32_t previous) {
  int32_t best = -1;
  for (int32_t i = 0; i < depth; ++i) {
    if (previous >= 0 && !precedes(in, previous, i)) continue;
    if (best < 0 || precedes(in, i, best)) best = i;
  }
  return best;
}

template <typename T>
void top(const Node& node) {
  const Tensor input = node.input(0);
  const Tensor values = node.output(0);
  const int32_t depth = input.back(0);
  const int32_t k = values.back(0);
  const T* in = input.as<T>();
  T* value = values.as<T>();
  int32_t* place = node.output(1).as<int32_t>();
  for (int32_t left = values.count(); left > 0; left -= k, in += depth) {
    int32_t found = -1;
    for (int32_t i = 0; i < k; ++i) {
      found = next(in, depth, found);
      *value++ = in[found];
      *place++ = found;
    }
  }
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  switch (node.input(0).type) {
    case Type::kInt8:
      top<int8_t>(node);
      return Status::kOk;
    case Type::kInt16:
      if (ARENITE_INT16 != 0) top<int16_t>(node);
      return Status::kOk;
    case Type::kUInt8:
      top<uint8_t>(node);
      return Status::kOk;
    case Type::kInt32:
      top<int32_t>(node);
      return Status::kOk;
    case Type::kInt64:
      top<int64_t>(node);
      return Status::kOk;
    default:
      if (ARENITE_FLOAT != 0) top<float>(node);
      return Status::kOk;
  }
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(topk_v2);
