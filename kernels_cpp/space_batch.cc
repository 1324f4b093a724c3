#include "kernels_cpp/space_batch.h"

namespace arenite {

Status SpaceBatch::check() const {
  ARENITE_CHECK(block.constant && edges.constant, kBadOption);
  const int32_t axes = block.count();
  ARENITE_CHECK(block.rank == 1 && axes < image.rank && edges.count() == 2 * axes, kBadShape);
  ARENITE_CHECK(image.rank == batches.rank, kBadShape);
  int64_t phases = image.dim(0);
  for (int32_t i = 0; i < axes; ++i) {
    const int32_t size = block.as<int32_t>()[i];
    const int32_t before = edges.as<int32_t>()[2 * i];
    const int32_t after = edges.as<int32_t>()[2 * i + 1];
    ARENITE_CHECK(size > 0 && before >= 0 && after >= 0, kBadOption);
    const int64_t padded = int64_t{image.dim(i + 1)} + before + after;
    ARENITE_CHECK(padded == int64_t{batches.dim(i + 1)} * size && padded < (1 << 30), kBadShape);
    phases *= size;
    ARENITE_CHECK(phases <= INT32_MAX, kBadShape);
  }
  ARENITE_CHECK(phases == batches.dim(0), kBadShape);
  for (int32_t i = axes + 1; i < image.rank; ++i) ARENITE_CHECK(image.dim(i) == batches.dim(i), kBadShape);
  ARENITE_CHECK(keeps_grid(image, batches), kBadQuantization);
  return Status::kOk;
}

void SpaceBatch::copy(bool to_batches) const {
  if (image.count() == 0 || batches.count() == 0) return;
  for (int32_t phase = 0; phase < batches.dim(0) / image.dim(0); ++phase) copy_phase(phase, to_batches);
}

// One place within the block, whose images stand at [phase * N, phase * N + N) of the batches.
void SpaceBatch::copy_phase(int32_t phase, bool to_batches) const {
  uint8_t* far = batches.as<uint8_t>() + static_cast<ptrdiff_t>(phase) * image.dim(0) * pitch(batches, 0);
  uint8_t* near = image.as<uint8_t>();
  CopyLoops loops;
  const auto add = [&](int32_t size, int32_t near_step, int32_t far_step) {
    loops.add(size, to_batches ? near_step : far_step, to_batches ? far_step : near_step);
  };
  int32_t place[kMaxRank];
  for (int32_t i = block.count() - 1; i >= 0; --i) {
    place[i] = phase % block.as<int32_t>()[i];
    phase /= block.as<int32_t>()[i];
  }
  add(image.dim(0), pitch(image, 0), pitch(batches, 0));
  for (int32_t i = 0; i < block.count(); ++i) {
    const int32_t size = block.as<int32_t>()[i];
    const int32_t offset = place[i] - edges.as<int32_t>()[2 * i];  // image index = size * batch index + offset
    const int32_t first = offset >= 0 ? 0 : (size - 1 - offset) / size;
    int32_t end = (image.dim(i + 1) - offset + size - 1) / size;
    if (end > batches.dim(i + 1)) end = batches.dim(i + 1);
    if (end <= first) return;
    near += static_cast<ptrdiff_t>(size * first + offset) * pitch(image, i + 1);
    far += static_cast<ptrdiff_t>(first) * pitch(batches, i + 1);
    if (end - first > 1) add(end - first, size * pitch(image, i + 1), pitch(batches, i + 1));
  }
  for (int32_t i = block.count() + 1; i < image.rank; ++i) add(image.dim(i), pitch(image, i), pitch(batches, i));
  copy_strided(loops, to_batches ? near : far, to_batches ? far : near, element_bytes(image));
}

}  // namespace arenite
