// SCATTER_ND: zeros of the shape in operand 2, to which the parts in operand 1 are added at the places that stand along
// the last axis of operand 0. Numbers as they are stored; integers wrap.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

bool is_shape(const Tensor& dims, const Tensor& output) {
  if (dims.count() != output.rank) return false;
  for (int32_t i = 0; i < output.rank; ++i) {
    if (dims.as<int32_t>()[i] != output.dim(i)) return false;
  }
  return true;
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor indices = node.input(0);
  const Tensor updates = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(node.input(2).constant, kBadOption);
  ARENITE_CHECK(is_shape(node.input(2), output), kBadShape);
  ARENITE_CHECK(indices.rank >= 1 && indices.back(0) >= 1 && indices.back(0) <= output.rank, kBadShape);
  const int32_t depth = indices.back(0);
  const int32_t listed = indices.rank - 1;
  ARENITE_CHECK(updates.rank == listed + output.rank - depth, kBadShape);
  for (int32_t i = 0; i < updates.rank; ++i) {
    ARENITE_CHECK(updates.dim(i) == (i < listed ? indices.dim(i) : output.dim(i - listed + depth)), kBadShape);
  }
  return Status::kOk;
}

// Acc: T, or its unsigned partner, in which sums wrap.
template <typename T, typename Acc>
void add(const uint8_t* from, uint8_t* to, int32_t n) {
  const T* const in = static_cast<const T*>(static_cast<const void*>(from));
  T* const out = static_cast<T*>(static_cast<void*>(to));
  for (int32_t i = 0; i < n; ++i) out[i] = static_cast<T>(static_cast<Acc>(out[i]) + static_cast<Acc>(in[i]));
}

// true and true is true.
void unite(const uint8_t* from, uint8_t* to, int32_t n) {
  for (int32_t i = 0; i < n; ++i) to[i] = (to[i] | from[i]) != 0 ? 1 : 0;
}

using Add = void (*)(const uint8_t* from, uint8_t* to, int32_t n);

Add add_of(Type type) {
  switch (type) {
    case Type::kBool:
      return unite;
    case Type::kInt64:
      return add<int64_t, uint64_t>;
    case Type::kInt32:
      return add<int32_t, uint32_t>;
    case Type::kFloat32:
      return add<float, float>;
    default:
      return add<uint8_t, uint32_t>;
  }
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor indices = node.input(0);
  const Tensor output = node.output(0);
  const int32_t depth = indices.back(0);
  const int32_t bytes = pitch(output, depth - 1);
  const Add add_part = add_of(output.type);
  const int32_t* index = indices.as<int32_t>();
  const uint8_t* update = node.input(1).as<uint8_t>();
  uint8_t* const out = output.as<uint8_t>();
  std::memset(out, 0, static_cast<size_t>(output.count()) * type_size(output.type));
  for (int32_t i = 0; i < indices.count() / depth; ++i, index += depth, update += bytes) {
    int32_t offset = 0;
    for (int32_t axis = 0; axis < depth; ++axis) {
      ARENITE_CHECK(index[axis] >= 0 && index[axis] < output.dim(axis), kBadValue);
      offset += index[axis] * pitch(output, axis);
    }
    add_part(update, out + offset, bytes / element_bytes(output));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(scatter_nd);
