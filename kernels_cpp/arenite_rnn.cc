// ARENITE_RNN, a custom operator: UNIDIRECTIONAL_SEQUENCE_RNN with tanh in integers, which TFLite lacks.
//
// By analogy with TFLite Micro's LSTM: W x + b and R h are each brought to Q3.12 int16 and added with saturation, tanh
// gives Q0.15, which becomes a code of the state.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/sigmoid_s16.h"
#include "kernels_cpp/simple_rnn.h"

namespace arenite {
namespace {

using gates::Extent, gates::Product, gates::saturate_s16;
using namespace simple_rnn;

bool is_time_major(const Node& node) { return OptionMap(node).i32("time_major", 0) != 0; }

// T: of input, state and output. Sum: of the products, and of the bias.
template <typename T, typename Sum>
struct IntegerRnn {
  using Value = T;
  Product<T, Sum> input_product;
  Product<T, Sum> recurrent_product;
  const Sum* bias;
  const T* inputs;
  Multiplier hiding;  // Q0.15 to the state's codes
  int32_t zero_point;
  int32_t units;

  IntegerRnn(const Node& node, const Tensor& input, const Tensor& hidden)
      : input_product(node.input(kInputWeights), input),
        recurrent_product(node.input(kRecurrentWeights), hidden),
        bias(node.input(kBias).as<Sum>()),
        inputs(input.as<T>()),
        hiding(quantize_ratio(gates::kFractionScale, 1.0f, hidden.scale())),
        zero_point(hidden.zero_point),
        units(node.output(0).back(0)) {}
  void step(ptrdiff_t vector, int32_t, const T* h, T* y) const {
    const T* const x = inputs + vector * input_product.count;
    for (int32_t unit = 0; unit < units; ++unit) {
      const int32_t sum = saturate_s16(input_product(x, unit, bias[unit]) + recurrent_product(h, unit, Sum{0}));
      y[unit] = gates::code<T>(multiply_by_quantized_multiplier(tanh_s16(3 * sum), hiding), zero_point);
    }
  }
};

template <typename T, typename Sum>
void run(const Node& node) {
  const Tensor input = node.input(0), hidden = node.input(kHidden);
  IntegerRnn<T, Sum> rnn(node, input, hidden);
  gates::walk(rnn, Extent(input, node.output(0), is_time_major(node)), hidden, node.output(0).as<T>());
}

Status prepare(const Node& node, uint32_t*) {
  ARENITE_TRY(check_shapes(node, is_time_major(node)));
  ARENITE_TRY(gates::check_state_grid(node.input(kHidden), node.output(0)));
  ARENITE_CHECK(is_scaled(node.input(0)), kBadQuantization);
  return check_weights(node);
}

Status eval(const Node& node) {
  const Tensor hidden = node.input(kHidden);
  if (!node.keeps_state()) gates::forget_state(hidden);
  if (is_int16(hidden)) {
    run<int16_t, int64_t>(node);
  } else {
    run<int8_t, int32_t>(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arenite_rnn);
