// A tensor cut along one axis: split, split_v and unpack take it apart, pack puts it together.
#pragma once

#include "interpreter/kernel.h"
#include "kernels_cpp/movement.h"

namespace arenite {

// Every result is a part of the operand `whole` along `axis`, in order, and together they are all of it.
// `removed`: each part is one index, and its shape lacks the axis.
Status check_sections(const Node& node, const Tensor& whole, int32_t axis, bool removed);

// Copies the parts out.
void take_apart(const Node& node, const Tensor& whole, int32_t axis, bool removed);

}  // namespace arenite
