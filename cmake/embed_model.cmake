# arenite_embed_model(<target> <symbol> <file>): links the file's bytes into read-only memory, aligned to 16. C++ sees
#   extern "C" const uint8_t <symbol>[], <symbol>_end[];
function(arenite_embed_model target symbol file)
  get_filename_component(path "${file}" ABSOLUTE)
  if(NOT EXISTS "${path}")
    message(FATAL_ERROR "arenite_embed_model: there is no file '${path}'")
  endif()
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${target}_${symbol}.cc")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[
asm(".section .rodata.@symbol@,\"a\"\n"
    ".balign 16\n"
    ".global @symbol@, @symbol@_end\n"
    "@symbol@:\n.incbin \"@path@\"\n@symbol@_end:\n"
    ".text\n");
]])
  set_source_files_properties("${source}" PROPERTIES OBJECT_DEPENDS "${path}")
  target_sources(${target} PRIVATE "${source}")
endfunction()
