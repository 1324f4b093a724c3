// Every kernel that computes ranges of output rows gives the bytes of the whole tensor, while only the rows that the
// range needs are there: each range gets its own small rings, the rest of them is poison.
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
using arenite::RowRange;
using arenite::RowWindow;
using arenite::Tensor;
namespace f = arenite::format;
namespace k = arenite::kernels;

const arenite::Kernel* const kKernels[] = {
    &k::add, &k::average_pool_2d, &k::concatenation, &k::dequantize, &k::logistic, &k::max_pool_2d, &k::mul,
    &k::pad, &k::quantize,        &k::relu,          &k::relu6,      &k::softmax,
};

// Output row y needs the input rows from y * stride - pad_top on.
struct Rows {
  int32_t kernel = 1;
  int32_t stride = 1;
  int32_t pad_top = 0;
};

struct Case {
  const char* name;
  test::ModelSpec spec;  // one operator; inputs are NHWC, batch 1
  Rows rows;
};

test::TensorSpec tensor(std::vector<int32_t> dims, bool is_float, float scale = 0.05f, int64_t zero_point = -7) {
  if (is_float) return {std::move(dims), f::TensorType::FLOAT32};
  return {std::move(dims), f::TensorType::INT8, {}, {scale}, {zero_point}};
}

// Rows of poison, of which those of [begin, end) are filled from `whole`.
class Ring {
 public:
  Ring(const Tensor& whole, RowRange range)
      : stride_(whole.dim(2) * whole.dim(3) * static_cast<int32_t>(arenite::type_size(whole.type))),
        height_(range.end > range.begin ? range.end - range.begin : 1),
        memory_(static_cast<size_t>(stride_ * height_), 0xA5) {}

  RowBuffer buffer() { return {memory_.data(), stride_, height_}; }

  void fill(const std::vector<uint8_t>& whole, RowRange range) {
    for (int32_t y = range.begin; y < range.end; ++y) {
      std::memcpy(buffer().row<uint8_t>(y), &whole[static_cast<size_t>(y * stride_)], static_cast<size_t>(stride_));
    }
  }

  bool holds(const std::vector<uint8_t>& whole, RowRange range) {
    for (int32_t y = range.begin; y < range.end; ++y) {
      const size_t bytes = static_cast<size_t>(stride_);
      if (std::memcmp(buffer().row<uint8_t>(y), &whole[static_cast<size_t>(y) * bytes], bytes) != 0) return false;
    }
    return true;
  }

 private:
  int32_t stride_;
  int32_t height_;
  std::vector<uint8_t> memory_;
};

std::vector<uint8_t> bytes_of(const Tensor& t) {
  const size_t size = static_cast<size_t>(t.count()) * arenite::type_size(t.type);
  return {t.as<uint8_t>(), t.as<uint8_t>() + size};
}

void randomize(const Tensor& t, std::mt19937& random) {
  for (int32_t i = 0; i < t.count(); ++i) {
    if (t.type == arenite::Type::kFloat32) {
      t.as<float>()[i] = static_cast<float>(static_cast<int32_t>(random() % 4001) - 2000) / 250.0f;
    } else if (t.type == arenite::Type::kInt16) {
      t.as<int16_t>()[i] = static_cast<int16_t>(random());
    } else {
      t.as<int8_t>()[i] = static_cast<int8_t>(random());
    }
  }
}

// Rows of an input of `height` under the output rows of `range`.
RowRange needed(const Rows& rows, RowRange range, int32_t height) {
  const int32_t first = range.begin * rows.stride - rows.pad_top;
  const int32_t last = (range.end - 1) * rows.stride - rows.pad_top + rows.kernel;
  const int32_t begin = first < 0 ? 0 : (first < height ? first : height);
  const int32_t end = last < begin ? begin : (last < height ? last : height);
  return {begin, end};
}

