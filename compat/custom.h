// Operators with callbacks of the program's own, as their interpreter keeps them.
#pragma once

#include "interpreter/kernel.h"
#include "tensorflow/lite/micro/micro_context.h"

namespace arenite::tflm {

// In the arena.
struct CustomNode {
  CustomNode* next;
  const uint8_t* place;  // Node::place()
  const TFLMRegistration* registration;
  const Model* model;  // the opened file
  uint32_t subgraph;
  bool started;               // init has been called
  uint32_t scratch_bytes;     // what prepare has asked for
  TfLiteEvalTensor* tensors;  // of the inputs, then of the outputs
  TfLiteNode node;

  int operand_count() const { return node.inputs->size + node.outputs->size; }
  int operand(int i) const {
    return i < node.inputs->size ? node.inputs->data[i] : node.outputs->data[i - node.inputs->size];
  }
  // Null when the tensor is not one of the operator's.
  TfLiteEvalTensor* find(int tensor) const;
};

// A resolver's operator with callbacks as the interpreter's kernel.
struct BoundKernel {
  Kernel kernel;  // first: what Node::kernel() finds
  tflite::MicroContext* context;
};

// The interpreter's part of it.
class CustomOps {
 public:
  static TfLiteStatus hook(tflite::MicroInterpreter& interpreter, Stage stage);

 private:
  using Phase = tflite::MicroContext::Phase;
  static TfLiteStatus prepare_all(tflite::MicroInterpreter& interpreter);
  static TfLiteStatus bind(tflite::MicroContext& context);
  static TfLiteStatus add_nodes(tflite::MicroContext& context, uint32_t subgraph);
  static CustomNode* add_node(tflite::MicroContext& context, const Model& model, uint32_t index);
  static void init(tflite::MicroContext& context, CustomNode* custom);
  static TfLiteStatus prepare(tflite::MicroContext& context, CustomNode* custom);
  static void show_tensors(tflite::MicroInterpreter& interpreter);
  static void show_subgraph(const Interpreter& subgraph, void* nodes);
  static void reset_all(tflite::MicroContext& context);
  static void free_all(tflite::MicroContext& context);
  static CustomNode* find(const Node& node, tflite::MicroContext** context);
  static Status kernel_prepare(const Node& node, uint32_t* scratch_bytes);
  static Status kernel_eval(const Node& node);
};

}  // namespace arenite::tflm
