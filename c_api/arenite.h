/* Arenite for C: one model, run inside one arena that the caller owns. Nothing is allocated; no call blocks or prints.
 *
 *   static arenite_interpreter interpreter;
 *   static uint8_t arena[DIGITS_ARENA_SIZE] __attribute__((aligned(16)));
 *   if (arenite_open(&interpreter, digits_model, DIGITS_MODEL_SIZE, &digits_resolver, arena, sizeof arena, NULL)) ...
 *   memcpy(arenite_input(&interpreter, 0).data, sample, arenite_input(&interpreter, 0).bytes);
 *   if (arenite_invoke(&interpreter, NULL)) ...
 *   const int8_t* scores = arenite_output(&interpreter, 0).data;
 *
 * A resolver names the kernels that a program links. `arenite export` makes one for its models; with CMake,
 * arenite_add_resolver(<target> <symbol> <operators>...) does. */
#ifndef ARENITE_C_API_H
#define ARENITE_C_API_H

#include <stddef.h>
#include <stdint.h>

#include "interpreter/status_list.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ARENITE_Ok is 0: a call that failed is true. */
typedef enum arenite_status {
#define ARENITE_C_STATUS(name, text) ARENITE_##name,
  ARENITE_STATUS_LIST(ARENITE_C_STATUS)
#undef ARENITE_C_STATUS
} arenite_status;

/* Where a call failed. `detail` is a tensor index; for a malformed table its byte offset in the file; for
 * ARENITE_ArenaTooSmall the bytes needed; for ARENITE_UnsupportedOp the BuiltinOperator; ARENITE_NO_DETAIL without one.
 */
typedef struct arenite_error {
  arenite_status status;
  uint8_t subgraph;
  uint16_t node;
  uint32_t detail;
} arenite_error;

#define ARENITE_NO_NODE 0xFFFFu
#define ARENITE_NO_DETAIL 0xFFFFFFFFu

/* TensorType of the TFLite schema. */
typedef enum arenite_type {
  ARENITE_FLOAT32 = 0,
  ARENITE_INT32 = 2,
  ARENITE_UINT8 = 3,
  ARENITE_INT64 = 4,
  ARENITE_BOOL = 6,
  ARENITE_INT16 = 7,
  ARENITE_INT8 = 9,
  ARENITE_UINT64 = 12,
  ARENITE_RESOURCE = 13,
  ARENITE_UINT32 = 15,
  ARENITE_INT4 = 17
} arenite_type;

/* A tensor. `data` lies in the arena, a constant's in the model. `dims` has `rank` elements, `name` name_length bytes
 * and no 0 behind them; both lie in the model. `scale` is 0 where the elements are no codes; else real = scale * (code
 * - zero_point), of a tensor that is quantized per channel the first channel's. All zero for an index that there is
 * not. */
typedef struct arenite_tensor {
  void* data;
  size_t bytes;
  const int32_t* dims;
  int32_t rank;
  arenite_type type;
  float scale;
  int32_t zero_point;
  const char* name;
  size_t name_length;
} arenite_tensor;

/* A part of the arena. data: a multiple of 16; size, used: bytes. */
typedef struct arenite_region {
  void* data;
  size_t size;
  size_t used; /* what the model needs of it */
} arenite_region;

#define ARENITE_MAX_REGIONS 4

/* Bytes of the arena; their sum is arenite_arena_used. */
typedef struct arenite_arena_use {
  uint32_t tensors;    /* activations, inputs, outputs, variables */
  uint32_t scratch;    /* what scratch adds to the peak */
  uint32_t planning;   /* what the planner's lists add to the peak, in small models only */
  uint32_t persistent; /* bookkeeping at the arena's end */
} arenite_arena_use;

/* Is told when an operator begins and when it has ended: for profiling. What an operator calls is part of it. */
typedef struct arenite_observer {
  void (*begin)(void* context, uint32_t node);
  void (*end)(void* context, uint32_t node);
  void* context;
} arenite_observer;

typedef struct arenite_resolver arenite_resolver;

