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
  Stepper& steps() { return *reinterpret_cast<Stepper*>(stepper); }
  const Stepper& steps() const { return *reinterpret_cast<const Stepper*>(stepper); }
};
static_assert(sizeof(Opened) <= sizeof(arenite_interpreter) && alignof(Opened) <= alignof(arenite_interpreter),
              "ARENITE_INTERPRETER_WORDS is too small");
static_assert(ARENITE_FLOAT32 == int(Type::kFloat32) && ARENITE_INT32 == int(Type::kInt32) &&
                  ARENITE_UINT8 == int(Type::kUInt8) && ARENITE_INT64 == int(Type::kInt64) &&
                  ARENITE_BOOL == int(Type::kBool) && ARENITE_INT16 == int(Type::kInt16) &&
                  ARENITE_INT8 == int(Type::kInt8) && ARENITE_UINT64 == int(Type::kUInt64) &&
                  ARENITE_RESOURCE == int(Type::kResource) && ARENITE_UINT32 == int(Type::kUInt32) &&
                  ARENITE_INT4 == int(Type::kInt4),
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

arenite_tensor seen(const Interpreter& interpreter, uint32_t index) {
  const Tensor tensor = interpreter.tensor(index);
  const arenite::flat::Vector name = interpreter.model().tensor_name(index);
  const bool quantized = tensor.scale_count != 0;
  return {tensor.data,
          arenite::stored_bytes(tensor.type, static_cast<uint32_t>(tensor.count())),
          tensor.dims,
          tensor.rank,
          static_cast<arenite_type>(tensor.type),
          quantized ? tensor.scales[0] : 0.0f,
          quantized ? tensor.zero_point : 0,
          reinterpret_cast<const char*>(name.data()),
          name.size()};
}

// Of a list whose indices the verifier has checked.
arenite_tensor seen(const Interpreter& interpreter, arenite::flat::Vector list, uint32_t index) {
  return seen(interpreter, static_cast<uint32_t>(list.i32(index)));
}

// An interpreter that nothing is allocated for, in *place; null when the model is refused.
Interpreter* make(Opened* place, const void* model, size_t model_size, const arenite_resolver* resolver, void* arena,
                  size_t arena_size, arenite::Error* where) {
  if (Model::open(model, model_size, &place->model, where) != Status::kOk) return nullptr;
  Interpreter* const made = new (place->interpreter) Interpreter(place->model, cpp(resolver), arena, arena_size);
  new (place->stepper) Stepper(*made);
  return made;
}

// C's view of an observer.
struct Caller {
  const arenite_observer& observer;

  void begin(uint32_t node) { observer.begin(observer.context, node); }
  void end(uint32_t node) { observer.end(observer.context, node); }
};

}  // namespace

