// SPLIT_V: operand 0 in parts of the sizes in operand 1 (one may be -1: what the others leave) along the axis in
// operand 2.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/sections.h"

namespace arenite {
namespace {

int32_t axis_of(const Node& node) { return resolved_axis(IndexList(node.input(2))[0], node.input(0).rank); }

Status prepare(const Node& node, uint32_t*) {
  const Tensor sizes = node.input(1);
  ARENITE_CHECK(sizes.constant && node.input(2).constant && node.input(2).count() == 1, kBadOption);
  const int32_t axis = axis_of(node);
  ARENITE_CHECK(axis >= 0, kBadOption);
  ARENITE_CHECK(sizes.count() == node.output_count(), kBadArity);
  ARENITE_TRY(check_sections(node, node.input(0), axis, false));
  int32_t open = 0;
  for (int32_t i = 0; i < node.output_count(); ++i) {
    const int32_t size = IndexList(sizes)[i];
    open += size == -1 ? 1 : 0;
    ARENITE_CHECK(open <= 1 && (size == -1 || size == node.output(i).dim(axis)), kBadShape);
  }
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  take_apart(node, node.input(0), axis_of(node), false);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(split_v);
