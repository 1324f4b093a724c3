#include "custom.h"

#include <cstring>
#include <new>

#include "tensorflow/lite/micro/micro_log.h"
#include "view.h"

// init, prepare, free and reset are called for the file's operators one after the other, as TFLite Micro does, before
// and after our interpreter runs; invoke is called by a kernel that stands for the callbacks.
namespace arenite::tflm {

using tflite::MicroContext;
using tflite::MicroInterpreter;

namespace {

// Any number of operands of any type; int4 excepted.
constexpr char kAnything[] = "[.]*>[.]*@1";

// In the interpreter's arena; null when there is no room.
template <typename T>
T* make(void* room) {
  return room == nullptr ? nullptr : new (room) T();
}

TfLiteIntArray* list_of(const uint8_t* table, uint32_t field) {
  const flat::Vector list = flat::Table(table).vector(field);
  return array_of<TfLiteIntArray>(list.data(), static_cast<int32_t>(list.size()));
}

TfLiteNode node_of(const uint8_t* table) {
  TfLiteNode node = {};
  const flat::Vector options = flat::Table(table).vector(format::Operator::custom_options);
  node.inputs = list_of(table, format::Operator::inputs);
  node.outputs = list_of(table, format::Operator::outputs);
  node.intermediates = array_of<TfLiteIntArray>(nullptr, 0);
  node.custom_initial_data = options.size() == 0 ? nullptr : options.data();
  node.custom_initial_data_size = static_cast<int>(options.size());
  return node;
}

}  // namespace

TfLiteEvalTensor* CustomNode::find(int tensor) const {
  for (int i = 0; i < operand_count(); ++i) {
    if (tensor >= 0 && operand(i) == tensor) return &tensors[i];
  }
  return nullptr;
}

TfLiteStatus CustomOps::hook(MicroInterpreter& interpreter, Stage stage) {
  if (stage == Stage::kPrepare) return prepare_all(interpreter);
  if (interpreter.context_ == nullptr) return kTfLiteOk;
  if (stage == Stage::kReady) show_tensors(interpreter);
  if (stage == Stage::kReset) reset_all(*interpreter.context_);
  if (stage == Stage::kFree) free_all(*interpreter.context_);
  return kTfLiteOk;
}

// --- before our interpreter allocates --------------------------------------------------------------------------------

TfLiteStatus CustomOps::prepare_all(MicroInterpreter& interpreter) {
  void* const room = interpreter.allocator_->take_end(sizeof(MicroContext), "the callbacks' context");
  if (room == nullptr) return kTfLiteError;
  MicroContext& context = *new (room) MicroContext(interpreter);
  interpreter.context_ = &context;
  TF_LITE_ENSURE_STATUS(bind(context));
  for (uint32_t i = 0; i < interpreter.model_.subgraph_count(); ++i) TF_LITE_ENSURE_STATUS(add_nodes(context, i));
  for (CustomNode* node = context.nodes_; node != nullptr; node = node->next) init(context, node);
  for (CustomNode* node = context.nodes_; node != nullptr; node = node->next) {
    TF_LITE_ENSURE_STATUS(prepare(context, node));
  }
  return kTfLiteOk;
}

// A list of kernels of this interpreter's own: the resolver's, then those that stand for callbacks.
TfLiteStatus CustomOps::bind(MicroContext& context) {
  const tflite::MicroOpResolver& resolver = context.owner_.resolver_;
  tflite::MicroAllocator& allocator = *context.owner_.allocator_;
  const uint32_t count = resolver.GetRegistrationLength();
  context.kernels_ = static_cast<const Kernel**>(allocator.take_end(count * sizeof(Kernel*), "the list of kernels"));
  if (context.kernels_ == nullptr) return kTfLiteError;
  for (uint16_t i = 0; i < resolver.count_; ++i) context.kernels_[i] = resolver.kernels_[i];
  for (uint16_t i = 0; i < resolver.custom_count_; ++i) {
    void* const room = allocator.take_end(sizeof(BoundKernel), "a kernel");
    if (room == nullptr) return kTfLiteError;
    const char* const name = resolver.custom(i)->custom_name;
    new (room) BoundKernel{custom_kernel(name, kAnything, kernel_prepare, kernel_eval), &context};
    context.kernels_[resolver.count_ + i] = static_cast<const Kernel*>(room);
  }
  context.kernel_count_ = static_cast<uint16_t>(count);
  return kTfLiteOk;
}

TfLiteStatus CustomOps::add_nodes(MicroContext& context, uint32_t subgraph) {
  const Model model = context.owner_.model_.subgraph(subgraph);
  const tflite::MicroOpResolver& resolver = context.owner_.resolver_;
  for (uint32_t i = 0; i < model.operator_count(); ++i) {
    if (model.operator_code(i) != kCustomOperator) continue;
    for (uint16_t k = 0; k < resolver.custom_count_; ++k) {
      const TFLMRegistration* const registration = resolver.custom(k);
      if (!model.custom_code(i).equals(registration->custom_name)) continue;
      CustomNode* const node = add_node(context, model, i);
      if (node == nullptr) return kTfLiteError;
      node->registration = registration;
    }
  }
  return kTfLiteOk;
}

CustomNode* CustomOps::add_node(MicroContext& context, const Model& model, uint32_t index) {
  tflite::MicroAllocator& allocator = *context.owner_.allocator_;
  CustomNode* const custom = make<CustomNode>(allocator.take_end(sizeof(CustomNode), "an operator"));
  if (custom == nullptr) return nullptr;
  custom->place = model.operator_table(index).data();
  custom->model = &context.owner_.model_;
  custom->subgraph = model.index();
  custom->node = node_of(custom->place);
  const size_t bytes = static_cast<size_t>(custom->operand_count()) * sizeof(TfLiteEvalTensor);
  custom->tensors = static_cast<TfLiteEvalTensor*>(allocator.take_end(bytes, "an operator's tensors"));
  if (custom->tensors == nullptr) return nullptr;
  for (int i = 0; i < custom->operand_count(); ++i) {
    const int tensor = custom->operand(i);
    custom->tensors[i] = tensor < 0 ? TfLiteEvalTensor{} : eval_tensor(model.tensor(static_cast<uint32_t>(tensor)));
  }
  CustomNode** last = &context.nodes_;
  while (*last != nullptr) last = &(*last)->next;
  return *last = custom;
}

void CustomOps::init(MicroContext& context, CustomNode* custom) {
  custom->started = true;
  if (custom->registration->init == nullptr) return;
  context.enter(Phase::kInit, custom, nullptr);
  TfLiteNode& node = custom->node;
  const char* const options = static_cast<const char*>(node.custom_initial_data);
  const size_t size = static_cast<size_t>(node.custom_initial_data_size);
  node.user_data = custom->registration->init(&context.context_, options, size);
  context.enter(Phase::kNone, nullptr, nullptr);
}

TfLiteStatus CustomOps::prepare(MicroContext& context, CustomNode* custom) {
  if (custom->registration->prepare == nullptr) return kTfLiteOk;
  context.enter(Phase::kPrepare, custom, nullptr);
  const TfLiteStatus status = custom->registration->prepare(&context.context_, &custom->node);
  context.enter(Phase::kNone, nullptr, nullptr);
  if (status == kTfLiteOk) return kTfLiteOk;
  MicroPrintf("Arenite: prepare of %s answers %d", custom->registration->custom_name, static_cast<int>(status));
  return kTfLiteError;
}

// --- after it has
// --------------------------------------------------------------------------------------------------------

void CustomOps::show_tensors(MicroInterpreter& interpreter) {
  interpreter.interpreter_.for_each_subgraph(show_subgraph, interpreter.context_->nodes_);
}

void CustomOps::show_subgraph(const Interpreter& subgraph, void* nodes) {
  for (CustomNode* custom = static_cast<CustomNode*>(nodes); custom != nullptr; custom = custom->next) {
    if (custom->subgraph != subgraph.model().index()) continue;
    for (int i = 0; i < custom->operand_count(); ++i) {
      const int tensor = custom->operand(i);
      if (tensor >= 0) custom->tensors[i] = eval_tensor(subgraph.tensor(static_cast<uint32_t>(tensor)));
    }
  }
}

void CustomOps::reset_all(MicroContext& context) {
  for (CustomNode* custom = context.nodes_; custom != nullptr; custom = custom->next) {
    if (custom->registration->reset == nullptr) continue;
    custom->registration->reset(&context.context_, custom->node.user_data);
  }
}

void CustomOps::free_all(MicroContext& context) {
  for (CustomNode* custom = context.nodes_; custom != nullptr; custom = custom->next) {
    if (custom->registration->free == nullptr || !custom->started) continue;
    custom->registration->free(&context.context_, custom->node.user_data);
  }
  context.owner_.context_ = nullptr;
}

// --- the kernel that stands for them ---------------------------------------------------------------------------------

CustomNode* CustomOps::find(const Node& node, MicroContext** context) {
  *context = reinterpret_cast<const BoundKernel&>(node.kernel()).context;
  CustomNode* custom = (*context)->nodes_;
  while (custom->place != node.place()) custom = custom->next;
  return custom;
}

Status CustomOps::kernel_prepare(const Node& node, uint32_t* scratch_bytes) {
  MicroContext* context;
  *scratch_bytes = find(node, &context)->scratch_bytes;
  return Status::kOk;
}

Status CustomOps::kernel_eval(const Node& node) {
  MicroContext* context;
  CustomNode* const custom = find(node, &context);
  context->enter(Phase::kInvoke, custom, node.scratch());
  const TfLiteStatus status = custom->registration->invoke(&context->context_, &custom->node);
  context->enter(Phase::kNone, nullptr, nullptr);
  if (status == kTfLiteOk) return Status::kOk;
  if (status == tflite::kTfLiteAbort) return Status::kNotDue;
  MicroPrintf("Arenite: invoke of %s answers %d", custom->registration->custom_name, static_cast<int>(status));
  return Status::kBadValue;
}

}  // namespace arenite::tflm

