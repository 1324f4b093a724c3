// Samples to features by one model, features to a word by another; written against TFLite Micro's API.
#include <stdint.h>
#include <string.h>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/system_setup.h"
#include "tensorflow/lite/schema/schema_generated.h"

alignas(16) extern const unsigned char g_audio_front_end_model_data[];
alignas(16) extern const unsigned char g_micro_speech_model_data[];

namespace {

constexpr int kAudioSamples = 480;  // 30 ms at 16 kHz
constexpr int kFeatureSize = 40;
constexpr int kFeatureCount = 49;
constexpr int kCategoryCount = 4;
constexpr const char* kCategoryLabels[kCategoryCount] = {"silence", "unknown", "yes", "no"};

constexpr size_t kArenaSize = 28584;
alignas(16) uint8_t g_arena[kArenaSize];

using Features = int8_t[kFeatureCount][kFeatureSize];
Features g_features;
int16_t g_audio[kAudioSamples];

using MicroSpeechOpResolver = tflite::MicroMutableOpResolver<4>;
using AudioPreprocessorOpResolver = tflite::MicroMutableOpResolver<9>;

TfLiteStatus RegisterOps(MicroSpeechOpResolver& op_resolver) {
  TF_LITE_ENSURE_STATUS(op_resolver.AddReshape());
  TF_LITE_ENSURE_STATUS(op_resolver.AddFullyConnected(tflite::Register_FULLY_CONNECTED_INT8()));
  TF_LITE_ENSURE_STATUS(op_resolver.AddConv2D());
  TF_LITE_ENSURE_STATUS(op_resolver.AddSoftmax());
  return kTfLiteOk;
}

TfLiteStatus RegisterOps(AudioPreprocessorOpResolver& op_resolver) {
  TF_LITE_ENSURE_STATUS(op_resolver.AddWindow());
  TF_LITE_ENSURE_STATUS(op_resolver.AddFftAutoScale());
  TF_LITE_ENSURE_STATUS(op_resolver.AddRfft());
  TF_LITE_ENSURE_STATUS(op_resolver.AddEnergy());
  TF_LITE_ENSURE_STATUS(op_resolver.AddFilterBank());
  TF_LITE_ENSURE_STATUS(op_resolver.AddFilterBankSquareRoot());
  TF_LITE_ENSURE_STATUS(op_resolver.AddFilterBankSpectralSubtraction());
  TF_LITE_ENSURE_STATUS(op_resolver.AddPCAN());
  TF_LITE_ENSURE_STATUS(op_resolver.AddFilterBankLog());
  return kTfLiteOk;
}

// In place of a microphone.
void RecordAudio(int16_t* audio) {
  static uint32_t x = 1;
  for (int i = 0; i < kAudioSamples; ++i) {
    x = x * 1664525u + 1013904223u;
    audio[i] = static_cast<int16_t>(static_cast<int32_t>(x >> 18) - 8192);
  }
}

int8_t QuantizeFeature(int16_t value) {
  const int32_t code = (value * 256 + 333) / 666 - 128;
  return static_cast<int8_t>(code < -128 ? -128 : code > 127 ? 127 : code);
}

TfLiteStatus GenerateFeatures(tflite::MicroInterpreter* interpreter) {
  TfLiteTensor* input = interpreter->input(0);
  TFLITE_CHECK_EQ(input->bytes, sizeof(g_audio));
  for (auto& features : g_features) {
    RecordAudio(g_audio);
    memcpy(input->data.i16, g_audio, sizeof(g_audio));
    TF_LITE_ENSURE_STATUS(interpreter->Invoke());
    const TfLiteTensor* output = interpreter->output(0);
    TFLITE_CHECK_EQ(tflite::typeToTfLiteType<int16_t>(), output->type);
    for (int i = 0; i < kFeatureSize; ++i) features[i] = QuantizeFeature(tflite::GetTensorData<int16_t>(output)[i]);
  }
  return kTfLiteOk;
}

TfLiteStatus GenerateFeatures() {
  const tflite::Model* model = tflite::GetModel(g_audio_front_end_model_data);
  TFLITE_CHECK_EQ(model->version(), static_cast<uint32_t>(TFLITE_SCHEMA_VERSION));
  AudioPreprocessorOpResolver op_resolver;
  TF_LITE_ENSURE_STATUS(RegisterOps(op_resolver));
  tflite::MicroInterpreter interpreter(model, op_resolver, g_arena, kArenaSize);
  TF_LITE_ENSURE_STATUS(interpreter.AllocateTensors());
  MicroPrintf("AudioPreprocessor model arena size = %u", static_cast<unsigned>(interpreter.arena_used_bytes()));
  TF_LITE_ENSURE_STATUS(GenerateFeatures(&interpreter));
  int sum = 0;
  for (const auto& features : g_features) {
    for (const int8_t feature : features) sum = sum * 31 % 65521 + feature + 128;
  }
  MicroPrintf("features %d", sum);
  TF_LITE_ENSURE_STATUS(interpreter.Reset());
  return kTfLiteOk;
}

TfLiteStatus LoadMicroSpeechModelAndPerformInference() {
  const tflite::Model* model = tflite::GetModel(g_micro_speech_model_data);
  TFLITE_CHECK_EQ(model->version(), static_cast<uint32_t>(TFLITE_SCHEMA_VERSION));
  MicroSpeechOpResolver op_resolver;
  TF_LITE_ENSURE_STATUS(RegisterOps(op_resolver));
  tflite::MicroInterpreter interpreter(model, op_resolver, g_arena, kArenaSize);
  TF_LITE_ENSURE_STATUS(interpreter.AllocateTensors());
  MicroPrintf("MicroSpeech model arena size = %u", static_cast<unsigned>(interpreter.arena_used_bytes()));

  TfLiteTensor* input = interpreter.input(0);
  TFLITE_CHECK_EQ(input->bytes, sizeof(g_features));
  memcpy(tflite::GetTensorData<int8_t>(input), g_features, sizeof(g_features));
  TF_LITE_ENSURE_STATUS(interpreter.Invoke());

  const TfLiteTensor* output = interpreter.output(0);
  TFLITE_CHECK_EQ(output->dims->data[output->dims->size - 1], kCategoryCount);
  int best = 0;
  for (int i = 0; i < kCategoryCount; ++i) {
    const int8_t code = output->data.int8[i];
    MicroPrintf("  %.4f %s (code %d)",
                static_cast<double>(static_cast<float>(code - output->params.zero_point) * output->params.scale),
                kCategoryLabels[i], code);
    if (code > output->data.int8[best]) best = i;
  }
  MicroPrintf("Heard %s", kCategoryLabels[best]);
  return kTfLiteOk;
}

}  // namespace

int main() {
  tflite::InitializeTarget();
  TF_LITE_ENSURE_STATUS(GenerateFeatures());
  TF_LITE_ENSURE_STATUS(LoadMicroSpeechModelAndPerformInference());
  return kTfLiteOk;
}