/* Room for an interpreter; what is in it is private. It may lie anywhere, and must not be moved once opened. */
#define ARENITE_INTERPRETER_WORDS 40
typedef struct arenite_interpreter {
  void* words[ARENITE_INTERPRETER_WORDS];
} arenite_interpreter;

/* Verifies the model, plans the arena and prepares every operator. `model` and `arena` are aligned to 16 bytes and stay
 * as long as the interpreter is used. `error` may be NULL. May be called again, after a failure too. */
arenite_status arenite_open(arenite_interpreter* interpreter, const void* model, size_t model_size,
                            const arenite_resolver* resolver, void* arena, size_t arena_size, arenite_error* error);

/* The same with the arena in `count` parts, 1 to ARENITE_MAX_REGIONS, the first of which holds the bookkeeping and what
 * keeps its value from one invoke to the next. Each, in this order, takes what is used for the shortest time, so fast
 * memory goes first. Models that never run at the same time may be given the same memory from the second region on;
 * inputs and outputs then last until another one runs. Sets regions[i].used. ARENITE_ArenaTooSmall: error->detail is
 * the bookkeeping's size, or that of a tensor that finds no room. ARENITE_LimitExceeded for another `count`. */
arenite_status arenite_open_in(arenite_interpreter* interpreter, const void* model, size_t model_size,
                               const arenite_resolver* resolver, arenite_region* regions, uint32_t count,
                               arenite_error* error);

/* Computes the outputs from the inputs. An input's memory may be reused: set all inputs before each call.
 * ARENITE_NotReady for an interpreter whose arenite_open failed. */
arenite_status arenite_invoke(arenite_interpreter* interpreter, arenite_error* error);

/* The same; calls the observer around each operator. */
arenite_status arenite_invoke_observed(arenite_interpreter* interpreter, const arenite_observer* observer,
                                       arenite_error* error);

/* Runs the next `operators` > 0 of an invoke and returns, for loops that must not be away for a whole one; the first
 * call, and the one after the last, begin an invoke. An IF or WHILE is one operator with all that it calls. *done
 * becomes 1 when the outputs are there, else 0: until then write no inputs and do not call arenite_invoke. A failure
 * ends the invoke. */
arenite_status arenite_invoke_step(arenite_interpreter* interpreter, uint32_t operators, int* done,
                                   arenite_error* error);

/* The operator that the next step begins with; 0 when no invoke is under way. */
uint32_t arenite_next_operator(const arenite_interpreter* interpreter);
/* Gives up the invoke that is under way. */
void arenite_restart_steps(arenite_interpreter* interpreter);

/* Variables and recurrent state as they were after arenite_open. */
void arenite_reset_variables(arenite_interpreter* interpreter);

/* Rounds that all loops of the model may make together in one invoke, 1,000,000 unless set; more are
 * ARENITE_TooManyIterations. Until the next arenite_open. */
void arenite_set_iteration_limit(arenite_interpreter* interpreter, uint32_t limit);

/* What follows is 0 before a successful arenite_open. */

/* Bytes of the arena that the model needs, exactly; of several regions, of the first. */
size_t arenite_arena_used(const arenite_interpreter* interpreter);
arenite_arena_use arenite_arena_parts(const arenite_interpreter* interpreter);

uint32_t arenite_input_count(const arenite_interpreter* interpreter);
uint32_t arenite_output_count(const arenite_interpreter* interpreter);
uint32_t arenite_tensor_count(const arenite_interpreter* interpreter);
uint32_t arenite_operator_count(const arenite_interpreter* interpreter);

/* In the model's order. */
arenite_tensor arenite_input(const arenite_interpreter* interpreter, uint32_t index);
arenite_tensor arenite_output(const arenite_interpreter* interpreter, uint32_t index);
/* Any tensor by its index in the model, as in error->detail; what is between operators shares memory. Without data when
 * no operator uses it. */
arenite_tensor arenite_any_tensor(const arenite_interpreter* interpreter, uint32_t index);

/* A sentence. Firmware that does not call it does not hold the sentences. */
const char* arenite_status_text(arenite_status status);
/* What to do about it, behind a semicolon; "" for ARENITE_Ok. */
const char* arenite_status_remedy(arenite_status status);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ARENITE_C_API_H */
