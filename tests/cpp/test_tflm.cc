// TFLite Micro's names at their edges: what is refused, whose memory is taken, what text looks like.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "tensorflow/lite/micro/cortex_m_generic/debug_log_callback.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_utils.h"
#include "tensorflow/lite/micro/recording_micro_interpreter.h"
#include "tests/cpp/check.h"
#include "tests/cpp/model_builder.h"

namespace {

std::string printed;  // what MicroPrintf has said

// y = relu(x), int8 [1, 5]; scale 0.5, zero point -3.
std::vector<uint8_t> relu_file() {
  const test::TensorSpec tensor = {{1, 5}, arenite::format::TensorType::INT8, {}, {0.5f}, {-3}};
  return test::ModelSpec{{tensor, tensor}, {{19, {0}, {1}}}, {0}, {1}}.build();
}

void expect_relu(tflite::MicroInterpreter& interpreter) {
  const int8_t x[] = {-128, -4, -3, -2, 127}, y[] = {-3, -3, -3, -2, 127};
  std::memcpy(interpreter.input(0)->data.int8, x, sizeof(x));
  CHECK_EQ(interpreter.Invoke(), kTfLiteOk);
  CHECK(std::memcmp(interpreter.typed_output_tensor<int8_t>(0), y, sizeof(y)) == 0);
}

void test_tensors() {
  test::Aligned file(relu_file()), arena(2048);
  tflite::MicroMutableOpResolver<1> resolver;
  CHECK_EQ(resolver.AddRelu(), kTfLiteOk);
  tflite::MicroInterpreter interpreter(tflite::GetModel(file.data()), resolver, arena.data() + 1, 2000);
  CHECK(interpreter.input(0) == nullptr);
  CHECK_EQ(interpreter.AllocateTensors(), kTfLiteOk);
  const TfLiteTensor* input = interpreter.input(0);
  CHECK(input->type == kTfLiteInt8 && input->bytes == 5 && input->dims->size == 2 && input->dims->data[1] == 5);
  CHECK(input->params.scale == 0.5f && input->params.zero_point == -3);
  const auto* affine = static_cast<const TfLiteAffineQuantization*>(input->quantization.params);
  CHECK(affine->scale->size == 1 && affine->scale->data[0] == 0.5f && affine->zero_point->data[0] == -3);
  CHECK(interpreter.output(1) == nullptr && interpreter.typed_input_tensor<float>(0) == nullptr);
  expect_relu(interpreter);
  CHECK_EQ(interpreter.Reset(), kTfLiteOk);
}

// As many bytes as it says that it used are enough, and one less is not.
void test_exact_arena() {
  test::Aligned file(relu_file()), arena(2048);
  tflite::MicroMutableOpResolver<1> resolver;
  resolver.AddRelu();
  tflite::MicroInterpreter first(tflite::GetModel(file.data()), resolver, arena.data(), 2048);
  CHECK_EQ(first.AllocateTensors(), kTfLiteOk);
  const size_t used = first.arena_used_bytes();
  tflite::MicroInterpreter same(tflite::GetModel(file.data()), resolver, arena.data(), used);
  CHECK_EQ(same.AllocateTensors(), kTfLiteOk);
  expect_relu(same);
  tflite::MicroInterpreter less(tflite::GetModel(file.data()), resolver, arena.data(), used - 16);
  printed.clear();
  CHECK_EQ(less.AllocateTensors(), kTfLiteError);
  CHECK(printed.find("arena is too small") != std::string::npos);
  CHECK(less.output(0) == nullptr);
}

void test_interpreters_share_an_allocator() {
  test::Aligned file(relu_file()), arena(4096);
  tflite::MicroMutableOpResolver<1> resolver;
  resolver.AddRelu();
  auto* allocator = tflite::RecordingMicroAllocator::Create(arena.data(), arena.size());
  tflite::RecordingMicroInterpreter one(tflite::GetModel(file.data()), resolver, allocator);
  tflite::RecordingMicroInterpreter two(tflite::GetModel(file.data()), resolver, allocator);
  CHECK(one.AllocateTensors() == kTfLiteOk && two.AllocateTensors() == kTfLiteOk);
  std::memset(one.input(0)->data.int8, 1, 5);
  expect_relu(two);
  CHECK_EQ(one.input(0)->data.int8[0], 1);
  expect_relu(one);
  CHECK(allocator->used_bytes() > 2 * 48 && allocator->used_bytes() <= arena.size());
  CHECK(tflite::MicroAllocator::Create(arena.data(), 8) == nullptr);
}

// Every length that is too short is refused, without reading behind it (the sanitizers watch).
void test_damaged_models() {
  const std::vector<uint8_t> whole = relu_file();
  tflite::MicroMutableOpResolver<1> resolver;
  resolver.AddRelu();
  test::Aligned arena(2048), file(whole);
  const arenite::tflm::BoundedModel good(file.data(), file.size());
  CHECK_EQ(good.version(), 3);
  for (size_t size = 0; size < whole.size() / 2; ++size) {
    test::Aligned cut(std::vector<uint8_t>(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    const arenite::tflm::BoundedModel model(cut.data(), size);
    CHECK_EQ(model.version(), 0);
    tflite::MicroInterpreter interpreter(&model, resolver, arena.data(), 2048);
    CHECK_EQ(interpreter.Invoke(), kTfLiteError);
  }
  alignas(16) const uint8_t other[16] = {16, 0, 0, 0, 'A', 'R', 'N', 'B'};
  CHECK_EQ(tflite::GetModel(other)->version(), 0);
  CHECK_EQ(tflite::GetModel(nullptr)->version(), 0);
}

void test_resolvers() {
  tflite::MicroMutableOpResolver<2> resolver;
  CHECK_EQ(resolver.AddConv2D(tflite::Register_CONV_2D_INT8()), kTfLiteOk);
  CHECK_EQ(resolver.AddConv2D(), kTfLiteError);
  CHECK_EQ(resolver.AddKernel(arenite::kernels::gelu), kTfLiteOk);
  CHECK_EQ(resolver.AddSoftmax(), kTfLiteError);
  CHECK_EQ(resolver.GetRegistrationLength(), 2);
}

template <typename... Arguments>
void expect_text(const char* format, Arguments... arguments) {
  char ours[96], theirs[96];
  const int length = MicroSnprintf(ours, sizeof(ours), format, arguments...);
  CHECK_EQ(length, std::snprintf(theirs, sizeof(theirs), format, arguments...));
  if (std::strcmp(ours, theirs) != 0) std::printf("'%s' gives '%s', not '%s'\n", format, ours, theirs);
  CHECK(std::strcmp(ours, theirs) == 0);
}

void test_text() {
  expect_text("plain %% %c|%3c|%-3c|", 'a', 'b', 'c');
  expect_text("%d %i %u %x %X", -5, 0, 4000000000u, 0xBEEFu, 0xBEEFu);
  expect_text("%5d|%-5d|%05d|%+d|% d|%.3d|%*d", 42, 42, -42, 42, 42, 7, 6, 9);
  expect_text("%ld %lld %llu %zu %hhd %hd", -1L, -9223372036854775807LL - 1, 18446744073709551615ULL, size_t{7}, 300,
              70000);
  expect_text("%s|%6s|%-6s|%.2s", "abc", "abc", "abc", "abc");
  for (const double x :
       {0.0, 1.0, -1.5, 3.14159265, 0.1, 1e-7, 123456.789, 0.9999999, 2.5, 1e9, -0.0625, 4503599627370497.5}) {
    expect_text("%f|%.2f|%8.3f|%-9.1f|%.0f", x, x, x, x, x);
  }
  expect_text("%f %f", 1.0 / 0.0, -1.0 / 0.0);
  char small[4];
  CHECK_EQ(MicroSnprintf(small, sizeof(small), "%s", "longer"), 6);
  CHECK(std::strcmp(small, "lon") == 0);
}

void test_codes() {
  CHECK_EQ(tflite::FloatToQuantizedType<int8_t>(1.26f, 0.5f, -3), 0);
  CHECK_EQ(tflite::FloatToQuantizedType<int8_t>(-1e30f, 0.5f, -3), -128);
  CHECK_EQ(tflite::FloatToQuantizedType<uint8_t>(1e30f, 0.5f, 3), 255);
}

}  // namespace

int main() {
  RegisterDebugLogCallback([](const char* text) { printed += text; });
  test_tensors();
  test_exact_arena();
  test_interpreters_share_an_allocator();
  test_damaged_models();
  test_resolvers();
  test_text();
  test_codes();
  return check::failures();
}
