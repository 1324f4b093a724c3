// ARENITE_RNN, a custom operator: UNIDIRECTIONAL_SEQUENCE_RNN in integers and with a mask, which TFLite lacks.
//
// int8 and int16 by analogy with TFLite Micro's LSTM: W x + b and R h are each brought to Q3.12 int16 and added with
// saturation, tanh gives Q0.15, which becomes a code of the state. With another activation they are brought to the
// state's scale, in int8 with 7 more bits, and the sum is cut to the activation's range.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/sigmoid_s16.h"
#include "kernels_cpp/simple_rnn.h"

namespace arenite {
namespace {

using gates::Product, gates::saturate_s16;
using namespace simple_rnn;

Options options_of(const Node& node) {
  const OptionMap map(node);
  return {map.i32("time_major", 0) != 0, map.i32("asymmetric_quantize_inputs", 0) != 0,
          map.i32("activation", format::ActivationFunctionType::TANH)};
}

bool is_tanh(const Options& options) { return options.activation == format::ActivationFunctionType::TANH; }

// More bits than the state's codes have, of sums that are not squashed.
int32_t extra_bits(const Tensor& hidden) { return is_int16(hidden) ? 0 : 7; }

float sum_scale(const Tensor& hidden, const Options& options) {
  return is_tanh(options) ? gates::kGateScale : hidden.scale() / static_cast<float>(1 << extra_bits(hidden));
}

ActivationRange<int32_t> range_of(const Tensor& hidden, const Options& options) {
  if (is_tanh(options)) return {};
  return is_int16(hidden) ? activation_range_s16(options.activation, hidden)
                          : activation_range_s8(options.activation, hidden);
}

// T: of input, state and output. Sum: of the products, and of the bias.
template <typename T, typename Sum>
struct IntegerRnn {
  using Value = T;
  Product<T, Sum> input_product;
  Product<T, Sum> recurrent_product;
  const Sum* bias;
  const T* inputs;
  Multiplier hiding;  // Q0.15 to the state's codes
  ActivationRange<int32_t> range;
  int32_t extra;
  int32_t zero_point;
  int32_t units;
  bool squashes;

  IntegerRnn(const Node& node, const Tensor& input, const Tensor& hidden, const Options& options)
      : input_product(node.input(kInputWeights), input, sum_scale(hidden, options)),
        recurrent_product(node.input(kRecurrentWeights), hidden, sum_scale(hidden, options)),
        bias(node.input(kBias).as<Sum>()),
        inputs(input.as<T>()),
        hiding(quantize_ratio(gates::kFractionScale, 1.0f, hidden.scale())),
        range(range_of(hidden, options)),
        extra(extra_bits(hidden)),
        zero_point(hidden.zero_point),
        units(node.output(0).back(0)),
        squashes(is_tanh(options)) {}
  void step(ptrdiff_t vector, int32_t, const T* h, T* y) const {
    const T* const x = inputs + vector * input_product.count;
    for (int32_t unit = 0; unit < units; ++unit) {
      const int32_t sum = saturate_s16(input_product(x, unit, bias[unit]) + recurrent_product(h, unit, Sum{0}));
      y[unit] = squashes ? gates::code<T>(multiply_by_quantized_multiplier(tanh_s16(3 * sum), hiding), zero_point)
                         : static_cast<T>(range.apply(zero_point + rounding_divide_by_pot(sum, extra)));
    }
  }
};

template <typename T, typename Sum>
void run(const Node& node) {
  const Options options = options_of(node);
  walk(node, options.extent(node), IntegerRnn<T, Sum>(node, node.input(0), node.input(kHidden), options));
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Options options = options_of(node);
  const Tensor input = node.input(0), hidden = node.input(kHidden);
  ARENITE_TRY(check_shapes(node, options));
  ARENITE_CHECK(is_tanh_or_clamp(options.activation), kBadOption);
  if (is_float(input)) return prepare_real(node, scratch_bytes, options.extent(node));
  ARENITE_TRY(gates::check_state_grid(hidden, node.output(0)));
  ARENITE_CHECK(is_scaled(input), kBadQuantization);
  return check_weights(node, sum_scale(hidden, options));
}

Status eval(const Node& node) {
  const Tensor hidden = node.input(kHidden);
  if (!node.keeps_state()) gates::forget_state(hidden);
  if (is_float(hidden)) {
    eval_real(node, options_of(node));
  } else if (is_int16(hidden)) {
    run<int16_t, int64_t>(node);
  } else {
    run<int8_t, int32_t>(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arenite_rnn);
