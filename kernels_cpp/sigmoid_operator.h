// What LOGISTIC and TANH check and ask for alike.
#pragma once

#include "kernels_cpp/map_s8.h"
#include "kernels_cpp/sigmoid_s16.h"

namespace arenite {

// The result's scale and zero point are given for int8; for int16 the scale is 2^-15.
inline Status prepare_sigmoid(const Node& node, float scale, int32_t zero_point, uint32_t* scratch_bytes) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_TRY(check_elementwise(node));
  if (is_float(input)) return Status::kOk;
  if (is_int16(input)) {
    ARENITE_CHECK(output.scale() == 1.0f / 32768.0f && SigmoidInputS16::takes(input.scale()), kBadQuantization);
    return Status::kOk;
  }
  ARENITE_CHECK(output.scale() == scale && output.zero_point == zero_point, kBadQuantization);
  *scratch_bytes = map_scratch(input);
  return Status::kOk;
}

}  // namespace arenite
