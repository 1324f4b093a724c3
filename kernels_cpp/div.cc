// DIV: a / b with broadcasting. As in TFLite an infinite quotient comes out as the largest finite float.
#include "kernels_cpp/activation.h"
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

int32_t activation_of(const Node& node) {
  return node.option_i8(format::DivOptions::fused_activation_function, format::ActivationFunctionType::NONE);
}

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(activation_is_fusable(activation_of(node)), kBadOption);
  ARENITE_CHECK(broadcasts(node.input(0), node.input(1), node.output(0)), kBadShape);
  return Status::kOk;
}

Status eval(const Node& node) {
  const ActivationRange<float> range = activation_range_f32(activation_of(node));
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<float>(), [=](float a, float b) { return range.apply(a / b); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(div);
