// Operators with callbacks under TFLite Micro's names, at their edges: what a callback may ask for and when, what is
// refused, whose memory is taken. examples/tflm/custom_operator.cc is how they are meant.
#include <cstring>
#include <vector>

#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tests/cpp/check.h"
#include "tests/cpp/model_builder.h"

namespace {

// What the operator PROBE was asked, and what it shall answer.
struct Probe {
  int inits, frees, resets, invokes;
  TfLiteStatus prepared = kTfLiteOk, invoked = kTfLiteOk;
  size_t persistent = 24, scratch = 40, temporary = 176;
  bool had_room;
};
Probe probe;

struct State {
  int32_t added;
  int scratch[2];
  int32_t runs;
};

void* init(TfLiteContext* context, const char* options, size_t length) {
  ++probe.inits;
  int index;
  CHECK_EQ(context->RequestScratchBufferInArena(context, 16, &index), kTfLiteError);
  State* const state = static_cast<State*>(context->AllocatePersistentBuffer(context, sizeof(State)));
  if (state != nullptr) *state = {length == 1 ? options[0] : 0, {}, 0};
  return state;
}

TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  tflite::MicroContext* const micro = tflite::GetMicroContext(context);
  TF_LITE_ENSURE(context, node->user_data != nullptr);
  CHECK(micro->AllocateTempInputTensor(node, 2) == nullptr);  // absent
  CHECK(micro->AllocateTempInputTensor(node, 3) == nullptr && micro->AllocateTempOutputTensor(node, -1) == nullptr);
  TfLiteTensor* const input = micro->AllocateTempInputTensor(node, 0);
  TfLiteTensor* const constant = micro->AllocateTempInputTensor(node, 1);
  TF_LITE_ENSURE(context, input != nullptr && constant != nullptr);
  CHECK(input->data.data == nullptr && input->bytes == 5 && input->params.zero_point == -3);
  CHECK(constant->allocation_type == kTfLiteMmapRo && constant->data.int8[0] == 9);
  micro->DeallocateTempTfLiteTensor(input);
  micro->DeallocateTempTfLiteTensor(constant);
  uint8_t* const bytes = micro->AllocateTempBuffer(probe.temporary, 16);
  TF_LITE_ENSURE(context, bytes != nullptr);
  std::memset(bytes, 0xEE, probe.temporary);
  CHECK(micro->GetScratchBuffer(0) == nullptr);
  void* const persistent = micro->AllocatePersistentBuffer(probe.persistent);
  TF_LITE_ENSURE(context, persistent != nullptr);
  std::memset(persistent, 0x11, probe.persistent);
  for (size_t i = 0; i < probe.temporary; ++i) CHECK_EQ(bytes[i], 0xEE);
  micro->DeallocateTempBuffer(bytes);
  State* const state = static_cast<State*>(node->user_data);
  TF_LITE_ENSURE_STATUS(micro->RequestScratchBufferInArena(probe.scratch, &state->scratch[0]));
  TF_LITE_ENSURE_STATUS(micro->RequestScratchBufferInArena(8, &state->scratch[1]));
  return probe.prepared;
}

TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  ++probe.invokes;
  tflite::MicroContext* const micro = tflite::GetMicroContext(context);
  State* const state = static_cast<State*>(node->user_data);
  uint8_t* const first = static_cast<uint8_t*>(micro->GetScratchBuffer(state->scratch[0]));
  uint8_t* const second = static_cast<uint8_t*>(micro->GetScratchBuffer(state->scratch[1]));
  CHECK(first + 48 == second && micro->GetScratchBuffer(4096) == nullptr && micro->GetScratchBuffer(-1) == nullptr);
  std::memset(first, 0xEE, 56);
  CHECK(context->AllocatePersistentBuffer(context, 4) == nullptr && context->GetEvalTensor(context, 77) == nullptr);
  CHECK(tflite::micro::GetEvalInput(context, node, 2) == nullptr);
  const TfLiteEvalTensor* const input = tflite::micro::GetEvalInput(context, node, 0);
  TfLiteEvalTensor* const output = tflite::micro::GetEvalOutput(context, node, 0);
  CHECK(tflite::micro::HaveSameShapes(input, output) && tflite::micro::GetTensorShape(input).Dims(1) == 5);
  const TfLiteTensor* const whole = micro->AllocateTempInputTensor(node, 0);
  probe.had_room = whole != nullptr;
  CHECK(whole == nullptr || whole->data.data == input->data.data);
  ++state->runs;
  for (int i = 0; i < 5; ++i) {
    output->data.int8[i] = static_cast<int8_t>(input->data.int8[i] + state->added + state->runs);
  }
  return probe.invoked;
}

