// BROADCAST_ARGS: the shape that two shapes broadcast to. Shapes that do not are BadValue.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(a.rank == 1 && b.rank == 1 && output.rank == 1, kBadShape);
  ARENITE_CHECK(output.dim(0) == (a.dim(0) > b.dim(0) ? a.dim(0) : b.dim(0)), kBadShape);
  return Status::kOk;
}

template <typename T>
Status broadcast(const Tensor& a, const Tensor& b, const Tensor& output) {
  const int32_t rank = output.dim(0);
  for (int32_t i = 1; i <= rank; ++i) {  // from the innermost axis
    const T size_a = i <= a.dim(0) ? a.as<T>()[a.dim(0) - i] : T{1};
    const T size_b = i <= b.dim(0) ? b.as<T>()[b.dim(0) - i] : T{1};
    ARENITE_CHECK(size_a == size_b || size_a == 1 || size_b == 1, kBadValue);
    output.as<T>()[rank - i] = size_a == 1 ? size_b : size_a;
  }
  return Status::kOk;
}

Status eval(const Node& node) {
  const Tensor output = node.output(0);
  if (output.type == Type::kInt64) return broadcast<int64_t>(node.input(0), node.input(1), output);
  return broadcast<int32_t>(node.input(0), node.input(1), output);
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(broadcast_args);
