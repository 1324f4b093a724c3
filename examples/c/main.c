/* Runs a model that lies in flash, inside one static arena, from C. */
#include <stdio.h>
#include <string.h>

#include "c_api/arenite.h"

extern const uint8_t model_data[], model_data_end[]; /* CMakeLists.txt embeds the file */
extern const arenite_resolver model_resolver;        /* and lists the kernels that it needs */

static arenite_interpreter interpreter;
static uint8_t arena[32 * 1024] __attribute__((aligned(16)));

static int fail(const arenite_error* error) {
  printf("node %u, detail %lu: %s\n", error->node, (unsigned long)error->detail, arenite_status_text(error->status));
  return 1;
}

int main(void) {
  arenite_error error;
  const size_t size = (size_t)(model_data_end - model_data);
  if (arenite_open(&interpreter, model_data, size, &model_resolver, arena, sizeof arena, &error)) return fail(&error);
  const arenite_tensor input = arenite_input(&interpreter, 0);
  memset(input.data, 1, input.bytes);
  if (arenite_invoke(&interpreter, &error)) return fail(&error);
  const arenite_tensor output = arenite_output(&interpreter, 0);
  for (size_t i = 0; i < output.bytes; ++i) printf("%d ", ((const int8_t*)output.data)[i]);
  printf("\narena %lu of %lu bytes\n", (unsigned long)arenite_arena_used(&interpreter), (unsigned long)sizeof arena);
  return 0;
}
