// REDUCE_ALL over constant axes: whether all elements are true.
#include "kernels_cpp/reduction.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_reduction(node); }

// Every byte other than 0 is true.
Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  reduce(
      Reduction(node), node.input(0).as<uint8_t>(), node.output(0).as<uint8_t>(), true,
      [](bool all, uint8_t x) { return all && x != 0; }, [](bool all) { return static_cast<uint8_t>(all); });
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(reduce_all);
