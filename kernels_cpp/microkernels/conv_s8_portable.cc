#include "kernels_cpp/microkernels/interleaved_patch.h"
#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {
namespace {

// Two channels share the loads of the patch.
void two_channels(const ConvS8& conv, const int16_t* patch, const ConvTile& tile, int32_t channel) {
  const int32_t depth = conv.depth();
  const int8_t* weights = conv.weights + static_cast<ptrdiff_t>(channel) * depth;
  const int8_t* const end = weights + depth;
  ChannelSums first(conv.stage.bias_of(channel));
  ChannelSums second(conv.stage.bias_of(channel + 1));
  for (; weights != end; ++weights, patch += kConvTile) {
    const int32_t w0 = weights[0];
    const int32_t w1 = weights[depth];
    int32_t x = patch[0];
    first.s0 += wrapped_product(x, w0);
    second.s0 += wrapped_product(x, w1);
    x = patch[1];
    first.s1 += wrapped_product(x, w0);
    second.s1 += wrapped_product(x, w1);
    x = patch[2];
    first.s2 += wrapped_product(x, w0);
    second.s2 += wrapped_product(x, w1);
    x = patch[3];
    first.s3 += wrapped_product(x, w0);
    second.s3 += wrapped_product(x, w1);
  }
  first.store(tile, channel, conv.stage);
  second.store(tile, channel + 1, conv.stage);
}

}  // namespace

void conv_s8(const ConvS8& conv, RowRange rows) {
  for_each_interleaved_tile(conv, rows, [&conv](const int16_t* patch, const ConvTile& tile) {
    int32_t channel = 0;
    for (; channel + 2 <= conv.output_channels; channel += 2) two_channels(conv, patch, tile, channel);
    if (channel < conv.output_channels) one_channel(conv, patch, tile, channel);
  });
}

}  // namespace arenite::portable
