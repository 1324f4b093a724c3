// int8 functions that have no integer arithmetic: each code's real value goes through a float function, as in the
// tables of TFLite. The function must give the same bits on every host and board (elementary.h).
#pragma once

#include "kernels_cpp/map_s8.h"

namespace arenite {

template <typename Function>
struct FloatFunctionS8 {
  Function function;
  float scale_in;
  float inverse_scale_out;
  int32_t zero_in;
  int32_t zero_out;

  FloatFunctionS8(const Node& node, Function f)
      : function(f),
        scale_in(node.input(0).scale()),
        inverse_scale_out(1.0f / node.output(0).scale()),
        zero_in(node.input(0).zero_point),
        zero_out(node.output(0).zero_point) {}
  int8_t operator()(int32_t q) const {
    const float steps = function(scale_in * static_cast<float>(q - zero_in)) * inverse_scale_out;
    if (!(steps > -1000.0f)) return INT8_MIN;  // NaN too
    if (steps > 1000.0f) return INT8_MAX;
    const int32_t whole = static_cast<int32_t>(steps);
    const float rest = steps - static_cast<float>(whole);
    return saturate_s8(whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0), zero_out);
  }
};

template <typename Function>
inline void table_s8(const Node& node, Function function) {
  map_s8(node, FloatFunctionS8<Function>(node, function));
}

}  // namespace arenite
