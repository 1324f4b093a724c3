// A model of one number in, one number out, in float32 and in int8; written against TFLite Micro's API.
#include <math.h>

#include "tensorflow/lite/core/c/common.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_profiler.h"
#include "tensorflow/lite/micro/recording_micro_interpreter.h"
#include "tensorflow/lite/micro/system_setup.h"
#include "tensorflow/lite/schema/schema_generated.h"

extern const unsigned char g_hello_world_float_model_data[];
extern const unsigned char g_hello_world_int8_model_data[];

namespace {

using HelloWorldOpResolver = tflite::MicroMutableOpResolver<1>;

constexpr float kAngles[] = {0.77f, 1.57f, 2.3f, 3.14f};
constexpr int kTensorArenaSize = 3000;
uint8_t tensor_arena[kTensorArenaSize];

TfLiteStatus RegisterOps(HelloWorldOpResolver& op_resolver) {
  TF_LITE_ENSURE_STATUS(op_resolver.AddFullyConnected());
  return kTfLiteOk;
}

TfLiteStatus ProfileMemoryAndLatency() {
  tflite::MicroProfiler profiler;
  HelloWorldOpResolver op_resolver;
  TF_LITE_ENSURE_STATUS(RegisterOps(op_resolver));

  tflite::RecordingMicroAllocator* allocator = tflite::RecordingMicroAllocator::Create(tensor_arena, kTensorArenaSize);
  tflite::RecordingMicroInterpreter interpreter(tflite::GetModel(g_hello_world_float_model_data), op_resolver,
                                                allocator, tflite::MicroResourceVariables::Create(allocator, 24),
                                                &profiler);
  TF_LITE_ENSURE_STATUS(interpreter.AllocateTensors());
  TFLITE_CHECK_EQ(interpreter.inputs_size(), 1u);
  interpreter.input(0)->data.f[0] = 1.f;
  TF_LITE_ENSURE_STATUS(interpreter.Invoke());
  profiler.LogTicksPerTagCsv();
  interpreter.GetMicroAllocator().PrintAllocations();
  return kTfLiteOk;
}

TfLiteStatus LoadFloatModelAndPerformInference() {
  const tflite::Model* model = ::tflite::GetModel(g_hello_world_float_model_data);
  TFLITE_CHECK_EQ(model->version(), static_cast<uint32_t>(TFLITE_SCHEMA_VERSION));
  HelloWorldOpResolver op_resolver;
  TF_LITE_ENSURE_STATUS(RegisterOps(op_resolver));

  tflite::MicroInterpreter interpreter(model, op_resolver, tensor_arena, kTensorArenaSize);
  TF_LITE_ENSURE_STATUS(interpreter.AllocateTensors());
  TfLiteTensor* input = interpreter.input(0);
  TfLiteTensor* output = interpreter.output(0);
  TFLITE_CHECK_EQ(input->dims->size, 2);
  TFLITE_CHECK_EQ(input->type, kTfLiteFloat32);
  for (const float x : kAngles) {
    input->data.f[0] = x;
    TF_LITE_ENSURE_STATUS(interpreter.Invoke());
    MicroPrintf("x_value: %f, y_value: %f", static_cast<double>(x), static_cast<double>(output->data.f[0]));
  }
  return kTfLiteOk;
}

TfLiteStatus LoadQuantModelAndPerformInference() {
  const tflite::Model* model = ::tflite::GetModel(g_hello_world_int8_model_data);
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    MicroPrintf("Model provided is schema version %d not equal to supported version %d.",
                static_cast<int>(model->version()), TFLITE_SCHEMA_VERSION);
    return kTfLiteError;
  }
  HelloWorldOpResolver op_resolver;
  TF_LITE_ENSURE_STATUS(RegisterOps(op_resolver));

  tflite::MicroInterpreter interpreter(model, op_resolver, tensor_arena, kTensorArenaSize);
  TF_LITE_ENSURE_STATUS(interpreter.AllocateTensors());
  TfLiteTensor* input = interpreter.input(0);
  TfLiteTensor* output = interpreter.output(0);
  TFLITE_CHECK_NE(input, nullptr);
  TFLITE_CHECK_EQ(input->bytes, sizeof(int8_t));
  const float input_scale = input->params.scale;
  const int input_zero_point = input->params.zero_point;
  for (const float x : kAngles) {
    input->data.int8[0] = static_cast<int8_t>(roundf(x / input_scale) + static_cast<float>(input_zero_point));
    TF_LITE_ENSURE_STATUS(interpreter.Invoke());
    const float y = static_cast<float>(output->data.int8[0] - output->params.zero_point) * output->params.scale;
    MicroPrintf("code %d, y_value: %f", *interpreter.typed_output_tensor<int8_t>(0), static_cast<double>(y));
  }
  MicroPrintf("arena %u", static_cast<unsigned>(interpreter.arena_used_bytes()));
  return kTfLiteOk;
}

}  // namespace

int main() {
  tflite::InitializeTarget();
  TF_LITE_ENSURE_STATUS(ProfileMemoryAndLatency());
  TF_LITE_ENSURE_STATUS(LoadFloatModelAndPerformInference());
  TF_LITE_ENSURE_STATUS(LoadQuantModelAndPerformInference());
  MicroPrintf("~~~ALL TESTS PASSED~~~");
  return kTfLiteOk;
}
