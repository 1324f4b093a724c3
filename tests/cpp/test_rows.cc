// A chain conv -> depthwise -> conv -> pool, computed row by row through small ring buffers, gives the bytes of whole
// tensors: each layer keeps only the rows that the next one's kernel covers.
#include <random>
#include <vector>

#include "interpreter/row_runner.h"
#include "kernels_cpp/kernels.h"
#include "tests/cpp/check.h"
#include "tests/cpp/model_builder.h"

namespace {

using arenite::Interpreter;
using arenite::Model;
using arenite::RowBuffer;
using arenite::RowWindow;
namespace f = arenite::format;

const arenite::Kernel* const kKernels[] = {&arenite::kernels::conv_2d, &arenite::kernels::depthwise_conv_2d,
                                           &arenite::kernels::max_pool_2d};

// How one layer maps input rows to output rows.
struct Layer {
  int32_t kernel;
  int32_t stride;
  int32_t pad_top;
};

class Chain {
 public:
  explicit Chain(uint32_t seed) : random_(seed) {
    spec_.tensors.push_back(activation({1, 17, 13, 3}));
    add_conv(3, 1, f::Padding::SAME, 8);
    add_depthwise(3, 2, f::Padding::SAME, 8);
    add_conv(1, 1, f::Padding::SAME, 12);
    add_pool(2, 2, f::Padding::VALID);
    spec_.inputs = {0};
    spec_.outputs = {current_};
  }
  std::vector<uint8_t> build() const { return spec_.build(); }
  const std::vector<Layer>& layers() const { return layers_; }
  std::mt19937& random() { return random_; }

 private:
  static test::TensorSpec activation(std::vector<int32_t> dims) {
    return {std::move(dims), f::TensorType::INT8, {}, {0.05f}, {-7}};
  }

  test::TensorSpec weights(std::vector<int32_t> dims, int32_t axis) {
    size_t count = 1;
    for (int32_t d : dims) count *= static_cast<size_t>(d);
    test::TensorSpec spec = {dims, f::TensorType::INT8, std::vector<uint8_t>(count)};
    for (uint8_t& w : spec.data) w = static_cast<uint8_t>(random_() % 255 - 127);
    spec.axis = axis;
    for (int32_t c = 0; c < dims[static_cast<size_t>(axis)]; ++c) {
      spec.scales.push_back(0.001f + 0.0001f * static_cast<float>(random_() % 50));
    }
    spec.zero_points = {0};
    return spec;
  }

  test::TensorSpec bias(int32_t channels) {
    test::TensorSpec spec = {{channels}, f::TensorType::INT32, std::vector<uint8_t>(4 * static_cast<size_t>(channels))};
    for (size_t i = 0; i < spec.data.size(); i += 4) {
      const int32_t value = static_cast<int32_t>(random_() % 4000) - 2000;
      std::memcpy(&spec.data[i], &value, 4);
    }
    return spec;
  }

  int32_t add(test::TensorSpec spec) {
    spec_.tensors.push_back(std::move(spec));
    return static_cast<int32_t>(spec_.tensors.size()) - 1;
  }

  // Appends the result of a layer with a window; remembers its geometry in rows.
  int32_t add_result(int32_t kernel, int32_t stride, int32_t padding, int32_t channels) {
    const std::vector<int32_t> in = spec_.tensors[static_cast<size_t>(current_)].dims;
    const auto out = [&](int32_t n) {
      return padding == f::Padding::SAME ? (n + stride - 1) / stride : (n - kernel) / stride + 1;
    };
    const int32_t total = (out(in[1]) - 1) * stride + kernel - in[1];
    layers_.push_back({kernel, stride, padding == f::Padding::SAME && total > 0 ? total / 2 : 0});
    return add(activation({1, out(in[1]), out(in[2]), channels}));
  }

  int32_t channels() const { return spec_.tensors[static_cast<size_t>(current_)].dims[3]; }

  void add_conv(int32_t kernel, int32_t stride, int32_t padding, int32_t outputs) {
    namespace o = f::Conv2DOptions;
    const int32_t w = add(weights({outputs, kernel, kernel, channels()}, 0));
    const int32_t b = add(bias(outputs));
    const int32_t result = add_result(kernel, stride, padding, outputs);
    spec_.operators.push_back(
        {3,
         {current_, w, b},
         {result},
         f::BuiltinOptions::Conv2DOptions,
         {{o::padding, test::scalar(static_cast<int8_t>(padding))},
          {o::stride_w, test::scalar(stride)},
          {o::stride_h, test::scalar(stride)},
          {o::fused_activation_function, test::scalar(int8_t{f::ActivationFunctionType::RELU})}}});
    current_ = result;
  }

  void add_depthwise(int32_t kernel, int32_t stride, int32_t padding, int32_t outputs) {
    namespace o = f::DepthwiseConv2DOptions;
    const int32_t w = add(weights({1, kernel, kernel, outputs}, 3));
    const int32_t b = add(bias(outputs));
    const int32_t result = add_result(kernel, stride, padding, outputs);
    spec_.operators.push_back({4,
                               {current_, w, b},
                               {result},
                               f::BuiltinOptions::DepthwiseConv2DOptions,
                               {{o::padding, test::scalar(static_cast<int8_t>(padding))},
                                {o::stride_w, test::scalar(stride)},
                                {o::stride_h, test::scalar(stride)},
                                {o::depth_multiplier, test::scalar(1)}}});
    current_ = result;
  }