void check_range(const Case& c, const Interpreter& interpreter, const std::vector<std::vector<uint8_t>>& inputs,
                 const std::vector<uint8_t>& output, RowRange range) {
  RowWindow window = {};
  window.range = range;
  std::vector<Ring> rings;
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    const Tensor input = interpreter.input(i);
    const RowRange rows = input.dim(1) == 1 ? RowRange{0, 1} : needed(c.rows, range, input.dim(1));
    rings.emplace_back(input, rows);
    rings.back().fill(inputs[i], rows);
  }
  for (size_t i = 0; i < rings.size(); ++i) window.input[i] = rings[i].buffer();
  Ring result(interpreter.output(0), range);
  window.output = result.buffer();
  CHECK_STATUS(arenite::RowRunner(interpreter).run(0, window), kOk);
  if (!result.holds(output, range)) {
    std::printf("%s, rows %d to %d: ", c.name, range.begin, range.end);
    CHECK(result.holds(output, range));
  }
}

void check_case(const Case& c) {
  test::Aligned file(c.spec.build()), arena(1 << 16);
  Model model;
  CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  Interpreter interpreter(model, kKernels, arena.data(), arena.size());
  CHECK_STATUS(interpreter.allocate(), kOk);
  std::mt19937 random(7);
  std::vector<std::vector<uint8_t>> inputs;
  for (uint32_t i = 0; i < c.spec.inputs.size(); ++i) {
    randomize(interpreter.input(i), random);
    inputs.push_back(bytes_of(interpreter.input(i)));
  }
  CHECK_STATUS(interpreter.invoke(), kOk);
  const std::vector<uint8_t> output = bytes_of(interpreter.output(0));
  const int32_t height = interpreter.output(0).dim(1);
  for (int32_t size = 1; size <= height; ++size) {
    for (int32_t y = 0; y < height; y += size) {
      check_range(c, interpreter, inputs, output, {y, y + size < height ? y + size : height});
    }
  }
}

Case pool(const char* name, int32_t code, bool is_float, int32_t padding) {
  namespace o = f::Pool2DOptions;
  const bool same = padding == f::Padding::SAME;
  Case c = {name, {}, {3, 2, same ? 1 : 0}};
  c.spec.tensors = {tensor({1, 9, 7, 37}, is_float), tensor({1, same ? 5 : 4, same ? 4 : 3, 37}, is_float)};
  c.spec.operators = {{code,
                       {0},
                       {1},
                       f::BuiltinOptions::Pool2DOptions,
                       {{o::padding, test::scalar(static_cast<int8_t>(padding))},
                        {o::stride_w, test::scalar(int32_t{2})},
                        {o::stride_h, test::scalar(int32_t{2})},
                        {o::filter_width, test::scalar(int32_t{3})},
                        {o::filter_height, test::scalar(int32_t{3})}},
                       is_float ? 1 : 2}};
  return c;
}

Case binary(const char* name, int32_t code, bool is_float, std::vector<int32_t> second) {
  Case c = {name, {}, {}};
  c.spec.tensors = {tensor({1, 6, 5, 3}, is_float), tensor(std::move(second), is_float, 0.03f, 11),
                    tensor({1, 6, 5, 3}, is_float, 0.08f, 3)};
  const int32_t options = code == 0 ? f::BuiltinOptions::AddOptions : f::BuiltinOptions::MulOptions;
  c.spec.operators = {{code, {0, 1}, {2}, options, {}, is_float ? 1 : 2}};
  c.spec.inputs = {0, 1};
  return c;
}

Case unary(const char* name, int32_t code, bool float_in, bool float_out, int32_t version, float scale = 0.05f,
           int64_t zero_point = -7) {
  Case c = {name, {}, {}};
  c.spec.tensors = {tensor({1, 6, 5, 60}, float_in), tensor({1, 6, 5, 60}, float_out, scale, zero_point)};
  c.spec.operators = {{code, {0}, {1}, 0, {}, version}};
  if (code == 25) {
    c.spec.operators[0].options_type = f::BuiltinOptions::SoftmaxOptions;
    c.spec.operators[0].options = {{f::SoftmaxOptions::beta, test::scalar(1.0f)}};
  }
  return c;
}

