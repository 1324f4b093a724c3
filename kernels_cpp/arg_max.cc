// ARG_MAX: index of the largest element along one constant axis, the first of equal ones.
#include "kernels_cpp/extreme.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_arg(node); }

Status eval(const Node& node) { return arg_extreme<Greater>(node); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arg_max);
