#include "kernels_cpp/sections.h"

namespace arenite {

Status check_sections(const Node& node, const Tensor& whole, int32_t axis, bool removed) {
  int64_t total = 0;
  for (int32_t i = 0; i < node.output_count(); ++i) {
    const Tensor part = node.output(i);
    ARENITE_CHECK(same_but_axis(whole, part, axis, removed), kBadShape);
    ARENITE_CHECK(keeps_grid(whole, part), kBadQuantization);
    total += removed ? 1 : part.dim(axis);
  }
  ARENITE_CHECK(total == whole.dim(axis), kBadShape);
  return Status::kOk;
}

void take_apart(const Node& node, const Tensor& whole, int32_t axis, bool removed) {
  const int32_t pitch_in = pitch(whole, axis - 1);
  if (pitch_in == 0) return;
  const int32_t count = pitch(whole, -1) / pitch_in;
  const uint8_t* in = whole.as<uint8_t>();
  for (int32_t i = 0; i < node.output_count(); ++i) {
    const Tensor part = node.output(i);
    const int32_t bytes = removed ? pitch(whole, axis) : pitch(part, axis - 1);
    copy_chunks(in, pitch_in, part.as<uint8_t>(), bytes, bytes, count);
    in += bytes;
  }
}

}  // namespace arenite