Case padded(bool is_float) {
  Case c = {"pad", {}, {1, 1, 2}};
  const int32_t counts[] = {0, 0, 2, 1, 1, 3, 1, 0};
  std::vector<uint8_t> data(sizeof counts);
  std::memcpy(data.data(), counts, sizeof counts);
  c.spec.tensors = {
      tensor({1, 4, 5, 3}, is_float), {{4, 2}, f::TensorType::INT32, data}, tensor({1, 7, 9, 4}, is_float)};
  c.spec.operators = {{34, {0, 1}, {2}, f::BuiltinOptions::PadOptions, {}, is_float ? 1 : 2}};
  c.spec.outputs = {2};
  return c;
}

Case joined(bool is_float, int32_t axis) {
  Case c = {"concatenation", {}, {}};
  c.spec.tensors = {tensor({1, 6, 4, 3}, is_float), tensor({1, 6, axis == 2 ? 2 : 4, axis == 2 ? 3 : 5}, is_float),
                    tensor({1, 6, axis == 2 ? 6 : 4, axis == 2 ? 3 : 8}, is_float)};
  c.spec.operators = {{2,
                       {0, 1},
                       {2},
                       f::BuiltinOptions::ConcatenationOptions,
                       {{f::ConcatenationOptions::axis, test::scalar(axis)}},
                       is_float ? 1 : 2}};
  c.spec.inputs = {0, 1};
  return c;
}

Case with_int16(Case c) {
  for (test::TensorSpec& t : c.spec.tensors) {
    if (t.type != f::TensorType::INT8) continue;
    t.type = f::TensorType::INT16;
    t.zero_points = {0};
  }
  return c;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const bool is_float : {false, true}) {
    const int32_t version = is_float ? 1 : 2;
    for (const int32_t padding : {f::Padding::SAME, f::Padding::VALID}) {
      all.push_back(pool("average_pool_2d", 1, is_float, padding));
      all.push_back(pool("max_pool_2d", 17, is_float, padding));
    }
    for (const int32_t code : {0, 18}) {
      all.push_back(binary(code == 0 ? "add" : "mul", code, is_float, {1, 6, 5, 3}));
      all.push_back(binary(code == 0 ? "add, one pixel" : "mul, one pixel", code, is_float, {1, 1, 1, 3}));
      all.push_back(binary(code == 0 ? "add, one column" : "mul, one column", code, is_float, {1, 6, 1, 3}));
    }
    for (const int32_t axis : {2, 3, -1}) all.push_back(joined(is_float, axis));
    all.push_back(padded(is_float));
    all.push_back(unary("relu", 19, is_float, is_float, version));
    all.push_back(unary("relu6", 21, is_float, is_float, version));
    all.push_back(unary("logistic", 14, is_float, is_float, version, 1.0f / 256.0f, -128));
    all.push_back(unary("softmax", 25, is_float, is_float, version, 1.0f / 256.0f, -128));
    all.push_back(unary("quantize", 114, is_float, false, version, 0.02f, 5));
  }
  all.push_back(unary("dequantize", 6, false, true, 2));
  const size_t int8_cases = 2 * 2 + 2 * 3 + 3 + 1 + 2;  // of the first round, those before logistic
  for (size_t i = 0; i < int8_cases; ++i) all.push_back(with_int16(all[i]));
  all.push_back(with_int16(unary("quantize", 114, false, false, 2, 0.02f)));
  all.push_back(with_int16(unary("dequantize", 6, false, true, 3)));
  for (Case& c : all) {
    if (c.spec.inputs.empty()) c.spec.inputs = {0};
    if (c.spec.outputs.empty()) c.spec.outputs = {static_cast<int32_t>(c.spec.tensors.size()) - 1};
  }
  return all;
}

}  // namespace

int main() {
  for (const Case& c : cases()) check_case(c);
  return check::failures();
}
