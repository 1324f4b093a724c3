// An image to two scores, with setup() and loop() as sketches have them; written against TFLite Micro's older API.
#include <TensorFlowLite.h>

#include "tensorflow/lite/micro/micro_error_reporter.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/system_setup.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tensorflow/lite/version.h"

extern const unsigned char g_person_detect_model_data[];

namespace {

constexpr int kNumCols = 96, kNumRows = 96, kNumChannels = 1;
constexpr int kNotAPersonIndex = 0, kPersonIndex = 1;

tflite::ErrorReporter* error_reporter = nullptr;
const tflite::Model* model = nullptr;
tflite::MicroInterpreter* interpreter = nullptr;
TfLiteTensor* input = nullptr;
bool failed = true;

constexpr int kTensorArenaSize = 136 * 1024;
uint8_t tensor_arena[kTensorArenaSize];

// In place of a camera.
TfLiteStatus GetImage(tflite::ErrorReporter*, int image_width, int image_height, int channels, int8_t* image_data) {
  uint32_t x = 1;
  for (int i = 0; i < image_width * image_height * channels; ++i) {
    x = x * 1664525u + 1013904223u;
    image_data[i] = static_cast<int8_t>(x >> 24);
  }
  return kTfLiteOk;
}

}  // namespace

void setup() {
  tflite::InitializeTarget();
  static tflite::MicroErrorReporter micro_error_reporter;
  error_reporter = &micro_error_reporter;

  model = tflite::GetModel(g_person_detect_model_data);
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    TF_LITE_REPORT_ERROR(error_reporter, "Model provided is schema version %d not equal to supported version %d.",
                         static_cast<int>(model->version()), TFLITE_SCHEMA_VERSION);
    return;
  }
  static tflite::MicroMutableOpResolver<5> micro_op_resolver(error_reporter);
  micro_op_resolver.AddMaxPool2D();
  micro_op_resolver.AddConv2D();
  micro_op_resolver.AddDepthwiseConv2D();
  micro_op_resolver.AddReshape();
  micro_op_resolver.AddSoftmax();

  static tflite::MicroInterpreter static_interpreter(model, micro_op_resolver, tensor_arena, kTensorArenaSize,
                                                     error_reporter);
  interpreter = &static_interpreter;
  if (interpreter->AllocateTensors() != kTfLiteOk) {
    TF_LITE_REPORT_ERROR(error_reporter, "AllocateTensors() failed");
    return;
  }
  input = interpreter->input(0);
  if (input->dims->size != 4 || input->dims->data[1] != kNumRows || input->dims->data[2] != kNumCols ||
      input->dims->data[3] != kNumChannels || input->type != kTfLiteInt8) {
    TF_LITE_REPORT_ERROR(error_reporter, "Bad input tensor parameters in model");
    return;
  }
  failed = false;
}

void loop() {
  if (kTfLiteOk != GetImage(error_reporter, kNumCols, kNumRows, kNumChannels, input->data.int8)) {
    TF_LITE_REPORT_ERROR(error_reporter, "Image capture failed.");
  }
  if (kTfLiteOk != interpreter->Invoke()) {
    TF_LITE_REPORT_ERROR(error_reporter, "Invoke failed.");
  }
  const TfLiteTensor* output = interpreter->output(0);
  const int8_t person_score = output->data.int8[kPersonIndex];
  const int8_t no_person_score = output->data.int8[kNotAPersonIndex];
  TF_LITE_REPORT_ERROR(error_reporter, "person score:%d no person score %d", person_score, no_person_score);
}

int main() {
  setup();
  if (failed) return 1;
  loop();
  return 0;
}