namespace tflite {

const TFLMRegistration* MicroOpResolver::custom(uint16_t i) const {
  return reinterpret_cast<const TFLMRegistration*>(kernels_[capacity_ - 1 - i]);
}

namespace {

bool same(const TFLMRegistration& a, const TFLMRegistration& b) {
  return a.init == b.init && a.free == b.free && a.prepare == b.prepare && a.invoke == b.invoke && a.reset == b.reset;
}

// A copy of the registration under this name: one that is there, or a free one. Null when there is neither.
const TFLMRegistration* keep(TFLMRegistration* copies, unsigned int capacity, const char* name,
                             const TFLMRegistration& registration) {
  for (unsigned int i = 0; i < capacity; ++i) {
    const bool free = copies[i].invoke == nullptr;
    if (!free && (std::strcmp(copies[i].custom_name, name) != 0 || !same(copies[i], registration))) continue;
    copies[i] = registration;
    copies[i].builtin_code = arenite::kCustomOperator;
    copies[i].custom_name = name;
    return &copies[i];
  }
  return nullptr;
}

}  // namespace

TfLiteStatus MicroOpResolver::append_custom(const arenite::Kernel** kernels, unsigned int capacity,
                                            TFLMRegistration* copies, const char* name,
                                            const TFLMRegistration& registration) {
  if (registration.kernel != nullptr) return append(kernels, capacity, registration.kernel);
  capacity_ = static_cast<uint16_t>(capacity);
  hook_ = arenite::tflm::CustomOps::hook;
  for (uint16_t i = 0; i < custom_count_; ++i) {
    if (std::strcmp(custom(i)->custom_name, name) != 0) continue;
    MicroPrintf("Arenite: operator %s is added twice", name);
    return kTfLiteError;
  }
  if (registration.invoke == nullptr) {
    MicroPrintf("Arenite: operator %s has no invoke", name);
    return kTfLiteError;
  }
  const bool room = GetRegistrationLength() < capacity;
  const TFLMRegistration* const kept = room ? keep(copies, capacity, name, registration) : nullptr;
  if (kept == nullptr) {
    MicroPrintf("Arenite: no room for operator %s: MicroMutableOpResolver<%u> is too small", name, capacity);
    return kTfLiteError;
  }
  kernels[capacity - ++custom_count_] = reinterpret_cast<const arenite::Kernel*>(kept);
  return kTfLiteOk;
}

}  // namespace tflite
