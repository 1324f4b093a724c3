// What callbacks of an operator may ask for.
#pragma once

#include "interpreter/resolver.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_interpreter.h"

namespace arenite::tflm {
struct CustomNode;
}

namespace tflite {

// Tensors are those of the operator that the callback is called for. What is refused is null or kTfLiteError, with a
// line printed.
class MicroContext {
 public:
  // In init and prepare: bytes that last as long as the interpreter, aligned to 16.
  void* AllocatePersistentBuffer(size_t bytes);

  // In prepare: bytes that invoke finds by *buffer_index, aligned to 16, and that others use between.
  TfLiteStatus RequestScratchBufferInArena(size_t bytes, int* buffer_index);
  // In invoke.
  void* GetScratchBuffer(int buffer_index);

  // A tensor with its quantization. In prepare only constants have data. It takes what the arena has left, until it is
  // given back or the callback returns; in invoke an arena of the exact size has nothing left: GetEvalTensor needs
  // none.
  TfLiteTensor* AllocateTempTfLiteTensor(int tensor_index);
  // Of the operator's input, output or intermediate tensor i; null for an absent one.
  TfLiteTensor* AllocateTempInputTensor(const TfLiteNode* node, int i);
  TfLiteTensor* AllocateTempOutputTensor(const TfLiteNode* node, int i);
  TfLiteTensor* AllocateTempIntermediateTensor(const TfLiteNode* node, int i);
  void DeallocateTempTfLiteTensor(TfLiteTensor* tensor);

  // In prepare: the same for plain bytes. alignment <= 16.
  uint8_t* AllocateTempBuffer(size_t bytes, size_t alignment);
  void DeallocateTempBuffer(uint8_t* buffer);

  // Shape, type and, in invoke, data.
  TfLiteEvalTensor* GetEvalTensor(int tensor_index);

  void* external_context() { return owner_.external_context_; }
  TfLiteStatus set_external_context(void* payload) { return owner_.SetMicroExternalContext(payload); }

 private:
  friend class arenite::tflm::CustomOps;
  friend class MicroInterpreter;
  enum class Phase : uint8_t { kNone, kInit, kPrepare, kInvoke };

  explicit MicroContext(MicroInterpreter& owner);
  arenite::OpResolver kernels() const { return arenite::OpResolver(kernels_, kernel_count_); }
  void enter(Phase phase, arenite::tflm::CustomNode* node, void* scratch);
  bool is_in(Phase phase, const char* call) const;
  void* take_temporary(size_t bytes);
  void give_back(const void* temporary);

  TfLiteContext context_ = {};
  MicroInterpreter& owner_;
  const arenite::Kernel** kernels_ = nullptr;  // the resolver's, operators with callbacks bound to this context
  uint16_t kernel_count_ = 0;
  Phase phase_ = Phase::kNone;
  arenite::tflm::CustomNode* nodes_ = nullptr;    // all, in the file's order
  arenite::tflm::CustomNode* current_ = nullptr;  // whose callback runs
  void* scratch_ = nullptr;
  size_t temporary_bytes_ = 0;  // from the beginning of what is free in the arena
  uint32_t temporaries_ = 0;
};

inline MicroContext* GetMicroContext(const TfLiteContext* context) {
  return static_cast<MicroContext*>(context->impl_);
}

}  // namespace tflite
