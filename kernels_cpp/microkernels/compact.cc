#include "kernels_cpp/microkernels/compact.h"

namespace arenite::compact {
namespace {

using Products = uint32_t (*)(const ProductRun& run, const int8_t* in, int32_t first, uint32_t sum);

int8_t int8_at(const uint8_t* weights, int32_t index) { return static_cast<int8_t>(weights[index]); }

// Compiled by itself, and what the loop needs is named before it: in code for size nothing is moved out of loops.
template <int8_t (*kWeightAt)(const uint8_t*, int32_t)>
[[gnu::always_inline]] inline uint32_t add_products(const ProductRun& run, const int8_t* in, int32_t weight,
                                                    uint32_t sum) {
  const uint8_t* const weights = run.weights;
  const int32_t input_offset = run.input_offset;
  const int32_t weight_offset = run.weight_offset;
  const int32_t in_step = run.in_step;
  const int32_t weight_step = run.weight_step;
  int32_t left = run.count;
  do {
    sum += wrapped_product(*in + input_offset, kWeightAt(weights, weight) + weight_offset);
    in += in_step;
    weight += weight_step;
  } while (--left != 0);
  return sum;
}

// The taps of one pixel's columns that lie inside the image.
struct Columns {
  int32_t in_x;    // where the first one meets the input
  int32_t weight;  // index of its weight in the first row of the kernel
  int32_t count;

  Columns(const ChannelS8& job, int32_t x) : weight(job.first_weight) {
    const WindowGeometry& w = *job.window;
    in_x = x * w.stride_width - w.pad_left;
    count = w.kernel_width;
    for (; in_x < 0; in_x += w.dilation_width, weight += job.tap_pitch) --count;
    while (count > 0 && in_x + (count - 1) * w.dilation_width >= w.input_width) --count;
  }
};

// Bias and products of one pixel. Where one input lies below a tap, the taps of a row are one run.
template <Products kProducts>
[[gnu::always_inline]] inline uint32_t window_sum(const ChannelS8& job, int32_t y, int32_t x) {
  const WindowGeometry& w = *job.window;
  Columns columns(job, x);
  const int32_t in_step = w.dilation_width * w.input_pitch;
  ProductRun run = {job.weights, job.input_offset, 0, job.depth, 1, 1};
  if (job.depth == 1 && columns.count > 0) {
    run.count = columns.count;
    run.in_step = in_step;
    run.weight_step = job.tap_pitch;
    columns.count = 1;
  }
  uint32_t sum = static_cast<uint32_t>(job.bias);
  int32_t in_y = y * w.stride_height - w.pad_top;
  for (int32_t i = 0; i < w.kernel_height; ++i, in_y += w.dilation_height) {
    if (static_cast<uint32_t>(in_y) >= static_cast<uint32_t>(w.input_height)) continue;
    const int8_t* in = reinterpret_cast<const int8_t*>(job.input.base) + in_y * job.input.stride;
    for (int32_t j = 0; j < columns.count; ++j) {
      sum = kProducts(run, in + columns.in_x * w.input_pitch + j * in_step,
                      columns.weight + (i * w.kernel_width + j) * job.tap_pitch, sum);
    }
  }
  return sum;
}

template <Products kProducts>
[[gnu::always_inline]] inline void run_channel(const ChannelS8& job) {
  const WindowGeometry& w = *job.window;
  for (int32_t y = 0; y < job.output.ring; ++y) {
    int8_t* out = reinterpret_cast<int8_t*>(job.output.base) + y * job.output.stride;
    for (int32_t x = 0; x < w.output_width; ++x, out += w.output_pitch) {
      const uint32_t sum = window_sum<kProducts>(job, y, x);
      *out = job.stage.apply(static_cast<int32_t>(sum), job.multiplier);
    }
  }
}

}  // namespace

uint32_t products_s8(const ProductRun& run, const int8_t* in, int32_t first, uint32_t sum) {
  return add_products<int8_at>(run, in, first, sum);
}

uint32_t products_s4(const ProductRun& run, const int8_t* in, int32_t first, uint32_t sum) {
  return add_products<int4_at>(run, in, first, sum);
}

void channel_s8(const ChannelS8& job) { run_channel<products_s8>(job); }

void channel_s4(const ChannelS8& job) { run_channel<products_s4>(job); }

void gemm_s8(const GemmS8& gemm) {
  const ProductRun run = {
      reinterpret_cast<const uint8_t*>(gemm.rhs), gemm.lhs_offset, gemm.rhs_offset, gemm.depth, 1, 1};
  int8_t* out = gemm.out;
  for (int32_t i = 0; i < gemm.rows; ++i) {
    for (int32_t n = 0; n < gemm.columns; ++n) {
      const uint32_t sum =
          products_s8(run, gemm.lhs + i * gemm.depth, n * gemm.depth, static_cast<uint32_t>(gemm.stage.bias_of(n)));
      *out++ = gemm.stage.apply(static_cast<int32_t>(sum), gemm.stage.multiplier_of(n));
    }
  }
}

}  // namespace arenite::compact
