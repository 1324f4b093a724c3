// REDUCE_MAX over constant axes: the largest element, in the input's own scale.
#include "kernels_cpp/extreme.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_reduce_extreme(node); }

Status eval(const Node& node) { return reduce_extreme<Greater>(node); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(reduce_max);