void release(TfLiteContext*, void*) { ++probe.frees; }

void reset(TfLiteContext*, void* state) {
  ++probe.resets;
  static_cast<State*>(state)->runs = 0;
}

constexpr TFLMRegistration kProbe = {init, release, prepare, invoke, reset, 0, nullptr};

// int8 [1, 5]: t2 = PROBE(t0, constant t1, none), t3 = relu(t2), t4 = PROBE(t3, t1, none); adds 1 and 20.
std::vector<uint8_t> probe_file() {
  const test::TensorSpec tensor = {{1, 5}, arenite::format::TensorType::INT8, {}, {0.5f}, {-3}};
  const test::TensorSpec constant = {{1}, arenite::format::TensorType::INT8, {9}};
  const auto probing = [](int32_t from, int32_t to, uint8_t added) {
    return test::OperatorSpec{32, {from, 1, -1}, {to}, 0, {}, 1, "PROBE", {added}};
  };
  return test::ModelSpec{
      {tensor, constant, tensor, tensor, tensor}, {probing(0, 2, 1), {19, {2}, {3}}, probing(3, 4, 20)}, {0}, {4}}
      .build();
}

using Resolver = tflite::MicroMutableOpResolver<2>;

void add_operators(Resolver* resolver) {
  CHECK_EQ(resolver->AddCustom("PROBE", &kProbe), kTfLiteOk);
  CHECK_EQ(resolver->AddRelu(), kTfLiteOk);
}

// run: how often the interpreter has run, this time included.
void expect_sums(tflite::MicroInterpreter& interpreter, int run) {
  CHECK_EQ(interpreter.AllocateTensors(), kTfLiteOk);
  if (interpreter.input(0) == nullptr) return;
  std::memset(interpreter.input(0)->data.data, 10, 5);
  CHECK_EQ(interpreter.Invoke(), kTfLiteOk);
  CHECK_EQ(interpreter.output(0)->data.int8[4], 31 + 2 * run);
}

void test_interpreters_keep_their_own_state() {
  probe = {};
  test::Aligned file(probe_file()), arena(8192);
  Resolver resolver, another;
  add_operators(&resolver);
  add_operators(&another);
  {
    tflite::MicroInterpreter a(tflite::GetModel(file.data()), resolver, arena.data(), 4096);
    tflite::MicroInterpreter b(tflite::GetModel(file.data()), another, arena.data() + 4096, 4096);
    CHECK_EQ(a.AllocateTensors(), kTfLiteOk);
    for (int run = 1; run < 4; ++run) expect_sums(a, run);
    expect_sums(b, 1);
    CHECK(probe.inits == 4 && probe.frees == 0 && probe.had_room);
    CHECK_EQ(a.Reset(), kTfLiteOk);
    CHECK_EQ(probe.resets, 2);
    expect_sums(a, 1);
    expect_sums(b, 2);
  }
  CHECK_EQ(probe.frees, 4);
}

// No less than it says that it used is enough, wherever it runs out. Temporary tensors take nothing more.
void test_exact_arena() {
  probe = {};
  test::Aligned file(probe_file()), arena(4096);
  Resolver resolver;
  add_operators(&resolver);
  size_t used = 0;
  {
    tflite::MicroInterpreter large(tflite::GetModel(file.data()), resolver, arena.data(), 4096);
    CHECK_EQ(large.AllocateTensors(), kTfLiteOk);
    used = large.arena_used_bytes();
  }
  {
    tflite::MicroInterpreter same(tflite::GetModel(file.data()), resolver, arena.data(), used);
    expect_sums(same, 1);
    CHECK(!probe.had_room);
  }
  for (size_t size = 0; size < used; size += 16) {
    tflite::MicroInterpreter less(tflite::GetModel(file.data()), resolver, arena.data(), size);
    CHECK_EQ(less.AllocateTensors(), kTfLiteError);
    CHECK_EQ(less.Invoke(), kTfLiteError);
    CHECK_EQ(probe.inits, probe.frees);
  }
}

