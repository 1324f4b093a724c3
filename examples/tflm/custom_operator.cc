// An operator of the program's own, in the way of TFLite Micro's: callbacks for the resolver's AddCustom. SMOOTHED
// keeps a running mean of weighted inputs, in integers: for each element
//
//   mean += ((x - zero point of x) * weight * 16 - mean) >> shift        y = limited(mean >> 4)
//
// `shift` is the first byte of the operator's options; y has the zero point 0.
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/kernels/internal/tensor_ctypes.h"
#include "tensorflow/lite/kernels/kernel_util.h"
#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/micro_context.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/system_setup.h"
#include "tensorflow/lite/schema/schema_generated.h"

extern const unsigned char g_smoothed_model_data[], g_smoothed_branch_model_data[];

namespace {

constexpr int kInput = 0, kWeights = 1, kOutput = 0;

struct OpData {
  int shift;
  int32_t zero_point;
  int32_t count;
  int32_t* mean;      // kept from one invoke to the next
  int scratch_index;  // of the weighted inputs
};

void* SmoothedInit(TfLiteContext* context, const char* buffer, size_t length) {
  OpData* data = static_cast<OpData*>(context->AllocatePersistentBuffer(context, sizeof(OpData)));
  if (data != nullptr) data->shift = length == 0 ? 1 : buffer[0];
  return data;
}

void Clear(OpData* data) {
  for (int i = 0; i < data->count; ++i) data->mean[i] = 0;
}

TfLiteStatus SmoothedPrepare(TfLiteContext* context, TfLiteNode* node) {
  OpData* data = static_cast<OpData*>(node->user_data);
  TF_LITE_ENSURE(context, data != nullptr);
  TF_LITE_ENSURE_EQ(context, tflite::NumInputs(node), 2);
  TF_LITE_ENSURE_EQ(context, tflite::NumOutputs(node), 1);

  tflite::MicroContext* micro_context = tflite::GetMicroContext(context);
  TfLiteTensor* input = micro_context->AllocateTempInputTensor(node, kInput);
  TF_LITE_ENSURE(context, input != nullptr);
  TfLiteTensor* weights = micro_context->AllocateTempInputTensor(node, kWeights);
  TF_LITE_ENSURE(context, weights != nullptr);
  TfLiteTensor* output = micro_context->AllocateTempOutputTensor(node, kOutput);
  TF_LITE_ENSURE(context, output != nullptr);
  TF_LITE_ENSURE_TYPES_EQ(context, input->type, kTfLiteInt8);
  TF_LITE_ENSURE_TYPES_EQ(context, output->type, kTfLiteInt8);
  TF_LITE_ENSURE(context, tflite::HaveSameShapes(input, output));
  TF_LITE_ENSURE(context, tflite::IsConstantTensor(weights));
  TF_LITE_ENSURE_EQ(context, tflite::NumElements(weights), tflite::NumElements(input));
  TF_LITE_ENSURE_EQ(context, output->params.zero_point, 0);
  data->zero_point = input->params.zero_point;
  data->count = static_cast<int32_t>(tflite::NumElements(input));
  micro_context->DeallocateTempTfLiteTensor(output);
  micro_context->DeallocateTempTfLiteTensor(weights);
  micro_context->DeallocateTempTfLiteTensor(input);

  const size_t bytes = static_cast<size_t>(data->count) * sizeof(int32_t);
  data->mean = static_cast<int32_t*>(context->AllocatePersistentBuffer(context, bytes));
  TF_LITE_ENSURE(context, data->mean != nullptr);
  Clear(data);
  return context->RequestScratchBufferInArena(context, bytes, &data->scratch_index);
}

TfLiteStatus SmoothedInvoke(TfLiteContext* context, TfLiteNode* node) {
  const OpData& data = *static_cast<const OpData*>(node->user_data);
  const TfLiteEvalTensor* input = tflite::micro::GetEvalInput(context, node, kInput);
  const TfLiteEvalTensor* weights = tflite::micro::GetEvalInput(context, node, kWeights);
  TfLiteEvalTensor* output = tflite::micro::GetEvalOutput(context, node, kOutput);
  const int8_t* x = tflite::micro::GetTensorData<int8_t>(input);
  const int8_t* w = tflite::micro::GetTensorData<int8_t>(weights);
  int8_t* y = tflite::micro::GetTensorData<int8_t>(output);
  int32_t* weighted = static_cast<int32_t*>(context->GetScratchBuffer(context, data.scratch_index));
  const int count = tflite::micro::GetTensorShape(input).FlatSize();
  for (int i = 0; i < count; ++i) weighted[i] = (x[i] - data.zero_point) * w[i] * 16;
  for (int i = 0; i < count; ++i) {
    data.mean[i] += (weighted[i] - data.mean[i]) >> data.shift;
    const int32_t mean = data.mean[i] >> 4;
    y[i] = static_cast<int8_t>(mean < -128 ? -128 : mean > 127 ? 127 : mean);
  }
  return kTfLiteOk;
}

void SmoothedReset(TfLiteContext*, void* buffer) { Clear(static_cast<OpData*>(buffer)); }

void SmoothedFree(TfLiteContext*, void*) { MicroPrintf("freed"); }

TFLMRegistration* Register_SMOOTHED() {
  static TFLMRegistration r =
      tflite::micro::RegisterOp(SmoothedInit, SmoothedPrepare, SmoothedInvoke, SmoothedFree, SmoothedReset);
  return &r;
}

constexpr int kTensorArenaSize = 4096;
alignas(16) uint8_t tensor_arena[kTensorArenaSize];

TfLiteStatus Run(tflite::MicroInterpreter& interpreter, int number) {
  TfLiteTensor* input = interpreter.input(0);
  for (size_t i = 0; i < input->bytes; ++i) {
    input->data.int8[i] = static_cast<int8_t>((number * 37 + static_cast<int>(i) * 11) % 256 - 128);
  }
  TF_LITE_ENSURE_STATUS(interpreter.Invoke());
  const TfLiteTensor* output = interpreter.output(0);
  MicroPrintf("run %d of [%d, %d]", number, output->dims->data[0], output->dims->data[1]);
  for (size_t i = 0; i < output->bytes; ++i) MicroPrintf("code %d", output->data.int8[i]);
  return kTfLiteOk;
}

TfLiteStatus LoadAndRun(const unsigned char* content) {
  const tflite::Model* model = tflite::GetModel(content);
  tflite::MicroMutableOpResolver<3> resolver;
  TF_LITE_ENSURE_STATUS(resolver.AddRelu());
  TF_LITE_ENSURE_STATUS(resolver.AddIf());
  TF_LITE_ENSURE_STATUS(resolver.AddCustom("SMOOTHED", Register_SMOOTHED()));
  tflite::MicroInterpreter interpreter(model, resolver, tensor_arena, kTensorArenaSize);
  TF_LITE_ENSURE_STATUS(interpreter.AllocateTensors());
  for (int number = 0; number < 3; ++number) TF_LITE_ENSURE_STATUS(Run(interpreter, number));
  TF_LITE_ENSURE_STATUS(interpreter.Reset());
  TF_LITE_ENSURE_STATUS(Run(interpreter, 3));
  MicroPrintf("arena used %u", static_cast<unsigned>(interpreter.arena_used_bytes()));
  return kTfLiteOk;
}

}  // namespace

int main() {
  tflite::InitializeTarget();
  const bool passed = LoadAndRun(g_smoothed_model_data) == kTfLiteOk &&
                      LoadAndRun(g_smoothed_branch_model_data) == kTfLiteOk;  // the operator in a subgraph
  MicroPrintf(passed ? "~~~ALL TESTS PASSED~~~" : "failed");
  return passed ? 0 : 1;
}
