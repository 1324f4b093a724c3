// TFLite Micro's interpreter, which is arenite::Interpreter behind TFLite Micro's names. docs/tflm.md says what there
// is.
#pragma once

#include "interpreter/interpreter.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/core/api/error_reporter.h"
#include "tensorflow/lite/kernels/internal/tensor_ctypes.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace arenite::tflm {
struct View;
}

namespace tflite {

class MicroContext;

class MicroInterpreter {
 public:
  // Refers to all of its arguments. `arena` may have any alignment; up to 15 bytes are lost to it.
  MicroInterpreter(const Model* model, const MicroOpResolver& resolver, uint8_t* arena, size_t arena_size,
                   MicroResourceVariables* = nullptr);
  MicroInterpreter(const Model* model, const MicroOpResolver& resolver, uint8_t* arena, size_t arena_size,
                   MicroResourceVariables*, MicroProfilerInterface* profiler, bool preserve_all_tensors = false);
  MicroInterpreter(const Model* model, const MicroOpResolver& resolver, MicroAllocator* allocator,
                   MicroResourceVariables* = nullptr);
  MicroInterpreter(const Model* model, const MicroOpResolver& resolver, MicroAllocator* allocator,
                   MicroResourceVariables*, MicroProfilerInterface* profiler);
  // Older programs pass an ErrorReporter: text goes the way of MicroPrintf's.
  template <typename Reporter, typename = decltype(static_cast<ErrorReporter*>(static_cast<Reporter*>(nullptr)))>
  MicroInterpreter(const Model* model, const MicroOpResolver& resolver, uint8_t* arena, size_t arena_size, Reporter*)
      : MicroInterpreter(model, resolver, arena, arena_size) {}
  // Calls the `free` of operators with callbacks.
  ~MicroInterpreter() {
    if (context_ != nullptr) tell_custom(arenite::tflm::Stage::kFree);
  }
  MicroInterpreter(const MicroInterpreter&) = delete;
  MicroInterpreter& operator=(const MicroInterpreter&) = delete;

  // Verifies the model, checks its operators and plans the arena; a second call does nothing. The reason of an error is
  // printed (MicroPrintf).
  TfLiteStatus AllocateTensors();
  // Allocates first when that has not been done. kTfLiteAbort: no error, but nothing new either.
  TfLiteStatus Invoke();
  // Variables as after AllocateTensors.
  TfLiteStatus Reset();
  TfLiteStatus initialization_status() const { return initialization_; }

  // Null, with a line printed, when there is no such tensor or AllocateTensors has not succeeded.
  TfLiteTensor* input(size_t index) { return view("input", index, inputs_size(), 0); }
  TfLiteTensor* output(size_t index) { return view("output", index, outputs_size(), inputs_size()); }
  TfLiteTensor* input_tensor(size_t index) { return input(index); }
  TfLiteTensor* output_tensor(size_t index) { return output(index); }
  size_t inputs_size() const { return ready() ? interpreter_.input_count() : 0; }
  size_t outputs_size() const { return ready() ? interpreter_.output_count() : 0; }

  // Any tensor of the file by its index there, whose value is only kept with preserve_all_tensors. The first question
  // for a tensor takes 48 bytes of the arena (32-bit processors: 32). Null, with a line printed, when there is no such
  // tensor or no room.
  TfLiteEvalTensor* GetTensor(int tensor_index, int subgraph_index = 0);

  // What callbacks get from MicroContext::external_context. Before AllocateTensors, once.
  TfLiteStatus SetMicroExternalContext(void* external_context_payload);

  // The elements; null when the tensor has another type.
  template <typename T>
  T* typed_input_tensor(int index) {
    return typed<T>(input(static_cast<size_t>(index)));
  }
  template <typename T>
  T* typed_output_tensor(int index) {
    return typed<T>(output(static_cast<size_t>(index)));
  }

  // Bytes that are enough for an arena of which every byte can be used (a multiple of 16).
  size_t arena_used_bytes() const { return allocator_->used_bytes(); }
  bool preserve_all_tensors() const { return preserve_all_tensors_; }

 protected:
  const MicroAllocator& allocator() const { return *allocator_; }

 private:
  friend class MicroContext;
  friend class arenite::tflm::CustomOps;
  using View = arenite::tflm::View;
  struct Shown;
  using Run = arenite::Status (*)(MicroInterpreter& interpreter, arenite::Error* error);

  bool ready() const { return views_ != nullptr; }
  TfLiteStatus fail(const char* what, const arenite::Error& error) const;
  TfLiteStatus allocate();
  TfLiteStatus tell_custom(arenite::tflm::Stage stage);
  void show_tensors(View* views);
  TfLiteTensor* view(const char* what, size_t index, size_t count, size_t first);
  static arenite::Status run(MicroInterpreter& interpreter, arenite::Error* error);
  static arenite::Status run_profiled(MicroInterpreter& interpreter, arenite::Error* error);

  template <typename T>
  static T* typed(TfLiteTensor* tensor) {
    return tensor != nullptr && tensor->type == typeToTfLiteType<T>() ? GetTensorData<T>(tensor) : nullptr;
  }

  const Model* file_;
  const MicroOpResolver& resolver_;
  MicroAllocator own_;
  MicroAllocator* allocator_;
  MicroProfilerInterface* profiler_ = nullptr;
  Run run_ = &run;  // the other one is linked with programs that profile
  arenite::Model model_;
  arenite::Interpreter interpreter_;
  MicroContext* context_ = nullptr;  // in the arena; of operators with callbacks
  void* external_context_ = nullptr;
  Shown* shown_ = nullptr;  // of GetTensor; in the arena
  View* views_ = nullptr;   // of the inputs, then of the outputs; in the arena
  TfLiteStatus initialization_ = kTfLiteOk;
  bool preserve_all_tensors_ = false;
};

}  // namespace tflite
