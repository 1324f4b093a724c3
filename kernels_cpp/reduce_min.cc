// REDUCE_MIN over constant axes: the smallest element, in the input's own scale.
#include "kernels_cpp/extreme.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_reduce_extreme(node); }

Status eval(const Node& node) { return reduce_extreme<Less>(node); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(reduce_min);
