#include "c_api/arenite.h"

#include <new>

#include "interpreter/interpreter.h"
#include "interpreter/remedy.h"
#include "interpreter/stepper.h"

namespace {

using arenite::Interpreter;
using arenite::Model;
using arenite::OpResolver;
using arenite::Status;
using arenite::Stepper;
using arenite::Tensor;
using arenite::Type;

// What an arenite_interpreter holds. The interpreter refers to the model beside it.
struct Opened {
  Model model;
  bool ready = false;
  alignas(Interpreter) unsigned char interpreter[sizeof(Interpreter)];
  alignas(Stepper) unsigned char stepper[sizeof(Stepper)];

  Interpreter& get() { return *reinterpret_cast<Interpreter*>(interpreter); }
  const Interpreter& get() const { return *reinterpret_cast<const Interpreter*>(interpreter); }
};
static_assert(sizeof(Opened) <= sizeof(arenite_interpreter) && alignof(Opened) <= alignof(arenite_interpreter),
              "ARENITE_INTERPRETER_WORDS is too small");
static_assert(ARENITE_FLOAT32 == int(Type::kFloat32) && ARENITE_INT32 == int(Type::kInt32) &&
                  ARENITE_UINT8 == int(Type::kUInt8) && ARENITE_INT64 == int(Type::kInt64) &&
                  ARENITE_BOOL == int(Type::kBool) && ARENITE_INT16 == int(Type::kInt16) &&
                  ARENITE_INT8 == int(Type::kInt8) && ARENITE_UINT64 == int(Type::kUInt64) &&
                  ARENITE_UINT32 == int(Type::kUInt32),
              "arenite_type and Type differ");
static_assert(ARENITE_NO_NODE == arenite::kNoNode && ARENITE_NO_DETAIL == arenite::kNoDetail,
              "places that are none differ");

Opened* opened(arenite_interpreter* interpreter) { return reinterpret_cast<Opened*>(interpreter); }
const Opened* opened(const arenite_interpreter* interpreter) { return reinterpret_cast<const Opened*>(interpreter); }
// In C++ a resolver is an OpResolver: C only passes it on.
const OpResolver& cpp(const arenite_resolver* resolver) { return *reinterpret_cast<const OpResolver*>(resolver); }

arenite_status told(const arenite::Error& where, arenite_error* error) {
  const arenite_status status = static_cast<arenite_status>(where.status);
  if (error != nullptr) *error = {status, where.subgraph, where.node, where.detail};
  return status;
}

arenite_tensor seen(const Tensor& tensor) {
  const bool quantized = tensor.scale_count != 0;
  return {tensor.data,
          size_t(tensor.count()) * arenite::type_size(tensor.type),
          tensor.dims,
          tensor.rank,
          static_cast<arenite_type>(tensor.type),
          quantized ? tensor.scales[0] : 0.0f,
          quantized ? tensor.zero_point : 0};
}

}  // namespace

extern "C" {

arenite_status arenite_open(arenite_interpreter* interpreter, const void* model, size_t model_size,
                            const arenite_resolver* resolver, void* arena, size_t arena_size, arenite_error* error) {
  Opened* const place = new (interpreter) Opened;
  arenite::Error where;
  if (Model::open(model, model_size, &place->model, &where) != Status::kOk) return told(where, error);
  Interpreter* const made = new (place->interpreter) Interpreter(place->model, cpp(resolver), arena, arena_size);
  new (place->stepper) Stepper(*made);
  place->ready = made->allocate(&where) == Status::kOk;
  return told(where, error);
}

arenite_status arenite_invoke(arenite_interpreter* interpreter, arenite_error* error) {
  arenite::Error where;
  if (!opened(interpreter)->ready) {
    where.status = Status::kNotReady;
  } else if (opened(interpreter)->get().invoke(&where) == Status::kOk) {
    return ARENITE_Ok;
  }
  return told(where, error);
}

arenite_status arenite_invoke_step(arenite_interpreter* interpreter, uint32_t operators, int* done,
                                   arenite_error* error) {
  Opened* const place = opened(interpreter);
  Stepper& stepper = *reinterpret_cast<Stepper*>(place->stepper);
  arenite::Error where;
  where.status = Status::kNotReady;
  if (place->ready) (void)stepper.invoke_step(operators, &where);
  *done = where.status == Status::kOk && stepper.done();
  return where.status == Status::kOk ? ARENITE_Ok : told(where, error);
}

void arenite_reset_variables(arenite_interpreter* interpreter) {
  if (opened(interpreter)->ready) opened(interpreter)->get().reset_variables();
}

size_t arenite_arena_used(const arenite_interpreter* interpreter) {
  return opened(interpreter)->ready ? opened(interpreter)->get().arena_used() : 0;
}

uint32_t arenite_input_count(const arenite_interpreter* interpreter) {
  return opened(interpreter)->ready ? opened(interpreter)->get().input_count() : 0;
}

uint32_t arenite_output_count(const arenite_interpreter* interpreter) {
  return opened(interpreter)->ready ? opened(interpreter)->get().output_count() : 0;
}

arenite_tensor arenite_input(const arenite_interpreter* interpreter, uint32_t index) {
  if (index >= arenite_input_count(interpreter)) return {};
  return seen(opened(interpreter)->get().input(index));
}

arenite_tensor arenite_output(const arenite_interpreter* interpreter, uint32_t index) {
  if (index >= arenite_output_count(interpreter)) return {};
  return seen(opened(interpreter)->get().output(index));
}

const char* arenite_status_text(arenite_status status) { return arenite::status_text(static_cast<Status>(status)); }

const char* arenite_status_remedy(arenite_status status) { return arenite::status_remedy(static_cast<Status>(status)); }

}  // extern "C"
