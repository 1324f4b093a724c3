include("${CMAKE_CURRENT_LIST_DIR}/arenite-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/embed_model.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/resolver.cmake")