extern "C" {

arenite_status arenite_open(arenite_interpreter* interpreter, const void* model, size_t model_size,
                            const arenite_resolver* resolver, void* arena, size_t arena_size, arenite_error* error) {
  Opened* const place = new (interpreter) Opened;
  arenite::Error where;
  Interpreter* const made = make(place, model, model_size, resolver, arena, arena_size, &where);
  place->ready = made != nullptr && made->allocate(&where) == Status::kOk;
  return told(where, error);
}

arenite_status arenite_open_in(arenite_interpreter* interpreter, const void* model, size_t model_size,
                               const arenite_resolver* resolver, arenite_region* regions, uint32_t count,
                               arenite_error* error) {
  Opened* const place = new (interpreter) Opened;
  arenite::Error where;
  where.status = Status::kLimitExceeded;
  if (count < 1 || count > ARENITE_MAX_REGIONS) return told(where, error);
  arenite::Region more[ARENITE_MAX_REGIONS - 1] = {};
  for (uint32_t i = 1; i < count; ++i) more[i - 1] = {regions[i].data, regions[i].size};
  Interpreter* const made = make(place, model, model_size, resolver, regions[0].data, regions[0].size, &where);
  place->ready = made != nullptr && made->allocate_in(more, count - 1, &where) == Status::kOk;
  for (uint32_t i = 1; i < count; ++i) regions[i].used = more[i - 1].used;
  regions[0].used = arenite_arena_used(interpreter);
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

arenite_status arenite_invoke_observed(arenite_interpreter* interpreter, const arenite_observer* observer,
                                       arenite_error* error) {
  Caller caller{*observer};
  arenite::Error where;
  where.status = Status::kNotReady;
  if (opened(interpreter)->ready) (void)opened(interpreter)->get().invoke(caller, &where);
  return where.status == Status::kOk ? ARENITE_Ok : told(where, error);
}

arenite_status arenite_invoke_step(arenite_interpreter* interpreter, uint32_t operators, int* done,
                                   arenite_error* error) {
  Opened* const place = opened(interpreter);
  Stepper& stepper = place->steps();
  arenite::Error where;
  where.status = Status::kNotReady;
  if (place->ready) (void)stepper.invoke_step(operators, &where);
  *done = where.status == Status::kOk && stepper.done();
  return where.status == Status::kOk ? ARENITE_Ok : told(where, error);
}

uint32_t arenite_next_operator(const arenite_interpreter* interpreter) {
  return opened(interpreter)->ready ? opened(interpreter)->steps().next() : 0;
}

void arenite_restart_steps(arenite_interpreter* interpreter) {
  if (opened(interpreter)->ready) opened(interpreter)->steps().restart();
}

void arenite_reset_variables(arenite_interpreter* interpreter) {
  if (opened(interpreter)->ready) opened(interpreter)->get().reset_variables();
}

void arenite_set_iteration_limit(arenite_interpreter* interpreter, uint32_t limit) {
  if (opened(interpreter)->ready) opened(interpreter)->get().set_iteration_limit(limit);
}

size_t arenite_arena_used(const arenite_interpreter* interpreter) {
  return opened(interpreter)->ready ? opened(interpreter)->get().arena_used() : 0;
}

arenite_arena_use arenite_arena_parts(const arenite_interpreter* interpreter) {
  if (!opened(interpreter)->ready) return {};
  const arenite::ArenaUse use = opened(interpreter)->get().arena_use();
  return {use.tensors, use.scratch, use.planning, use.persistent};
}

uint32_t arenite_input_count(const arenite_interpreter* interpreter) {
  return opened(interpreter)->ready ? opened(interpreter)->get().input_count() : 0;
}

uint32_t arenite_output_count(const arenite_interpreter* interpreter) {
  return opened(interpreter)->ready ? opened(interpreter)->get().output_count() : 0;
}

uint32_t arenite_tensor_count(const arenite_interpreter* interpreter) {
  return opened(interpreter)->ready ? opened(interpreter)->get().model().tensor_count() : 0;
}

uint32_t arenite_operator_count(const arenite_interpreter* interpreter) {
  return opened(interpreter)->ready ? opened(interpreter)->get().model().operator_count() : 0;
}

arenite_tensor arenite_input(const arenite_interpreter* interpreter, uint32_t index) {
  if (index >= arenite_input_count(interpreter)) return {};
  return seen(opened(interpreter)->get(), opened(interpreter)->get().model().inputs(), index);
}

arenite_tensor arenite_output(const arenite_interpreter* interpreter, uint32_t index) {
  if (index >= arenite_output_count(interpreter)) return {};
  return seen(opened(interpreter)->get(), opened(interpreter)->get().model().outputs(), index);
}

arenite_tensor arenite_any_tensor(const arenite_interpreter* interpreter, uint32_t index) {
  if (index >= arenite_tensor_count(interpreter)) return {};
  return seen(opened(interpreter)->get(), index);
}

const char* arenite_status_text(arenite_status status) { return arenite::status_text(static_cast<Status>(status)); }

const char* arenite_status_remedy(arenite_status status) { return arenite::status_remedy(static_cast<Status>(status)); }

}  // extern "C"
