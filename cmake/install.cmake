# Component `cpp`: headers, libraries and find_package(arenite). Component `python`: what the wheel holds.
include(CMakePackageConfigHelpers)
set(arenite_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/arenite)

install(TARGETS arenite_core arenite_kernels arenite_c arenite_tflm EXPORT arenite COMPONENT cpp
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT arenite NAMESPACE arenite:: FILE arenite-targets.cmake DESTINATION ${arenite_package_dir} COMPONENT cpp)
write_basic_package_version_file(arenite-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/arenite-config.cmake cmake/embed_model.cmake cmake/resolver.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/arenite-config-version.cmake DESTINATION ${arenite_package_dir} COMPONENT cpp)
install(DIRECTORY c_api compat interpreter schema kernels_cpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/arenite COMPONENT cpp
  FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN "python" EXCLUDE PATTERN "microkernels" EXCLUDE)

if(ARENITE_PYTHON)
  install(TARGETS _core LIBRARY DESTINATION arenite COMPONENT python)
  install(FILES schema/ops.def schema/arenite.fbs DESTINATION arenite/schema COMPONENT python)
  # arenite.board compiles firmware from source: what it needs, laid out as in this tree.
  set(arenite_sources_dir arenite/sources)
  install(DIRECTORY boards c_api compat interpreter kernels_cpp schema cmake DESTINATION ${arenite_sources_dir} COMPONENT python
    PATTERN "*.md" EXCLUDE PATTERN "python" EXCLUDE)
  install(FILES CMakeLists.txt LICENSE DESTINATION ${arenite_sources_dir} COMPONENT python)
  install(FILES converter/arenite/__init__.py DESTINATION ${arenite_sources_dir}/converter/arenite COMPONENT python)
endif()
