// ARG_MIN: index of the smallest element along one constant axis, the first of equal ones.
#include "kernels_cpp/extreme.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_arg(node); }

Status eval(const Node& node) { return arg_extreme<Less>(node); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arg_min);
