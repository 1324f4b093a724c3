// MAXIMUM: the larger element of two, with broadcasting.
#include "kernels_cpp/extremum.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return extremum::prepare(node); }

Status eval(const Node& node) { return extremum::eval<true>(node); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(maximum);
