// ARENITE_TABLE: a function of one element, given by its values: int8 by one for each code, int16 by 513 with lines
// between them. Operand 1 holds them, in the output's codes.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/line_table.h"

namespace arenite {
namespace {

constexpr int32_t kCodes = 256;

// The value on the line between the entries around a code; unlike TFLite's tables it may rise by all codes at once.
int16_t on_line(const int16_t* entries, int32_t code) {
  const int32_t place = code - INT16_MIN;
  const int16_t* entry = entries + place / kCodesPerLine;
  const int32_t rise = (entry[1] - entry[0]) * (place % kCodesPerLine);
  return static_cast<int16_t>(entry[0] + ((rise + kCodesPerLine / 2) >> 7));
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor table = node.input(1);
  const int32_t entries = is_int16(table) ? kLineSteps + 1 : kCodes;
  ARENITE_CHECK(table.count() == entries, kBadShape);
  return check_elementwise(node);
}

Status eval(const Node& node) {
  if (is_int16(node.input(0))) {
    const int16_t* table = node.input(1).as<int16_t>();
    for_each_run<int16_t, int16_t>(node, [=](const int16_t* in, int16_t* out, int32_t n) {
      for (int32_t i = 0; i < n; ++i) out[i] = on_line(table, in[i]);
    });
    return Status::kOk;
  }
  const int8_t* centre = node.input(1).as<int8_t>() - INT8_MIN;
  for_each_run<int8_t, int8_t>(node, [=](const int8_t* in, int8_t* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = centre[in[i]];
  });
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arenite_table);
