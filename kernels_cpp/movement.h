// Checks that operators make which move elements without changing them.
#pragma once

#include <cstring>

#include "kernels_cpp/shape.h"
#include "kernels_cpp/strided_copy.h"

namespace arenite {

// In [0, rank), counted from the end when negative; -1 when out of range.
inline int32_t resolved_axis(int32_t axis, int32_t rank) {
  if (axis < -rank || axis >= rank) return -1;
  return axis < 0 ? axis + rank : axis;
}

// Elements of `a` may become elements of `b`: int8 with one scale that both share, other types with one or without.
inline bool keeps_grid(const Tensor& a, const Tensor& b) {
  if (a.type == Type::kInt8 || a.scale_count != 0 || b.scale_count != 0) {
    return a.scale_count == 1 && b.scale_count == 1 && a.scale() == b.scale() && a.zero_point == b.zero_point;
  }
  return true;
}

inline int32_t element_bytes(const Tensor& t) { return static_cast<int32_t>(type_size(t.type)); }

// All axes but `axis`, which `removed` says the other tensor lacks, agree.
inline bool same_but_axis(const Tensor& whole, const Tensor& part, int32_t axis, bool removed) {
  if (part.rank != whole.rank - (removed ? 1 : 0)) return false;
  for (int32_t i = 0; i < whole.rank; ++i) {
    if (i != axis && part.dim(removed && i > axis ? i - 1 : i) != whole.dim(i)) return false;
  }
  return true;
}

// Result and operand have the same bytes. Tensors that are needed at one time never overlap in part.
inline void copy_whole(const Tensor& input, const Tensor& output) {
  if (input.data == output.data) return;
  std::memcpy(output.data, input.data, static_cast<size_t>(output.count()) * type_size(output.type));
}

// The whole eval of an operator whose result has its operand's bytes in another shape, in which rows do not survive.
inline Status eval_copy(const Node& node) {
  ARENITE_CHECK(row_window(node) == nullptr, kUnsupportedOp);
  copy_whole(node.input(0), node.output(0));
  return Status::kOk;
}

}  // namespace arenite
