# arenite_add_resolver(<target> <symbol> <operators>...): makes the list of kernels that a model needs, and links them. The
# operators are called as `arenite inspect` and schema/ops.def call them. C++ sees
#   extern "C" const arenite::OpResolver <symbol>;
# and C, with c_api/arenite.h,
#   extern const arenite_resolver <symbol>;
function(arenite_add_resolver target symbol)
  list(TRANSFORM ARGN PREPEND "    &arenite::kernels::" OUTPUT_VARIABLE kernels)
  list(TRANSFORM kernels APPEND ",\n")
  list(JOIN kernels "" kernels)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${target}_${symbol}.cc")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[
#include "interpreter/resolver.h"
#include "kernels_cpp/kernels.h"

static const arenite::Kernel* const kKernels[] = {
@kernels@};
extern "C" const arenite::OpResolver @symbol@;
const arenite::OpResolver @symbol@(kKernels);
]])
  target_sources(${target} PRIVATE "${source}")
  target_link_libraries(${target} PRIVATE arenite::kernels)
endfunction()