void test_failures() {
  probe = {};
  test::Aligned file(probe_file()), arena(4096);
  Resolver resolver;
  add_operators(&resolver);
  tflite::MicroInterpreter interpreter(tflite::GetModel(file.data()), resolver, arena.data(), 4096);
  probe.prepared = kTfLiteError;
  CHECK_EQ(interpreter.AllocateTensors(), kTfLiteError);
  CHECK(probe.inits == 2 && probe.frees == 2);
  probe.prepared = kTfLiteOk;
  const size_t far = ~size_t{0};
  for (const size_t bytes : {size_t{8192}, far, far - 7}) {
    probe.persistent = bytes;
    CHECK_EQ(interpreter.AllocateTensors(), kTfLiteError);
    probe.persistent = 24;
    probe.scratch = bytes;
    CHECK_EQ(interpreter.AllocateTensors(), kTfLiteError);
    probe.scratch = 40;
    probe.temporary = bytes;
    CHECK_EQ(interpreter.AllocateTensors(), kTfLiteError);
    probe.temporary = 2000;
  }
  CHECK_EQ(interpreter.AllocateTensors(), kTfLiteOk);
  probe.invoked = kTfLiteError;
  CHECK_EQ(interpreter.Invoke(), kTfLiteError);
  probe.invoked = tflite::kTfLiteAbort;
  CHECK_EQ(interpreter.Invoke(), tflite::kTfLiteAbort);
  CHECK_EQ(probe.invokes, 2);
  probe.invoked = kTfLiteOk;
  CHECK_EQ(interpreter.Invoke(), kTfLiteOk);
}

void test_tensors_by_index() {
  probe = {};
  test::Aligned file(probe_file()), arena(4096);
  Resolver resolver;
  add_operators(&resolver);
  tflite::MicroInterpreter interpreter(tflite::GetModel(file.data()), resolver, arena.data(), 4096, nullptr, nullptr,
                                       true);
  CHECK(interpreter.GetTensor(0) == nullptr);
  CHECK_EQ(interpreter.AllocateTensors(), kTfLiteOk);
  expect_sums(interpreter, 1);
  const TfLiteEvalTensor* const middle = interpreter.GetTensor(2);
  CHECK(middle->type == kTfLiteInt8 && middle->dims->size == 2 && middle->data.int8[3] == 12);
  const size_t used = interpreter.arena_used_bytes();
  CHECK(interpreter.GetTensor(2) == middle && interpreter.arena_used_bytes() == used);
  CHECK(interpreter.GetTensor(1)->data.int8[0] == 9 && interpreter.GetTensor(4) != middle);
  CHECK(interpreter.GetTensor(5) == nullptr && interpreter.GetTensor(-1) == nullptr);
  CHECK(interpreter.GetTensor(0, 1) == nullptr);
}

void test_resolvers() {
  Resolver resolver;
  TFLMRegistration none = kProbe;
  none.invoke = nullptr;
  CHECK_EQ(resolver.AddCustom("NONE", &none), kTfLiteError);
  CHECK_EQ(resolver.AddCustom("PROBE", &kProbe), kTfLiteOk);
  CHECK_EQ(resolver.AddCustom("PROBE", &kProbe), kTfLiteError);
  CHECK_EQ(resolver.AddConv2D(kProbe), kTfLiteError);
  CHECK_EQ(resolver.AddRelu(), kTfLiteOk);
  CHECK_EQ(resolver.AddSoftmax(), kTfLiteError);
  CHECK_EQ(resolver.AddCustom("MORE", &kProbe), kTfLiteError);
  CHECK_EQ(resolver.GetRegistrationLength(), 2u);
}

// A local registration may go before the interpreter runs.
void test_registrations_are_copied() {
  probe = {};
  test::Aligned file(probe_file()), arena(4096);
  Resolver resolver;
  TFLMRegistration* const local = new TFLMRegistration(kProbe);
  CHECK_EQ(resolver.AddCustom("PROBE", local), kTfLiteOk);
  delete local;
  CHECK_EQ(resolver.AddRelu(), kTfLiteOk);
  tflite::MicroInterpreter interpreter(tflite::GetModel(file.data()), resolver, arena.data(), 4096);
  int payload = 0;
  CHECK_EQ(interpreter.SetMicroExternalContext(nullptr), kTfLiteError);
  CHECK_EQ(interpreter.SetMicroExternalContext(&payload), kTfLiteOk);
  CHECK_EQ(interpreter.SetMicroExternalContext(&payload), kTfLiteError);
  expect_sums(interpreter, 1);
}

}  // namespace

int main() {
  test_interpreters_keep_their_own_state();
  test_exact_arena();
  test_failures();
  test_tensors_by_index();
  test_resolvers();
  test_registrations_are_copied();
  return check::failures();
}
