// SPLIT: operand 1 in equal parts along the axis that operand 0 states.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/sections.h"

namespace arenite {
namespace {

int32_t axis_of(const Node& node) { return resolved_axis(IndexList(node.input(0))[0], node.input(1).rank); }

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(node.input(0).constant && node.input(0).count() == 1, kBadOption);
  const int32_t axis = axis_of(node);
  ARENITE_CHECK(axis >= 0, kBadOption);
  ARENITE_CHECK(node.option_i32(format::SplitOptions::num_splits, 0) == node.output_count(), kBadArity);
  for (int32_t i = 0; i < node.output_count(); ++i) {
    ARENITE_CHECK(same_shape(node.output(i), node.output(0)), kBadShape);
  }
  return check_sections(node, node.input(1), axis, false);
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  take_apart(node, node.input(1), axis_of(node), false);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(split);