  void add_pool(int32_t kernel, int32_t stride, int32_t padding) {
    namespace o = f::Pool2DOptions;
    const int32_t result = add_result(kernel, stride, padding, channels());
    spec_.operators.push_back({17,
                               {current_},
                               {result},
                               f::BuiltinOptions::Pool2DOptions,
                               {{o::padding, test::scalar(static_cast<int8_t>(padding))},
                                {o::stride_w, test::scalar(stride)},
                                {o::stride_h, test::scalar(stride)},
                                {o::filter_width, test::scalar(kernel)},
                                {o::filter_height, test::scalar(kernel)}}});
    current_ = result;
  }

  std::mt19937 random_;
  test::ModelSpec spec_;
  std::vector<Layer> layers_;
  int32_t current_ = 0;
};

// Line buffers between the layers; a row is computed when the next layer asks for it, once.
class Stream {
 public:
  // input: whole image [H, W, C], handed in row by row as a camera would. output: whole tensor.
  Stream(const Interpreter& interpreter, const Chain& chain, const uint8_t* input, uint8_t* output)
      : runner_(interpreter), chain_(chain), image_(input) {
    const uint32_t count = static_cast<uint32_t>(chain.layers().size());
    for (uint32_t k = 0; k <= count; ++k) {
      const arenite::Tensor t = k == 0 ? interpreter.input(0) : interpreter.tensor(output_of(k - 1));
      const int32_t rows = k == count ? t.dim(1) : chain.layers()[k].kernel;
      heights_.push_back(t.dim(1));
      produced_.push_back(0);
      memory_.emplace_back(static_cast<size_t>(rows * t.dim(2) * t.dim(3)));
      bytes_ += k == count ? 0 : memory_.back().size();
      rings_.push_back({memory_.back().data(), t.dim(2) * t.dim(3), rows});
    }
    rings_.back().base = output;
  }

  void run() { produce(static_cast<uint32_t>(chain_.layers().size()), heights_.back() - 1); }
  size_t bytes() const { return bytes_; }

 private:
  // Tensors: input; then (weights, bias, result) of each convolution; the pool's result.
  uint32_t output_of(uint32_t layer) const { return layer < 3 ? 3 * layer + 3 : 10; }

  // Makes row `last` of tensor k of the chain present.
  void produce(uint32_t k, int32_t last) {
    for (; produced_[k] <= last; ++produced_[k]) {
      const int32_t y = produced_[k];
      if (k == 0) {
        std::memcpy(rings_[0].row<uint8_t>(y), image_ + static_cast<ptrdiff_t>(y) * rings_[0].stride,
                    static_cast<size_t>(rings_[0].stride));
        continue;
      }
      const Layer& layer = chain_.layers()[k - 1];
      const int32_t below = y * layer.stride - layer.pad_top + layer.kernel - 1;
      produce(k - 1, below < heights_[k - 1] ? below : heights_[k - 1] - 1);
      RowWindow window = {};
      window.range = {y, y + 1};
      window.input[0] = rings_[k - 1];
      window.output = rings_[k];
      CHECK_STATUS(runner_.run(k - 1, window), kOk);
    }
  }

  arenite::RowRunner runner_;
  const Chain& chain_;
  const uint8_t* image_;
  std::vector<std::vector<uint8_t>> memory_;
  std::vector<RowBuffer> rings_;
  std::vector<int32_t> heights_;
  std::vector<int32_t> produced_;
  size_t bytes_ = 0;
};

void test_chain(uint32_t seed) {
  Chain chain(seed);
  test::Aligned file(chain.build()), arena(1 << 16);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  CHECK_STATUS(interpreter.allocate(), kOk);

  std::vector<uint8_t> image(model.tensor_bytes(static_cast<uint32_t>(model.inputs().i32(0))));
  for (uint8_t& x : image) x = static_cast<uint8_t>(chain.random()());
  std::memcpy(interpreter.input(0).data, image.data(), image.size());
  CHECK_STATUS(interpreter.invoke(), kOk);
  const arenite::Tensor output = interpreter.output(0);
  const std::vector<uint8_t> whole(output.as<uint8_t>(), output.as<uint8_t>() + output.count());
  int distinct = 0;
  for (size_t i = 1; i < whole.size(); ++i) distinct += whole[i] != whole[i - 1] ? 1 : 0;
  CHECK(distinct > 20);

  std::vector<uint8_t> streamed(whole.size());
  Stream stream(interpreter, chain, image.data(), streamed.data());
  stream.run();
  CHECK(streamed == whole);
  CHECK(stream.bytes() < interpreter.arena_use().tensors / 3);
}

}  // namespace

int main() {
  for (uint32_t seed = 1; seed <= 20; ++seed) test_chain(seed);
  return check::failures();
}
